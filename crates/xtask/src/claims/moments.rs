//! Names of the moments of a run.

use super::{format, table::Claims};

/// Names of these moments, each with its position: `first`, `last`, `at.EPOCH` for every one, and
/// `turn` for the one between where there are three.
pub(super) fn named(epochs: &[f64]) -> Vec<(String, usize)> {
    let Some(last) = epochs.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut named = vec![("first".to_owned(), 0), ("last".to_owned(), last)];
    if last == 2 {
        named.push(("turn".to_owned(), 1));
    }
    named.extend(
        (0..)
            .zip(epochs)
            .map(|(position, &epoch)| (at(epoch), position)),
    );
    named
}

/// Adds the epoch of a moment, where its name does not say it: `NAME.epoch`.
pub(super) fn put_epoch(
    claims: &mut Claims,
    name: &str,
    moment: &str,
    epoch: f64,
) -> anyhow::Result<()> {
    if moment == at(epoch) {
        return Ok(());
    }
    claims.put(format!("{name}.epoch"), format::epoch(epoch))
}

fn at(epoch: f64) -> String {
    format!("at.{}", format::epoch(epoch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_the_turn_and_every_epoch_have_names() {
        let names = |epochs: &[f64]| {
            let named = named(epochs).into_iter();
            named
                .map(|(name, position)| format!("{name}={position}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(names(&[]), "");
        assert_eq!(names(&[0.0]), "first=0 last=0 at.0=0");
        assert_eq!(
            names(&[0.0, 0.2495, 256.0]),
            "first=0 last=2 turn=1 at.0=0 at.0.25=1 at.256=2"
        );
    }
}
