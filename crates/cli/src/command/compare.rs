//! `spindle compare`: what differs between runs, and how their orders move.

use std::{fs, path::Path};

use anyhow::Context;
use serde::Serialize;
use spindle_run::{RunFolder, experiment::Difference, export::Export, record::RunRecord};

use crate::{arguments::Compare, output, terminal::Terminal};

#[derive(Serialize)]
struct Document {
    /// Against the first run.
    differences: Vec<RunDifferences>,
}

#[derive(Serialize)]
struct RunDifferences {
    run: String,
    fields: Vec<Difference>,
}

/// Runs the command.
pub(crate) fn compare(arguments: &Compare, terminal: &Terminal) -> anyhow::Result<()> {
    output::check(&arguments.out, &[], terminal)?;
    let mut runs: Vec<(String, RunRecord)> = Vec::new();
    for path in &arguments.runs {
        runs.push((path.display().to_string(), record_of(path)?));
    }
    let html = spindle_report::compare_html(&runs)?;
    output::write(&arguments.out, html.as_bytes())?;
    let first = &runs[0];
    let mut differences = Vec::new();
    for (run, record) in &runs[1..] {
        let fields = first.1.experiment.differences(&record.experiment);
        for field in &fields {
            terminal.say(&format!(
                "{run}: {} is {}, {} in {}",
                field.field, field.right, field.left, first.0
            ));
        }
        differences.push(RunDifferences {
            run: run.clone(),
            fields,
        });
    }
    terminal.say(&format!("comparison  {}", arguments.out.display()));
    terminal.document(&Document { differences })
}

/// The record of a run's folder, or of its `.spindle` file.
fn record_of(path: &Path) -> anyhow::Result<RunRecord> {
    if !path.is_file() {
        return Ok(RunFolder::open(path)?.1);
    }
    let name = path.display();
    let bytes = fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let export = Export::unpack(&bytes);
    Ok(export
        .with_context(|| format!("cannot compare {name}"))?
        .record)
}
