//! A run that is killed and continued, beside the same run unbroken.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::bail;

use super::{Outcome, binary::Binary, clear, experiments, files, run_folder};

/// Its name among the experiments.
pub(super) const NAME: &str = "interrupted";

/// When it is killed: as soon as a folder has so many files. Once in training, once in extraction,
/// once in decomposition.
const STOPS: [(&str, usize); 3] = [("checkpoints", 3), ("outputs", 3), ("interactions", 3)];
/// How long it may take until then.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs once unbroken and once with a kill at every stop, and compares.
pub(super) fn compared(binary: &Binary) -> anyhow::Result<Outcome> {
    let [unbroken, broken] = ["unbroken", "broken"].map(|name| run_folder(binary, name));
    let start = Instant::now();
    for stop in STOPS {
        kill_at(stop, binary, &broken)?;
    }
    for run in [&broken, &unbroken] {
        binary.run(&line(run))?;
    }
    let differences = files::differences(&unbroken, &broken)?;
    if differences.is_empty() {
        clear(&unbroken)?;
        clear(&broken)?;
    }
    Ok(Outcome {
        differences,
        times: vec![(binary.name, start.elapsed())],
    })
}

fn line(run: &Path) -> String {
    let flags = experiments::INTERRUPTED;
    format!("run --quiet --out {} {flags}", run.display())
}

/// Starts the run, or continues it, and kills it where `folder` has `count` files. No signal that
/// it could answer: the process is gone.
fn kill_at((folder, count): (&str, usize), binary: &Binary, run: &Path) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut process = binary.command(&line(run)).spawn()?;
    while files_in(&run.join(folder)) < count && start.elapsed() < PATIENCE {
        if let Some(status) = process.try_wait()? {
            bail!("it ended ({status}) before {folder} had {count} files");
        }
        thread::sleep(Duration::from_millis(1));
    }
    process.kill()?;
    if process.wait()?.success() {
        bail!("it was done before it could be killed");
    }
    if start.elapsed() >= PATIENCE {
        bail!("{folder} did not have {count} files after {PATIENCE:?}");
    }
    Ok(())
}

/// Files that are whole, those under their last names.
fn files_in(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    names
        .filter(|name| !name.to_string_lossy().starts_with('.'))
        .count()
}
