//! All claims by name.

use std::collections::{BTreeMap, btree_map};

use anyhow::ensure;
use spindle_run::record::RangedEstimate;

use super::{format, marker};

/// What the runs say: a value for every name.
#[derive(Debug, Default)]
pub(super) struct Claims(BTreeMap<String, String>);

impl Claims {
    /// Adds a claim.
    ///
    /// # Errors
    /// Where there is one of this name, and for a name that no marker can have.
    pub(super) fn put(
        &mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> anyhow::Result<()> {
        let (name, value) = (name.into(), value.into());
        ensure!(
            marker::is_name(&name),
            "the claim {name:?} cannot have this name: {}",
            marker::NAMES
        );
        let old = self.0.get(&name);
        ensure!(
            old.is_none(),
            "there are two claims {name}, {:?} and {value:?}: name one of them otherwise",
            old.map_or("", String::as_str)
        );
        self.0.insert(name, value);
        Ok(())
    }

    /// Adds a claim where the runs say something.
    pub(super) fn put_some(
        &mut self,
        name: impl Into<String>,
        value: Option<String>,
    ) -> anyhow::Result<()> {
        match value {
            Some(value) => self.put(name, value),
            None => Ok(()),
        }
    }

    /// Adds the value, `NAME.interval` with the interval of sampling; where there is a range of all
    /// decompositions, `NAME.range` with it alone and `NAME.full` with all three.
    pub(super) fn put_estimate(
        &mut self,
        name: &str,
        estimate: RangedEstimate,
    ) -> anyhow::Result<()> {
        let interval = format::interval(estimate);
        self.put(name, format::value(estimate.value))?;
        if let Some(range) = format::range(estimate) {
            self.put(format!("{name}.full"), format!("{interval} {range}"))?;
            self.put(format!("{name}.range"), range)?;
        }
        self.put(format!("{name}.interval"), interval)
    }

    /// The value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All, sorted by name.
    pub(super) fn iter(&self) -> btree_map::Iter<'_, String, String> {
        self.0.iter()
    }

    /// The three names that are most like this one.
    pub(super) fn nearest(&self, name: &str) -> Vec<&str> {
        let mut names: Vec<_> = self
            .0
            .keys()
            .map(|known| (distance(name, known), known.as_str()))
            .collect();
        names.sort_unstable();
        names.into_iter().take(3).map(|(_, known)| known).collect()
    }
}

/// How many bytes have to be put in, taken out or replaced to make one name of the other.
fn distance(one: &str, other: &str) -> usize {
    let other = other.as_bytes();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, byte) in one.bytes().enumerate() {
        let mut above_left = line;
        row[0] = line + 1;
        for (column, &against) in other.iter().enumerate() {
            let above = row[column + 1];
            let replaced = above_left + usize::from(byte != against);
            row[column + 1] = replaced.min(above + 1).min(row[column] + 1);
            above_left = above;
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_once_and_is_one_that_markers_can_have() -> anyhow::Result<()> {
        let mut claims = Claims::default();
        claims.put("a.b-1_c", "1")?;
        assert!(claims.put("a.b-1_c", "2").is_err());
        assert!(claims.put("A", "2").is_err());
        assert!(claims.put("", "2").is_err());
        assert_eq!(claims.get("a.b-1_c"), Some("1"));
        Ok(())
    }

    #[test]
    fn an_estimate_is_put_in_all_its_forms() -> anyhow::Result<()> {
        let mut claims = Claims::default();
        let estimate = RangedEstimate {
            value: 0.4803,
            low: 0.426,
            high: 0.526,
            lowest: Some(0.458),
            highest: Some(0.556),
        };
        claims.put_estimate("share", estimate)?;
        let lowest = None;
        claims.put_estimate("order", RangedEstimate { lowest, ..estimate })?;
        let all: Vec<_> = claims
            .iter()
            .map(|(name, value)| [&**name, &**value])
            .collect();
        assert_eq!(
            all,
            [
                ["order", "0.48"],
                ["order.interval", "0.48 [0.43, 0.53]"],
                ["share", "0.48"],
                ["share.full", "0.48 [0.43, 0.53] (0.46 to 0.56)"],
                ["share.interval", "0.48 [0.43, 0.53]"],
                ["share.range", "(0.46 to 0.56)"],
            ]
        );
        Ok(())
    }

    #[test]
    fn the_nearest_names_come_first() -> anyhow::Result<()> {
        let mut claims = Claims::default();
        for name in [
            "lenet.share.first",
            "lenet.share.last",
            "vgg.epochs",
            "lenet.order.first",
        ] {
            claims.put(name, "")?;
        }
        assert_eq!(
            claims.nearest("lenet.shares.first"),
            ["lenet.share.first", "lenet.share.last", "lenet.order.first"]
        );
        Ok(())
    }
}
