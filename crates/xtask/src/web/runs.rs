//! Runs that come with the page: what is shown of each before the viewer has started, a list of
//! them, and the table of universality.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;
use spindle_run::{export::Export, record::RunRecord};
use spindle_web::viewer::run_view;

use super::{PUBLIC, files};
use crate::universality::{self, Row};

/// A `.spindle` file in `web/public/runs`.
struct Shipped {
    name: String,
    bytes: usize,
    export: Export,
}

fn folder() -> PathBuf {
    Path::new(PUBLIC).join("runs")
}

/// All that come with the page, by name.
fn shipped() -> anyhow::Result<Vec<Shipped>> {
    let entries = files::entries(&folder())?.into_iter();
    let files = entries.filter(|file| file.extension().is_some_and(|end| end == "spindle"));
    let open = |file: PathBuf| {
        let bytes = files::read(&file)?;
        Ok(Shipped {
            name: file
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            bytes: bytes.len(),
            export: Export::unpack(&bytes)
                .with_context(|| format!("cannot show the run {}", file.display()))?,
        })
    };
    files.map(open).collect()
}

/// Writes the views of all `.spindle` files in `web/public/runs`, their index, and the table of
/// universality.
pub(super) fn write() -> anyhow::Result<()> {
    let runs = shipped()?;
    let rows = rows(&runs);
    let mut index = Vec::new();
    for Shipped {
        name,
        bytes,
        export,
    } in &runs
    {
        let view = serde_json::to_vec(&run_view(name, export))?;
        files::write(&folder().join(format!("{name}.json")), &view)?;
        let experiment = &export.record.experiment;
        let row = rows.iter().find(|row| row.run.as_ref() == Some(name));
        index.push(json!({
            "name": name,
            "title": title(&export.record),
            "model": experiment.training.model.title(),
            "data": export.record.data_name(),
            "status": row.map_or("real run", |row| row.words),
            "experiment": experiment,
            "train_size": export.record.provenance.train_size,
            "file": format!("runs/{name}.spindle"),
            "view": format!("runs/{name}.json"),
            "bytes": bytes,
        }));
    }
    let write = |name: &str, content: Vec<u8>| files::write(&folder().join(name), &content);
    write("universality.json", serde_json::to_vec(&rows)?)?;
    write("index.json", serde_json::to_vec_pretty(&index)?)
}

/// A row for every pair of the papers.
fn rows(runs: &[Shipped]) -> Vec<Row> {
    let runs = runs.iter();
    let records: Vec<_> = runs
        .map(|run| (run.name.clone(), &run.export.record))
        .collect();
    universality::rows(&records)
}

/// A run in a few words.
fn title(record: &RunRecord) -> String {
    let experiment = &record.experiment;
    format!(
        "{} on {}",
        experiment.training.model.title(),
        record.data_name()
    )
}
