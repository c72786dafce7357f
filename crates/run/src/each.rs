//! A part of one of the kinds of data, where the kind is known only when a file or a message is read.

use serde::{Deserialize, Serialize};

use crate::{Error, experiment::Kind};

/// Something of one of the kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Each<P, T, C> {
    /// Of pictures.
    Pictures(P),
    /// Of texts.
    Texts(T),
    /// Of clouds.
    Clouds(C),
}

/// Two things of one kind.
pub type Zipped<P, T, C, P2, T2, C2> = Each<(P, P2), (T, T2), (C, C2)>;

impl<P, T, C> Each<P, T, C> {
    /// Of which kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Pictures(_) => Kind::Pictures,
            Self::Texts(_) => Kind::Texts,
            Self::Clouds(_) => Kind::Clouds,
        }
    }

    /// The same, borrowed.
    pub const fn as_ref(&self) -> Each<&P, &T, &C> {
        match self {
            Self::Pictures(part) => Each::Pictures(part),
            Self::Texts(part) => Each::Texts(part),
            Self::Clouds(part) => Each::Clouds(part),
        }
    }

    /// The same, borrowed to be changed.
    pub const fn as_mut(&mut self) -> Each<&mut P, &mut T, &mut C> {
        match self {
            Self::Pictures(part) => Each::Pictures(part),
            Self::Texts(part) => Each::Texts(part),
            Self::Clouds(part) => Each::Clouds(part),
        }
    }

    /// Two parts of one kind, together.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for parts of different kinds; `what` names the second one.
    pub fn zip<P2, T2, C2>(
        self,
        what: &'static str,
        other: Each<P2, T2, C2>,
    ) -> Result<Zipped<P, T, C, P2, T2, C2>, Error> {
        let (expected, found) = (self.kind(), other.kind());
        match (self, other) {
            (Self::Pictures(one), Each::Pictures(two)) => Ok(Each::Pictures((one, two))),
            (Self::Texts(one), Each::Texts(two)) => Ok(Each::Texts((one, two))),
            (Self::Clouds(one), Each::Clouds(two)) => Ok(Each::Clouds((one, two))),
            _ => Err(Error::Mismatch {
                what,
                found: format!("of {}", found.name()),
                expected: format!("one of {}", expected.name()),
            }),
        }
    }
}

/// What an expression says of an [`Each`], whichever kind it is of: the expression is compiled for
/// every kind, and must be of one type.
///
/// ```
/// use spindle_run::{each, each::Each};
///
/// let one: Each<Vec<u8>, &str, [f32; 3]> = Each::Texts("four");
/// assert_eq!(each!(one, part => part.len()), 4);
/// ```
#[macro_export]
macro_rules! each {
    ($any:expr, $part:pat => $said:expr) => {
        match $any {
            $crate::each::Each::Pictures($part) => $said,
            $crate::each::Each::Texts($part) => $said,
            $crate::each::Each::Clouds($part) => $said,
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    type Numbers = Each<u8, u16, u32>;

    #[test]
    fn parts_of_one_kind_go_together_and_others_are_told_apart() {
        let (two, three) = (Numbers::Texts(2), Numbers::Texts(3));
        let zipped = two.zip("the other number", three);
        assert!(zipped.is_ok_and(|both| both == Each::Texts((2, 3))));
        let error = two.zip("the other number", Numbers::Clouds(1));
        let error = error.map_err(|error| error.to_string());
        assert_eq!(
            error.unwrap_err(),
            "the other number is of point clouds, expected one of texts"
        );
    }
}
