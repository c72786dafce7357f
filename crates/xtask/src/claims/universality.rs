//! The table of networks and data sets.

use spindle_run::figure::universality::{markdown, rows};

use super::{
    runs::{FOLDER, Run},
    table::Claims,
};

/// `universality`: a row for every pair of the papers, in Markdown, with links from the repository's root.
pub(super) fn put(claims: &mut Claims, runs: &[Run]) -> anyhow::Result<()> {
    let records: Vec<_> = runs
        .iter()
        .map(|run| (run.name.clone(), &run.record))
        .collect();
    let link = |run: &str| format!("{FOLDER}/{run}.spindle");
    claims.put("universality", markdown(&rows(&records), link))
}
