//! Draws the made-up run of the tests into a folder, to be looked at: `cargo run --example look --
//! FOLDER`.

#[path = "../tests/demo/mod.rs"]
mod demo;

use std::{error::Error, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    std::fs::create_dir_all(&folder)?;
    let run = demo::run();
    let mut other = demo::run();
    other.experiment.training.label_noise = 0.1;
    other.checkpoints.truncate(10);
    let names = ["runs/lenet-seed-0", "runs/lenet-label-noise-0.1"].map(String::from);
    let runs: Vec<_> = names.into_iter().zip([run.clone(), other]).collect();
    let compared = spindle_report::compare(&runs)?;
    for figure in spindle_report::figures(&run)?.into_iter().chain(compared) {
        std::fs::write(folder.join(format!("{}.svg", figure.name)), &figure.svg)?;
        std::fs::write(
            folder.join(format!("{}.png", figure.name)),
            spindle_report::png(&figure.svg, 2.0)?,
        )?;
    }
    std::fs::write(folder.join("report.html"), spindle_report::html(&run)?)?;
    std::fs::write(
        folder.join("compare.html"),
        spindle_report::compare_html(&runs)?,
    )?;
    Ok(())
}
