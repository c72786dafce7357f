//! What a benchmark is to reach, and whether it does.

use super::quantity::{setting, with_unit};

/// Where a measured number is to lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// All of so many.
    All(usize),
}

/// A target and what was measured.
pub(crate) struct Target {
    /// What is measured, in a few words.
    pub(crate) what: &'static str,
    /// Where it is to lie.
    pub(crate) bound: Bound,
    /// What was measured; not finite where nothing was.
    pub(crate) measured: f64,
    /// Unit of both.
    pub(crate) unit: &'static str,
}

impl Target {
    /// Columns of [`Target::cells`].
    pub(crate) const HEAD: [&str; 4] = ["target", "wanted", "measured", "verdict"];

    /// What, where it is to lie, what was measured, and the verdict.
    pub(crate) fn cells(&self) -> Vec<String> {
        let unit = self.unit;
        let wanted = match self.bound {
            Bound::AtMost(limit) => format!("at most {} {unit}", setting(limit)),
            Bound::AtLeast(limit) => format!("at least {} {unit}", setting(limit)),
            Bound::All(count) => format!("all {count} {unit}"),
        };
        let measured = match self.bound {
            Bound::All(_) if self.measured.is_finite() => format!("{} {unit}", self.measured),
            _ => with_unit(self.measured, unit),
        };
        vec![
            self.what.to_owned(),
            wanted.trim_end().to_owned(),
            measured,
            self.verdict().to_owned(),
        ]
    }

    fn verdict(&self) -> &'static str {
        let met = match self.bound {
            Bound::AtMost(limit) => self.measured <= limit,
            Bound::AtLeast(limit) => self.measured >= limit,
            Bound::All(count) => self.measured >= count as f64,
        };
        match (self.measured.is_finite(), met) {
            (false, _) => "not measured",
            (true, true) => "met",
            (true, false) => "**missed**",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_missed_or_not_measured() {
        let row = |bound, measured| {
            let target = Target {
                what: "time",
                bound,
                measured,
                unit: "ms",
            };
            target.cells().join(", ")
        };
        assert_eq!(
            row(Bound::AtMost(5.0), 9.934),
            "time, at most 5 ms, 9.93 ms, **missed**"
        );
        assert_eq!(
            row(Bound::AtLeast(2.5), 2.5),
            "time, at least 2.5 ms, 2.50 ms, met"
        );
        assert_eq!(
            row(Bound::AtLeast(2.5), f64::NAN),
            "time, at least 2.5 ms, –, not measured"
        );
        assert_eq!(row(Bound::All(6), 5.0), "time, all 6 ms, 5 ms, **missed**");
    }
}
