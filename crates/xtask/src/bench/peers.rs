//! The peers' side: scripts in `tests/peers`, in a Python of the project's own.

use anyhow::Context;
use serde_json::Value;

use super::section::Block;
use crate::{
    process::{output, run},
    python,
};

/// The Python that runs peers, or why there is none.
pub(crate) struct Peers(Result<String, String>);

impl Peers {
    /// Installs them where they are not there yet. That they cannot be is no error: ours are
    /// measured without them.
    pub(crate) fn installed() -> Self {
        let python = python::environment("peers").map_err(|error| format!("{error:#}"));
        if let Err(reason) = &python {
            eprintln!("\n> The peers cannot be installed: {reason}. Ours are measured alone.");
        }
        Self(python)
    }

    /// What a script tells; null without peers.
    pub(crate) fn run(&self, arguments: &str) -> anyhow::Result<Value> {
        let Ok(python) = &self.0 else {
            return Ok(Value::Null);
        };
        let words: Vec<&str> = arguments.split(' ').collect();
        let script = format!("tests/peers/{}", words[0]);
        let document = output(python, &[&[script.as_str()], &words[1..]].concat())?;
        serde_json::from_str(&document).with_context(|| format!("{script} printed no JSON"))
    }

    /// Runs a script that writes its own file and tells its course to people; by the system's Python
    /// where peers are missing.
    pub(crate) fn script(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let python = self.0.as_deref().unwrap_or("python3");
        let script = format!("tests/peers/{}", arguments[0]);
        run(python, &[&[script.as_str()], &arguments[1..]].concat(), &[])
    }

    /// What the page shows, below the paragraph that peers are missing where they are.
    pub(crate) fn under_notice(&self, block: Block) -> Vec<Block> {
        let missing = self.missing().map(Block::Text);
        missing.into_iter().chain([block]).collect()
    }

    /// A paragraph for a page whose peers are missing.
    pub(crate) fn missing(&self) -> Option<String> {
        let reason = self.0.as_ref().err()?;
        Some(format!(
            "**The peers could not be installed, so their numbers are missing:** {}",
            reason.replace('\n', " ")
        ))
    }
}
