//! Two files of one name, compared by what they hold.

use anyhow::Context;

use super::{arrays, package, record};

/// Differences of a file that are told one by one.
const TOLD: usize = 8;

/// A sentence for each difference, with the file's name; of many the first ones.
pub(super) fn differences(name: &str, old: &[u8], new: &[u8]) -> anyhow::Result<Vec<String>> {
    let found = match name {
        name if name.ends_with(".spindle") => return packed(name, old, new),
        name if name.ends_with(".safetensors") => arrays::differences(old, new),
        name if name.ends_with("run.json") => record::differences(old, new),
        _ => Ok(bytes(old, new)),
    };
    let found = found.with_context(|| format!("cannot compare {name}"))?;
    Ok(in_short(name, &found))
}

/// The same of all parts of a packed run.
fn packed(name: &str, old: &[u8], new: &[u8]) -> anyhow::Result<Vec<String>> {
    let [old, new] = [package::parts(old)?, package::parts(new)?];
    let mut found = Vec::new();
    for (part, contents) in &old {
        let whole = format!("{name}/{part}");
        match new.get(part) {
            Some(other) => found.extend(differences(&whole, contents, other)?),
            None => found.push(format!("{whole} is missing in NEW")),
        }
    }
    let more = new.keys().filter(|part| !old.contains_key(*part));
    found.extend(more.map(|part| format!("{name}/{part} is in NEW only")));
    Ok(found)
}

/// Where two files begin to differ.
fn bytes(old: &[u8], new: &[u8]) -> Vec<String> {
    if old == new {
        return Vec::new();
    }
    let same = old.iter().zip(new).take_while(|(old, new)| old == new);
    vec![format!(
        "differs from byte {} on, of {} in OLD and {} in NEW",
        same.count(),
        old.len(),
        new.len()
    )]
}

/// The first differences of a file with its name, and how many more there are.
fn in_short(name: &str, found: &[String]) -> Vec<String> {
    let told = found.iter().take(TOLD);
    let mut told: Vec<_> = told.map(|found| format!("{name}: {found}")).collect();
    if found.len() > TOLD {
        told.push(format!("{name}: and {} more", found.len() - TOLD));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_kinds_are_compared_by_their_bytes() -> anyhow::Result<()> {
        assert_eq!(differences("v.npy", b"abc", b"abc")?, [""; 0]);
        assert_eq!(
            differences("v.npy", b"abc", b"abd")?,
            ["v.npy: differs from byte 2 on, of 3 in OLD and 3 in NEW"]
        );
        assert_eq!(differences("v.npy", b"ab", b"abd")?.len(), 1);
        Ok(())
    }

    #[test]
    fn of_many_differences_the_first_are_told() {
        let found: Vec<_> = (0..10).map(|number| number.to_string()).collect();
        let told = in_short("run.json", &found);
        assert_eq!(told.len(), TOLD + 1);
        assert_eq!(told[TOLD], "run.json: and 2 more");
    }
}
