//! TypeScript's types of all messages between the page and its workers, the page's controls, and the
//! colours of its figures.

use std::path::Path;

use anyhow::Context;
use serde_json::json;
use spindle_run::figure::palette;
use spindle_web::protocol::{Controls, Message, Request, RunView};
use ts_rs::{Config, TS};

use super::{PAGE, files};
use crate::universality::Row;

/// Writes `web/src/generated`; a file that says the same as before is left alone, so that a page in
/// development does not reload.
pub(super) fn write() -> anyhow::Result<()> {
    let made = Path::new("target/types");
    files::remove_folder(made)?;
    // JavaScript gets 64-bit integers as numbers: none here exceeds 2^53.
    let config = Config::new().with_out_dir(made).with_large_int("number");
    Request::export_all(&config)
        .and_then(|()| Message::export_all(&config))
        .and_then(|()| RunView::export_all(&config))
        .and_then(|()| Controls::export_all(&config))
        .and_then(|()| Row::export_all(&config))
        .context("cannot write the TypeScript types")?;
    let controls = serde_json::to_vec_pretty(&Controls::default())?;
    files::write(&made.join("controls.json"), &controls)?;
    let palette = json!({
        "series": palette::SERIES,
        "ordered": palette::ORDERED,
        "behind": palette::BEHIND,
        "theory": palette::THEORY,
    });
    files::write(&made.join("palette.json"), &serde_json::to_vec(&palette)?)?;
    let place = Path::new(PAGE).join("src/generated");
    let wanted = files::addresses(made)?;
    for address in &wanted {
        files::write(&place.join(address), &files::read(&made.join(address))?)?;
    }
    for old in files::addresses(&place)? {
        if !wanted.contains(&old) {
            std::fs::remove_file(place.join(old))?;
        }
    }
    Ok(())
}
