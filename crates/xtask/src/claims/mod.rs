//! Numbers of results in the texts: each stands between markers, and is written from the runs that
//! come with the page, and from the tables of sweeps in `docs/sweeps/results`.
//!
//! In Markdown, in HTML and in strings of HTML a marker is `<!--=NAME-->VALUE<!--/-->`; in JSX,
//! which has no such comments, it is `{/*=NAME*/}VALUE{/*/*/}`. A value of several lines has its
//! markers on lines of their own.
//!
//! A new claim is a line in the module of its subject; a new subject is a module with a `put`,
//! named in [`all`].

mod across;
mod dynamics;
mod findings;
mod format;
mod marker;
mod moments;
mod noise;
mod numbers;
mod paper;
mod phases;
mod published;
mod runs;
mod samples;
mod sweeps;
mod table;
mod text;
mod universality;

use anyhow::bail;

use self::{
    runs::Run,
    table::Claims,
    text::{Change, Text},
};

/// Writes what has changed; or checks that nothing has; or lists all claims.
pub(crate) fn claims(check: bool, list: bool) -> anyhow::Result<()> {
    match (check, list) {
        (_, true) => print_all(),
        (true, false) => self::check(),
        (false, false) => write(),
    }
}

/// All that the shipped runs say, by name.
fn all(runs: &[Run]) -> anyhow::Result<Claims> {
    let mut claims = Claims::default();
    for run in runs {
        runs::put(&mut claims, run)?;
        phases::put(&mut claims, run)?;
        published::put(&mut claims, run)?;
        noise::put(&mut claims, run)?;
        dynamics::put(&mut claims, run)?;
        samples::put(&mut claims, run)?;
        paper::put(&mut claims, run)?;
        findings::put(&mut claims, run)?;
        numbers::put(&mut claims, run)?;
    }
    across::put(&mut claims, runs)?;
    universality::put(&mut claims, runs)?;
    sweeps::put(&mut claims)?;
    Ok(claims)
}

/// Fails where a text says other than the runs, and names all such places.
pub(crate) fn check() -> anyhow::Result<()> {
    compare(&text::all()?, &all(&runs::shipped()?)?)
}

fn compare(texts: &[Text], claims: &Claims) -> anyhow::Result<()> {
    let changes = revised(texts, claims)?.into_iter();
    let stale: Vec<_> = changes
        .flat_map(|revised| revised.changes)
        .map(|change| format!("  {change}"))
        .collect();
    if stale.is_empty() {
        return Ok(());
    }
    bail!(
        "the texts do not say what the runs in {} say; `cargo xtask claims` writes these values:\n{}",
        runs::FOLDER,
        stale.join("\n")
    )
}

fn write() -> anyhow::Result<()> {
    let claims = all(&runs::shipped()?)?;
    for revised in revised(&text::all()?, &claims)? {
        if !revised.changes.is_empty() {
            text::write(&revised.path, &revised.content)?;
        }
        for change in revised.changes {
            println!("{change}");
        }
    }
    Ok(())
}

fn print_all() -> anyhow::Result<()> {
    let claims = all(&runs::shipped()?)?;
    let places = text::places(&text::all()?)?;
    for (name, value) in claims.iter() {
        let used = places
            .iter()
            .filter(|place| place.name == *name)
            .map(|place| place.address.as_str());
        let used: Vec<_> = used.collect();
        let used = if used.is_empty() {
            "not used".to_owned()
        } else {
            used.join(", ")
        };
        println!("{name:<56}  {:<40}  {used}", text::in_short(value));
    }
    Ok(())
}

/// A text as it is to be.
struct Revised {
    path: String,
    content: String,
    changes: Vec<Change>,
}

/// All texts as they are to be; an error names everything that is wrong with their markers.
fn revised(texts: &[Text], claims: &Claims) -> anyhow::Result<Vec<Revised>> {
    let mut all = Vec::new();
    let mut problems = Vec::new();
    for text in texts {
        match text.revised(claims) {
            Ok((content, changes)) => all.push(Revised {
                path: text.path.clone(),
                content,
                changes,
            }),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        return Ok(all);
    }
    bail!("markers of claims are wrong:\n  {}", problems.join("\n  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(content: &str) -> anyhow::Result<String> {
        let mut claims = Claims::default();
        claims.put("lenet.share", "0.48")?;
        let texts = ["a.md", "b.md"].map(|path| Text {
            path: path.to_owned(),
            content: content.to_owned(),
        });
        let failure = compare(&texts, &claims).err();
        Ok(failure.map_or_else(String::new, |error| error.to_string()))
    }

    #[test]
    fn a_check_names_every_stale_number_and_the_command_that_writes_it() -> anyhow::Result<()> {
        assert_eq!(compared("\nx <!--=lenet.share-->0.48<!--/-->")?, "");
        let failure = compared("\nx <!--=lenet.share-->0.47<!--/-->")?;
        for words in [
            "a.md:2: lenet.share: 0.47 -> 0.48",
            "b.md:2: lenet.share: 0.47 -> 0.48",
            "`cargo xtask claims`",
        ] {
            assert!(failure.contains(words), "{failure}");
        }
        Ok(())
    }

    #[test]
    fn what_is_wrong_in_any_text_is_named() -> anyhow::Result<()> {
        let failure = compared("x <!--=lenet.shares-->0.48<!--/-->")?;
        for words in ["a.md:1: there is no claim", "b.md:1: there is no claim"] {
            assert!(failure.contains(words), "{failure}");
        }
        Ok(())
    }
}
