//! A run's numbers as a sweep has them, of the runs that come with the page.

use spindle_run::{figure::caption::number, sweep};

use super::{runs::Run, table::Claims};

/// `RUN.number.NAME`, with its interval over the run's samples where it has one.
pub(super) fn put(claims: &mut Claims, run: &Run) -> anyhow::Result<()> {
    for found in sweep::numbers(&run.record) {
        let name = format!("{}.number.{}", run.name, found.name.replace('_', "-"));
        let interval = found.interval.map_or_else(String::new, |[low, high]| {
            format!(" [{}, {}]", number(low), number(high))
        });
        claims.put(name, format!("{}{interval}", number(found.value)))?;
    }
    Ok(())
}
