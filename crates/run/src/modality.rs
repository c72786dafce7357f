//! Kinds of data: pictures, texts and clouds of points.
//!
//! A kind is a type that implements [`Modality`], and what is written for one kind cannot be given
//! another's parts. Where a kind is known only when a file or a message is read, its part is an
//! [`Each`]: the one door, at which parts of different kinds are an error ([`Each::zip`]).

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::{
    Error,
    content::{Cloud, Picture, Text},
    experiment::Kind,
    input::{CloudShape, FeatureMap, PictureShape, PictureSize, Points, TextShape, Tokens},
    player::{ClusterMasks, PatchMasks, WordMasks},
};

/// A kind of data: what a sample is, what a network takes in, and what players and their masks are.
pub trait Modality: Copy + Debug + Eq + Send + Sync + 'static {
    /// The kind.
    const KIND: Kind;
    /// What of samples decides the shape of a network; the network may decide the rest of it.
    type Size: Copy + Debug + Eq + Send + Sync;
    /// What of an input decides the shape of a network.
    type Shape: Copy + Debug + Eq + Send + Sync;
    /// What of a network decides what is masked where a player is absent.
    type MaskShape: Copy + Debug + Eq + Send + Sync;
    /// What a network takes in: some inputs of one shape.
    type Batch: Clone + Debug + PartialEq + Send + Sync;
    /// All 2^n masks of a sample's players.
    type Masks: Clone + Debug + PartialEq + Send + Sync;
    /// What people see of a sample.
    type Content: Clone + Debug + PartialEq + Send + Sync;

    /// The shape as it is in messages.
    fn any_shape(shape: Self::Shape) -> InputShape;

    /// A content as it is in files and messages.
    fn any_content(content: Self::Content) -> Content;

    /// How many masks there are, 2^n.
    fn mask_count(masks: &Self::Masks) -> usize;
}

/// Pictures; players are patches of a feature map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {}

/// Texts; players are words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {}

/// Clouds of points; players are clusters of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clouds {}

impl Modality for Pictures {
    const KIND: Kind = Kind::Pictures;
    type Size = PictureSize;
    type Shape = PictureShape;
    type MaskShape = FeatureMap;
    /// `[count, channels, side, side]`, 0 to 1.
    type Batch = Vec<f32>;
    type Masks = PatchMasks;
    type Content = Picture;

    fn any_shape(shape: PictureShape) -> InputShape {
        Each::Pictures(shape)
    }

    fn any_content(content: Picture) -> Content {
        Each::Pictures(content)
    }

    fn mask_count(masks: &PatchMasks) -> usize {
        masks.count()
    }
}

impl Modality for Texts {
    const KIND: Kind = Kind::Texts;
    type Size = TextShape;
    type Shape = TextShape;
    type MaskShape = ();
    type Batch = Tokens;
    type Masks = WordMasks;
    type Content = Text;

    fn any_shape(shape: TextShape) -> InputShape {
        Each::Texts(shape)
    }

    fn any_content(content: Text) -> Content {
        Each::Texts(content)
    }

    fn mask_count(masks: &WordMasks) -> usize {
        masks.count()
    }
}

impl Modality for Clouds {
    const KIND: Kind = Kind::Clouds;
    type Size = CloudShape;
    type Shape = CloudShape;
    type MaskShape = ();
    type Batch = Points;
    type Masks = ClusterMasks;
    type Content = Cloud;

    fn any_shape(shape: CloudShape) -> InputShape {
        Each::Clouds(shape)
    }

    fn any_content(content: Cloud) -> Content {
        Each::Clouds(content)
    }

    fn mask_count(masks: &ClusterMasks) -> usize {
        masks.count()
    }
}

/// What of a network decides how samples are prepared for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkShape<M: Modality> {
    /// The shape of its inputs.
    pub input: M::Shape,
    /// What is masked where a player is absent.
    pub masked: M::MaskShape,
}

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
/// The shape of some inputs.
pub type InputShape = Each<PictureShape, TextShape, CloudShape>;
/// Some inputs.
pub type Inputs = Each<Vec<f32>, Tokens, Points>;
/// All masks of a sample's players.
pub type Masks = Each<PatchMasks, WordMasks, ClusterMasks>;
/// What one sample looks like.
pub type Content = Each<Picture, Text, Cloud>;

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
/// use spindle_run::{each, modality::Each};
///
/// let one: Each<Vec<u8>, &str, [f32; 3]> = Each::Texts("four");
/// assert_eq!(each!(one, part => part.len()), 4);
/// ```
#[macro_export]
macro_rules! each {
    ($any:expr, $part:pat => $said:expr) => {
        match $any {
            $crate::modality::Each::Pictures($part) => $said,
            $crate::modality::Each::Texts($part) => $said,
            $crate::modality::Each::Clouds($part) => $said,
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
