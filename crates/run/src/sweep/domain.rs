//! What a quantity can be. Student's t knows nothing of it: of three seeds, an interval of a share
//! reaches below 0, where no share is. It is cut there, and no less true for that.

/// From the smallest value of a quantity to the largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Domain {
    low: f64,
    high: f64,
}

impl Domain {
    /// Any number: differences, changes, margins.
    pub const ANY: Self = Self::new(f64::NEG_INFINITY, f64::INFINITY);
    /// 0 and above: losses, epochs.
    pub const POSITIVE: Self = Self::new(0.0, f64::INFINITY);
    /// From 0 to 1: shares, accuracies.
    pub const SHARE: Self = Self::new(0.0, 1.0);
    /// 1 and above: mean orders.
    pub const ORDER: Self = Self::new(1.0, f64::INFINITY);
    /// Up to 1: R².
    pub const EXPLAINED: Self = Self::new(f64::NEG_INFINITY, 1.0);

    const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// An interval without what lies outside.
    #[must_use]
    pub fn cut(self, ends: [f64; 2]) -> [f64; 2] {
        ends.map(|end| end.clamp(self.low, self.high))
    }
}

#[cfg(test)]
mod tests {
    use super::Domain;

    #[test]
    fn an_interval_is_cut_where_its_quantity_ends() {
        assert_eq!(Domain::SHARE.cut([-0.1, 1.2]), [0.0, 1.0]);
        assert_eq!(Domain::POSITIVE.cut([-0.1, 1.2]), [0.0, 1.2]);
        assert_eq!(Domain::ANY.cut([-0.1, 1.2]), [-0.1, 1.2]);
    }
}
