//! What a person or a program reads: progress and sentences on stderr, one JSON document on stdout when asked for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// Where a command talks.
pub(crate) struct Terminal {
    quiet: bool,
    json: bool,
}

impl Terminal {
    pub(crate) fn new(quiet: bool, json: bool) -> Self {
        Self { quiet, json }
    }

    /// A progress bar over `total` units with rate and remaining time; `done` of them are from an earlier time.
    pub(crate) fn bar(&self, what: &str, unit: &str, done: usize, total: usize) -> ProgressBar {
        let bar = ProgressBar::new(total as u64);
        if self.quiet {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let template = format!(
            "{{prefix:>9}} {{bar:32.cyan/dim}} {{pos}}/{{len}} {unit}  {{per_sec}}  {{eta}} left  {{msg}}"
        );
        if let Ok(style) = ProgressStyle::with_template(&template) {
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
            eprintln!("{sentence}");
        }
    }

    /// Something that does not stop the work but should be known, even when quiet.
    pub(crate) fn warn(&self, sentence: &str) {
        eprintln!("warning: {sentence}");
    }

    /// What ended the work.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        if error.is::<crate::interrupt::Interrupted>() {
            eprintln!("{error}");
        } else {
            eprintln!("error: {error:#}");
        }
    }

    /// The document for programs, on stdout, when `--json` was given.
    pub(crate) fn document(&self, document: &impl Serialize) -> anyhow::Result<()> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(document)?);
        }
        Ok(())
    }
}
