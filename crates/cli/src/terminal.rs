//! What a person or a program reads: progress and sentences on stderr; lists that were asked for on
//! stdout, or one JSON document in place of them.
//!
//! A stderr that is closed or full ends no work: what people are told is lost, what programs read is
//! not.

use std::{
    fmt,
    io::{self, Write},
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;

/// Where a command talks.
#[derive(Clone)]
pub(crate) struct Terminal {
    quiet: bool,
    json: bool,
}

impl Terminal {
    pub(crate) fn new(quiet: bool, json: bool) -> Self {
        Self { quiet, json }
    }

    /// A progress bar over `total` units with rate and remaining time; `done` of them are from an
    /// earlier time.
    pub(crate) fn bar(&self, what: &str, unit: &str, done: usize, total: usize) -> ProgressBar {
        let bar = ProgressBar::new(total as u64);
        if self.quiet {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let template = format!(
            "{{prefix:>9}} {{bar:32.cyan/dim}} {{pos}}/{{len}} {unit}  {{rate}}/s  {{eta}} left  {{msg}}"
        );
        if let Ok(style) = ProgressStyle::with_template(&template) {
            let style =
                style.with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
                    let _ = write!(out, "{:.0}", state.per_sec());
                });
            bar.set_style(style.progress_chars("━━╌"));
        }
        bar.set_prefix(what.to_owned());
        bar.set_position(done as u64);
        bar.reset_eta();
        bar
    }

    /// A sentence for people.
    pub(crate) fn say(&self, sentence: &str) {
        if !self.quiet {
            tell(sentence);
        }
    }

    /// Whether a program reads stdout.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// What a command was asked for, where that is words: on stdout, unless the document is.
    pub(crate) fn answer(&self, words: &str) -> anyhow::Result<()> {
        match self.json || self.quiet {
            true => Ok(()),
            false => write_out(format!("{words}\n").as_bytes()),
        }
    }

    /// Something that does not stop the work but should be known, even when quiet.
    pub(crate) fn warn(&self, sentence: &str) {
        tell(&format!("warning: {sentence}"));
    }

    /// What ended the work.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        if error.is::<crate::interrupt::Interrupted>() {
            tell(&error.to_string());
        } else {
            tell(&format!("error: {}", in_words(error)));
        }
    }

    /// The document for programs, on stdout, when `--json` was given.
    pub(crate) fn document(&self, document: &impl Serialize) -> anyhow::Result<()> {
        if self.json {
            write_out(format!("{}\n", serde_json::to_string_pretty(document)?).as_bytes())?;
        }
        Ok(())
    }
}

/// A line on stderr, if it takes one.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes to stdout. Whoever reads it may have seen enough: a closed pipe is no error.
pub(crate) fn write_out(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = io::stdout();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to stdout")
        }
        _ => Ok(()),
    }
}

/// What went wrong and why, each said once: some errors carry the text of what caused them, others
/// do not.
fn in_words(error: &anyhow::Error) -> String {
    let mut words = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !words.contains(&cause) {
            words.push_str(": ");
            words.push_str(&cause);
        }
    }
    words
}
