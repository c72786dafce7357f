//! A build of the command line tool.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

/// The reference engine, as experiments name it.
const DEVICE: &str = "--device flex";
/// The same, as builds name it whose device says only where a network is computed.
const BACKEND: &str = "--backend burn";

/// A build of `spindle`.
pub(super) struct Binary {
    /// What it is called in what is told.
    pub(super) name: &'static str,
    path: PathBuf,
    /// What it says of the flags of a run.
    help: String,
}

impl Binary {
    /// The build of this path, asked for its flags.
    pub(super) fn open(name: &'static str, path: &Path) -> anyhow::Result<Self> {
        let whole = path.canonicalize();
        let path = whole.with_context(|| format!("{name}: there is no {}", path.display()))?;
        let mut binary = Self {
            name,
            path,
            help: String::new(),
        };
        binary.help = binary.output("run --help")?;
        Ok(binary)
    }

    /// Whether it has a network of this name.
    pub(super) fn has_model(&self, name: &str) -> bool {
        self.help.contains(&format!("- {name}:"))
    }

    /// Whether it has flags of its own for backends.
    fn has_backends(&self) -> bool {
        self.help.contains("--backend")
    }

    /// Runs it to its end; arguments are separated by blanks.
    pub(super) fn run(&self, arguments: &str) -> anyhow::Result<Duration> {
        let start = Instant::now();
        self.output(arguments)?;
        Ok(start.elapsed())
    }

    /// It with these arguments, silent, not run yet.
    pub(super) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(&self.path);
        let arguments = in_its_words(arguments, self.has_backends());
        command.args(arguments.split_whitespace());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Runs it to its end and returns what it wrote to stdout. What it wrote to stderr is told
    /// where it fails.
    fn output(&self, arguments: &str) -> anyhow::Result<String> {
        let mut command = self.command(arguments);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = piped.output();
        let output = output.with_context(|| format!("cannot start {}", self.path.display()))?;
        if !output.status.success() {
            bail!(
                "{} {arguments}: {}: {}",
                self.name,
                output.status,
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Arguments as a build knows them, so that two builds can be asked for one thing under two names.
fn in_its_words(arguments: &str, has_backends: bool) -> String {
    match has_backends {
        true => arguments.replace(DEVICE, BACKEND),
        false => arguments.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_engine_is_asked_for_by_the_name_that_the_build_knows() {
        let asked = "run --device flex --players 4";
        assert_eq!(in_its_words(asked, false), asked);
        assert_eq!(in_its_words(asked, true), "run --backend burn --players 4");
    }
}
