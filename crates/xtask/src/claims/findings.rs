//! What analyses say of a run, in their own sentences.

use spindle_run::analysis::ANALYSES;

use super::{runs::Run, table::Claims};

/// `RUN.finding.ANALYSIS`, all sentences of an analysis that says something.
pub(super) fn put(claims: &mut Claims, run: &Run) -> anyhow::Result<()> {
    for analysis in ANALYSES {
        let found = analysis.findings(&run.record).into_iter();
        let text: Vec<String> = found.map(|finding| finding.text).collect();
        if !text.is_empty() {
            let name = format!("{}.finding.{}", run.name, analysis.name());
            claims.put(name, text.join(" "))?;
        }
    }
    Ok(())
}
