//! The table of networks and data sets.

use crate::universality::{markdown, rows};

use super::{
    runs::{FOLDER, Run},
    table::Claims,
};

/// `universality`: a row for every pair of the papers, in Markdown, with links from `docs`;
/// `universality.runs`: the pairs that were run, with links from the repository's root.
pub(super) fn put(claims: &mut Claims, runs: &[Run]) -> anyhow::Result<()> {
    let records: Vec<_> = runs
        .iter()
        .map(|run| (run.name.clone(), &run.record))
        .collect();
    let mut all = rows(&records);
    let table = markdown(&all, |run| format!("../{FOLDER}/{run}.spindle"));
    claims.put("universality", table)?;
    all.retain(|row| row.run.is_some());
    let table = markdown(&all, |run| format!("{FOLDER}/{run}.spindle"));
    claims.put("universality.runs", table)
}
