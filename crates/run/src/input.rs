//! What networks take in: pictures, tokenised texts, clouds of points; shapes and batches.

use serde::{Deserialize, Serialize};

/// The shape of pictures, `[channels, side, side]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PictureShape {
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Pixels along one side.
    pub side: usize,
}

/// What pictures themselves decide of their shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureSize {
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Pixels along one side; none where pictures are scaled to what a network takes.
    pub side: Option<usize>,
}

/// The feature map, or the picture itself, whose patches are a picture's players.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureMap {
    /// Pixels along one side of the map.
    pub side: usize,
    /// Whether it lies over the frame of a small picture too, as where filters are padded. Filters
    /// as wide as the frame leave the picture itself.
    pub is_framed: bool,
}

/// What of texts decides the shape of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TextShape {
    /// Number of word pieces there are.
    pub vocabulary: usize,
}

/// The shape of clouds, `[points, 3]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CloudShape {
    /// Points of a cloud.
    pub points: usize,
}

/// Tokenised texts of a batch, filled up to one length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Word pieces `[count, length]`; 0, the padding's number, behind a text's end.
    pub ids: Vec<u32>,
    /// Whether a piece is of the second text of a pair, 0 or 1, `[count, length]`.
    pub types: Vec<u8>,
    /// Pieces of each text.
    pub lengths: Vec<usize>,
    /// Pieces of the longest text.
    pub length: usize,
}

impl Tokens {
    /// Texts given by their pieces and types, filled up to the length of the longest.
    pub fn new<'a>(texts: impl ExactSizeIterator<Item = (&'a [u32], &'a [u8])> + Clone) -> Self {
        let length = texts.clone().map(|(ids, _)| ids.len()).max().unwrap_or(0);
        let mut tokens = Self {
            length,
            ..Self::default()
        };
        for (ids, types) in texts {
            let padding = length - ids.len();
            tokens.ids.extend(ids);
            tokens.ids.extend(std::iter::repeat_n(0, padding));
            tokens.types.extend(types);
            tokens.types.extend(std::iter::repeat_n(0, padding));
            tokens.lengths.push(ids.len());
        }
        tokens
    }
}

/// Clouds of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// `[count, points, 3]`.
    pub values: Vec<f32>,
    /// Points of a cloud.
    pub points: usize,
}
