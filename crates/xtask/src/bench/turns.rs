//! Ours and peers taking turns: what slows the machine down for a while slows both.

use serde_json::Value;

/// Rounds in which all take turns.
pub(crate) const ROUNDS: usize = 3;

/// What one of them told in all rounds.
#[derive(Default)]
pub(crate) struct Turns(Vec<Value>);

/// Lets all take turns; each is told the round, from 0.
pub(crate) fn take<const N: usize>(
    mut all: [&mut dyn FnMut(usize) -> anyhow::Result<Value>; N],
) -> anyhow::Result<[Turns; N]> {
    let mut turns = [const { Turns(Vec::new()) }; N];
    for round in 0..ROUNDS {
        for (one, turns) in all.iter_mut().zip(&mut turns) {
            turns.0.push(one(round)?);
        }
    }
    Ok(turns)
}

impl Turns {
    /// Every round's value at a JSON pointer, where it is there.
    pub(crate) fn all(&self, pointer: &str) -> Vec<f64> {
        let values = self.0.iter();
        values
            .filter_map(|turn| turn.pointer(pointer)?.as_f64())
            .collect()
    }

    /// The median of the values at a JSON pointer; not finite where there is none.
    pub(crate) fn median(&self, pointer: &str) -> f64 {
        median(self.all(pointer))
    }

    /// The last round's text at a JSON pointer.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        let last = self
            .0
            .last()
            .and_then(|turn| turn.pointer(pointer)?.as_str());
        last.unwrap_or_default()
    }

    /// The last round.
    pub(crate) fn last(&self) -> &Value {
        self.0.last().unwrap_or(&Value::Null)
    }
}

/// The value in the middle, the upper one of two; not finite where there is none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn turns_alternate_and_a_missing_peer_is_no_number() -> anyhow::Result<()> {
        let order = std::cell::RefCell::new(String::new());
        let [ours, theirs] = take([
            &mut |round| {
                order.borrow_mut().push('a');
                let rates = [9.0, 1.0, 4.0];
                Ok(json!({"rate": rates[round]}))
            },
            &mut |_| {
                order.borrow_mut().push('b');
                Ok(Value::Null)
            },
        ])?;
        assert_eq!(*order.borrow(), "ababab");
        assert_eq!(ours.median("/rate"), 4.0);
        assert!(theirs.median("/rate").is_nan());
        Ok(())
    }
}
