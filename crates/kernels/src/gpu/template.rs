//! Shader text with its loops written out: a shader compiler keeps in registers only what it finds
//! under a constant name.
//!
//! A line `#for NAME in COUNT` repeats what follows, up to its `#end`, with NAME = 0, 1, ..., and
//! COUNT - 1 at last; `#if A < B` (or `>=`, `==`) keeps it where that holds. `${...}` is replaced by
//! the value of an expression. Expressions are whole numbers and names, joined by `+`, `-`, `*` and
//! parentheses; one with an unknown name stays in the text, for the shader's compiler to complain
//! about.

use std::collections::BTreeMap;

/// What the names in a template stand for.
pub(super) type Values = BTreeMap<&'static str, usize>;

/// Writes a template out.
pub(super) fn expand(template: &str, values: &Values) -> String {
    let mut names = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), *value as i64))
        .collect();
    let lines: Vec<&str> = template.lines().collect();
    let mut text = String::new();
    block(&lines, &mut names, &mut text);
    text
}

type Names = BTreeMap<String, i64>;

/// Writes out lines that hold whole blocks only.
fn block(lines: &[&str], names: &mut Names, text: &mut String) {
    let mut index = 0;
    while index < lines.len() {
        let line = lines[index];
        index += 1;
        let directive = line.trim_start();
        let (Some(head), is_loop) = (
            directive
                .strip_prefix("#for ")
                .or_else(|| directive.strip_prefix("#if ")),
            directive.starts_with("#for "),
        ) else {
            substitute(line, names, text);
            continue;
        };
        let end = index + length(&lines[index..]);
        let inner = &lines[index..end];
        index = end + 1;
        if is_loop {
            repeat(head, inner, names, text);
        } else if holds(head, names) {
            block(inner, names, text);
        }
    }
}

/// Lines before the `#end` of a block whose head has been read.
fn length(lines: &[&str]) -> usize {
    let mut depth = 1;
    for (index, line) in lines.iter().enumerate() {
        let line = line.trim_start();
        if line.starts_with("#for ") || line.starts_with("#if ") {
            depth += 1;
        } else if line.starts_with("#end") {
            depth -= 1;
        }
        if depth == 0 {
            return index;
        }
    }
    lines.len()
}

fn repeat(head: &str, inner: &[&str], names: &mut Names, text: &mut String) {
    let Some((name, count)) = head.split_once(" in ") else {
        return text.push_str(head);
    };
    let outer = names.get(name).copied();
    for value in 0..number(count, names).unwrap_or(0) {
        names.insert(name.to_owned(), value);
        block(inner, names, text);
    }
    match outer {
        Some(value) => names.insert(name.to_owned(), value),
        None => names.remove(name),
    };
}

fn holds(condition: &str, names: &Names) -> bool {
    let sides = |operator: &str| {
        let (left, right) = condition.split_once(operator)?;
        Some((number(left, names)?, number(right, names)?))
    };
    sides(">=").is_some_and(|(left, right)| left >= right)
        || sides("==").is_some_and(|(left, right)| left == right)
        || sides("<").is_some_and(|(left, right)| left < right)
}

/// One line with its `${...}` replaced.
fn substitute(line: &str, names: &Names, text: &mut String) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        let Some((expression, after)) = after.split_once('}') else {
            break;
        };
        match number(expression, names) {
            Some(value) => text.push_str(&value.to_string()),
            None => text.push_str(expression),
        }
        rest = after;
    }
    text.push_str(rest);
    text.push('\n');
}

/// The value of an expression.
fn number(expression: &str, names: &Names) -> Option<i64> {
    let mut rest = expression;
    let value = sum(&mut rest, names)?;
    rest.trim().is_empty().then_some(value)
}

/// Reads a sum of products off the front.
fn sum(rest: &mut &str, names: &Names) -> Option<i64> {
    let mut value = product(rest, names)?;
    loop {
        if take(rest, '+') {
            value += product(rest, names)?;
        } else if take(rest, '-') {
            value -= product(rest, names)?;
        } else {
            return Some(value);
        }
    }
}

fn product(rest: &mut &str, names: &Names) -> Option<i64> {
    let mut value = factor(rest, names)?;
    while take(rest, '*') {
        value *= factor(rest, names)?;
    }
    Some(value)
}

fn factor(rest: &mut &str, names: &Names) -> Option<i64> {
    if take(rest, '(') {
        let value = sum(rest, names)?;
        return take(rest, ')').then_some(value);
    }
    let text = rest.trim_start();
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    let (word, after) = text.split_at(end.unwrap_or(text.len()));
    *rest = after;
    names.get(word).copied().or_else(|| word.parse().ok())
}

/// Whether this sign comes next; reads it then.
fn take(rest: &mut &str, sign: char) -> bool {
    let after = rest.trim_start().strip_prefix(sign);
    *rest = after.unwrap_or(rest);
    after.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(template: &str) -> String {
        expand(template, &Values::from([("N", 2), ("K", 3)]))
    }

    #[test]
    fn loops_nest_and_names_are_replaced() {
        let text = expanded(
            "a ${N}\n#for i in N\n#for j in N + 1\n  x${i}_${2 * (j + 1) - K - 2}\n#end\n#end\nend",
        );
        assert_eq!(
            text,
            "a 2\n  x0_-3\n  x0_-1\n  x0_1\n  x1_-3\n  x1_-1\n  x1_1\nend\n"
        );
    }

    #[test]
    fn conditions_choose() {
        let text = expanded(
            "#for i in K\n#if i >= N - 1\n${i}\n#end\n#if i == 0\nfirst\n#end\n#if K < i\nnever\n#end\n#end",
        );
        assert_eq!(text, "first\n1\n2\n");
    }

    #[test]
    fn mistakes_stay_visible() {
        assert_eq!(expanded("${M + 1};"), "M + 1;\n");
    }
}
