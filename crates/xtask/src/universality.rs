//! The table of universality in the README, from the runs that come with the page.

use anyhow::Context;

use crate::web;

const PAGE: &str = "README.md";
/// What the table stands between.
const MARK: &str = "<!-- universality -->";

/// Prints the table, or puts it between the two marks in the README.
pub(crate) fn universality(write: bool) -> anyhow::Result<()> {
    let table = web::universality()?;
    if !write {
        print!("{table}");
        return Ok(());
    }
    let page = std::fs::read_to_string(PAGE).with_context(|| format!("cannot read {PAGE}"))?;
    let page = with_table(&page, &table)
        .with_context(|| format!("{PAGE} has no two lines {MARK} to put the table between"))?;
    std::fs::write(PAGE, page).with_context(|| format!("cannot write {PAGE}"))
}

/// The page with this table between its marks; `None` where there are not two of them.
fn with_table(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(MARK)?;
    let (_, after) = rest.split_once(MARK)?;
    Some(format!("{before}{MARK}\n\n{table}\n{MARK}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_between_its_marks_and_nothing_else_changes() {
        let page = format!("a\n{MARK}\nold\n{MARK}\nb\n");
        let once = with_table(&page, "| new |\n");
        assert_eq!(
            once.as_deref(),
            Some(format!("a\n{MARK}\n\n| new |\n\n{MARK}\nb\n").as_str())
        );
        let again = once
            .as_deref()
            .and_then(|page| with_table(page, "| new |\n"));
        assert_eq!(again, once);
        assert_eq!(with_table("no mark", ""), None);
        assert_eq!(with_table(MARK, ""), None);
    }
}
