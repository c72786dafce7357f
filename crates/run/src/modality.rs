//! Kinds of data: pictures, texts and clouds of points.
//!
//! A kind is a type that implements [`Modality`], and what is written for one kind cannot be given
//! another's parts. Where a kind is known only when a file or a message is read, its part is an
//! [`Each`]: the one door, at which parts of different kinds are an error ([`Each::zip`]).

use std::fmt::Debug;

use crate::{
    content::{Cloud, Content, Picture, Text},
    each::Each,
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

/// The shape of some inputs.
pub type InputShape = Each<PictureShape, TextShape, CloudShape>;
/// Some inputs.
pub type Inputs = Each<Vec<f32>, Tokens, Points>;
