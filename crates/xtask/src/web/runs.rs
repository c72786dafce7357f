//! Runs that come with the page: what is shown of each before the viewer has started, and a list of them.

use std::path::Path;

use anyhow::Context;
use serde_json::json;
use spindle_run::{
    Experiment,
    experiment::{Dataset, Model},
    export::Export,
};
use spindle_web::viewer::run_view;

use super::{PUBLIC, files};

/// Writes the views of all `.spindle` files in `web/public/runs`, and their index.
pub(super) fn write() -> anyhow::Result<()> {
    let folder = Path::new(PUBLIC).join("runs");
    let mut index = Vec::new();
    for file in files::entries(&folder)? {
        if file.extension().is_none_or(|end| end != "spindle") {
            continue;
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let bytes = files::read(&file)?;
        let export = Export::unpack(&bytes)
            .with_context(|| format!("cannot show the run {}", file.display()))?;
        let view = serde_json::to_vec(&run_view(&name, &export))?;
        files::write(&folder.join(format!("{name}.json")), &view)?;
        index.push(json!({
            "name": name,
            "title": title(&export.record.experiment),
            "file": format!("runs/{name}.spindle"),
            "view": format!("runs/{name}.json"),
            "bytes": bytes.len(),
        }));
    }
    files::write(
        &folder.join("index.json"),
        &serde_json::to_vec_pretty(&index)?,
    )
}

/// A run in a few words.
fn title(experiment: &Experiment) -> String {
    let model = match experiment.model {
        Model::Lenet => "LeNet",
    };
    let data = match experiment.data {
        Dataset::Mnist => "MNIST",
    };
    format!("{model} on {data}, {} epochs", experiment.epochs)
}
