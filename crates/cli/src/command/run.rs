//! `spindle run`: train, extract, analyse, report; each part goes on where it was broken off.

use super::{analyze, extract, report, train};
use crate::{arguments::NewRun, terminal::Terminal};

/// Runs the command.
pub(crate) fn run(new: &NewRun, terminal: &Terminal) -> anyhow::Result<()> {
    let (writer, mut record) = train::train(new, terminal)?;
    extract::extract(&writer, &mut record, terminal)?;
    analyze::analyze(&writer, &mut record, terminal)?;
    report::conclude(&writer, &record, terminal)
}
