//! Whether two builds of `spindle` find the same to the last bit.
//!
//! Bits are those of one machine: another processor has other fused operations. So the repository
//! keeps tolerances, and both builds run here, one after the other, on small experiments of every
//! network and every kind of data. What a build may say otherwise (times, versions, the name of its
//! engine, the layout of `run.json`) is left out; see [`record`].
//!
//! A new experiment is a line in [`experiments`]; a new data set is one in [`data`].

mod arrays;
mod binary;
mod broken;
mod contents;
mod data;
mod experiments;
mod files;
mod further;
mod package;
mod record;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};

use self::{binary::Binary, experiments::Experiment};

/// Where data and runs lie while they are needed.
const FOLDER: &str = "target/golden";

/// Runs all experiments with both builds, or those with `only` in their names; tells every
/// difference, and fails where there is one.
pub(crate) fn golden(old: &Path, new: &Path, only: &str) -> anyhow::Result<()> {
    let (old, new) = (Binary::open("OLD", old)?, Binary::open("NEW", new)?);
    clear(Path::new(FOLDER))?;
    let mut count = 0;
    let mut experiments = experiments::all();
    experiments.retain(|experiment| experiment.name.contains(only));
    for experiment in &experiments {
        if !old.has_model(experiment.model()) {
            println!(
                "{:<22}  new: OLD has no {}",
                experiment.name,
                experiment.model()
            );
            continue;
        }
        count += tell(experiment.name, compared(experiment, &old, &new));
    }
    if broken::NAME.contains(only) {
        count += tell(broken::NAME, broken::compared(&new));
    } else if experiments.is_empty() {
        bail!("no experiment has \"{only}\" in its name");
    }
    match count {
        0 => clear(Path::new(FOLDER)),
        _ => bail!("{count} differences; what was found otherwise is in {FOLDER}"),
    }
}

/// What came of an experiment.
struct Outcome {
    /// A sentence for each difference.
    differences: Vec<String>,
    /// Whose time, and how long it took.
    times: Vec<(&'static str, Duration)>,
}

/// Prints an experiment's line and its differences, and counts them; one that could not be compared
/// counts as one.
fn tell(name: &str, outcome: anyhow::Result<Outcome>) -> usize {
    let differences = match outcome {
        Ok(Outcome { differences, times }) => {
            let times = times.iter();
            let times = times.map(|(whose, time)| format!("{whose} {:5.1} s", time.as_secs_f64()));
            let times: Vec<_> = times.collect();
            let verdict = match differences.len() {
                0 => "the same".to_owned(),
                count => format!("{count} DIFFERENCES"),
            };
            println!("{name:<22}  {}  {verdict}", times.join("  "));
            differences
        }
        Err(error) => {
            println!("{name:<22}  NOT COMPARED");
            vec![format!("{error:#}")]
        }
    };
    for difference in &differences {
        println!("    {name}: {difference}");
    }
    differences.len()
}

/// Runs an experiment with both builds and compares what they leave. Runs that are the same are
/// removed: weights are large.
fn compared(experiment: &Experiment, old: &Binary, new: &Binary) -> anyhow::Result<Outcome> {
    let runs = [old, new].map(|binary| run_folder(binary, experiment.name));
    let flags = experiment.run_flags();
    let mut times = Vec::new();
    for (binary, run) in [old, new].into_iter().zip(&runs) {
        let time = binary.run(&format!("run --quiet --out {} {flags}", run.display()))?;
        times.push((binary.name, time));
    }
    let mut differences = files::differences(&runs[0], &runs[1])?;
    if experiment.further {
        differences.extend(further::differences(experiment, [old, new], &runs)?);
    }
    if differences.is_empty() {
        runs.iter().try_for_each(|run| clear(run))?;
    }
    Ok(Outcome { differences, times })
}

/// Where a build's run of an experiment goes.
fn run_folder(binary: &Binary, experiment: &str) -> PathBuf {
    let build = binary.name.to_lowercase();
    Path::new(FOLDER).join(build).join(experiment)
}

/// Removes a folder, where it is there.
fn clear(folder: &Path) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))
}
