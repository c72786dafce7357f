//! `spindle serve`: the page and some runs, for the browsers of this machine.

mod page;
mod run;

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use serde::Serialize;
use spindle_serve::{Body, Found, Site, open_browser, start, tag_of};

use self::{page::Page, run::ServedRun};
use crate::{arguments::Serve, interrupt, terminal::Terminal};

/// The page's list of runs.
const LIST: &str = "runs/index.json";
/// What the page calls a training of its own.
const TRAINING: &str = "live";
/// Between two looks at whether to end.
const PATIENCE: Duration = Duration::from_millis(100);

#[derive(Serialize)]
struct Document {
    /// The page, with the first run open.
    address: String,
    runs: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    run: std::path::PathBuf,
    name: String,
    address: String,
}

/// All that is served.
struct Shown {
    page: Page,
    runs: Arc<[ServedRun]>,
}

impl Site for Shown {
    fn find(&self, address: &str) -> Result<Option<Found>, String> {
        if address == LIST {
            return list(&self.runs)
                .map(Some)
                .map_err(|error| format!("{error:#}"));
        }
        match self
            .runs
            .iter()
            .find(|run| address_of(&run.name) == address)
        {
            Some(run) => run.find().map(Some).map_err(|error| {
                format!("the run {} cannot be read: {error:#}", run.path.display())
            }),
            None => self.page.find(address),
        }
    }
}

/// Runs the command.
pub(crate) fn serve(arguments: &Serve, terminal: &Terminal) -> anyhow::Result<()> {
    let page = Page::find(arguments.page.as_deref())?;
    let runs: Arc<[ServedRun]> = open(&arguments.runs)?.into();
    let shown = Shown {
        page,
        runs: Arc::clone(&runs),
    };
    let serving = start(shown, arguments.address, arguments.port)?;
    if !arguments.address.is_loopback() {
        terminal.warn(&format!(
            "everybody who reaches {} can read these runs; without --address only this machine can",
            serving.at
        ));
    }
    let document = document(&runs, serving.at);
    tell(&document, terminal)?;
    if arguments.open
        && let Err(error) = open_browser(&document.address)
    {
        terminal.warn(&format!(
            "the browser could not be opened ({error}); open the address yourself"
        ));
    }
    // To be asked to stop is how this ends.
    while !interrupt::requested() {
        serving.wait(PATIENCE)?;
    }
    Ok(())
}

/// Opens all runs, each under a name of its own.
fn open(paths: &[std::path::PathBuf]) -> anyhow::Result<Vec<ServedRun>> {
    let mut taken = BTreeSet::from([TRAINING.to_owned()]);
    let mut runs = Vec::new();
    for path in paths {
        runs.push(ServedRun::open(name(path, &mut taken), path)?);
    }
    Ok(runs)
}

/// A name for a run after its file or folder, that no other run has, whether letters are large or
/// small.
fn name(path: &Path, taken: &mut BTreeSet<String>) -> String {
    // What is called `.` or `..` has a name somewhere else.
    let named = match path.file_name() {
        Some(_) => path.to_owned(),
        None => path.canonicalize().unwrap_or_default(),
    };
    let last = match named.is_dir() {
        true => named.file_name(),
        false => named.file_stem(),
    };
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let letters = last.unwrap_or_default().to_string_lossy();
    let words: Vec<&str> = letters.split(|letter| !is_plain(letter)).collect();
    let plain = words.join("-");
    let plain = match plain.trim_matches('-') {
        "" => "run",
        plain => plain,
    };
    let numbered = (2..).map(|number| format!("{plain}-{number}"));
    let mut names = std::iter::once(plain.to_owned()).chain(numbered);
    let free = names.find(|name| taken.insert(name.to_lowercase()));
    free.unwrap_or_default()
}

/// Where a run's file lies on the server.
fn address_of(name: &str) -> String {
    format!("runs/{name}.spindle")
}

fn list(runs: &[ServedRun]) -> anyhow::Result<Found> {
    let rows: Vec<_> = runs.iter().map(ServedRun::listed).collect();
    let bytes = serde_json::to_vec(&rows).context("cannot list the runs")?;
    Ok(Found {
        tag: tag_of(&bytes),
        body: Body::Bytes(bytes.into()),
        forever: false,
    })
}

fn document(runs: &[ServedRun], at: SocketAddr) -> Document {
    let page = format!("http://{}/", SocketAddr::new(called(at.ip()), at.port()));
    let rows: Vec<Row> = runs
        .iter()
        .map(|run| Row {
            run: run.path.clone(),
            name: run.name.clone(),
            address: format!("{page}?run={}", run.name),
        })
        .collect();
    Document {
        address: rows.first().map_or(page, |row| row.address.clone()),
        runs: rows,
    }
}

/// An address by which this machine can be called where it listens.
fn called(listening: IpAddr) -> IpAddr {
    match listening {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

fn tell(document: &Document, terminal: &Terminal) -> anyhow::Result<()> {
    terminal.document(document)?;
    terminal.answer(&document.address)?;
    for row in document.runs.iter().skip(1) {
        terminal.say(&format!("{}  {}", row.address, row.run.display()));
    }
    terminal.say("Ctrl-C ends it.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_no_two_are_the_same() {
        let mut taken = BTreeSet::new();
        let mut name = |path: &str| name(Path::new(path), &mut taken);
        assert_eq!(name("/no/demo.spindle"), "demo");
        assert_eq!(name("/other/Demo.spindle"), "Demo-2");
        assert_eq!(name("/no/a b&c%2e.spindle"), "a-b-c-2e");
        assert_eq!(name("/no/demo-2"), "demo-2-2");
        assert_eq!(name("/no/..."), "run");
        assert_eq!(name("/no/ö.spindle"), "run-2");
    }
}
