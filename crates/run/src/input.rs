//! What networks take in: batches of pictures, of tokenised texts, or of clouds of points.

use crate::experiment::Kind;

/// Values of one input, as far as they decide the shape of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputShape {
    /// Pictures `[channels, side, side]`.
    Pictures {
        /// 1 (grey) or 3 (red, green, blue).
        channels: usize,
        /// Pixels along one side.
        side: usize,
    },
    /// Word pieces.
    Tokens {
        /// Number of word pieces there are.
        vocabulary: usize,
    },
    /// Clouds `[points, 3]`.
    Clouds {
        /// Points of a cloud.
        points: usize,
    },
}

impl InputShape {
    /// What the inputs are.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Pictures { .. } => Kind::Pictures,
            Self::Tokens { .. } => Kind::Texts,
            Self::Clouds { .. } => Kind::Clouds,
        }
    }
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

/// A batch of inputs.
#[derive(Clone, Debug, PartialEq)]
pub enum Inputs {
    /// Pictures `[count, channels, side, side]`, 0 to 1.
    Pictures(Vec<f32>),
    /// Texts.
    Tokens(Tokens),
    /// Clouds.
    Clouds {
        /// `[count, points, 3]`.
        values: Vec<f32>,
        /// Points of a cloud.
        points: usize,
    },
}

impl Inputs {
    /// The pictures; none where it is another kind of inputs.
    #[must_use]
    pub fn pictures(&self) -> &[f32] {
        match self {
            Self::Pictures(pictures) => pictures,
            Self::Tokens(_) | Self::Clouds { .. } => &[],
        }
    }

    /// The texts, if it is texts.
    #[must_use]
    pub fn tokens(&self) -> Option<&Tokens> {
        match self {
            Self::Tokens(tokens) => Some(tokens),
            Self::Pictures(_) | Self::Clouds { .. } => None,
        }
    }

    /// The points of all clouds, x, y, z each; none where it is another kind of inputs.
    #[must_use]
    pub fn points(&self) -> &[f32] {
        match self {
            Self::Clouds { values, .. } => values,
            Self::Pictures(_) | Self::Tokens(_) => &[],
        }
    }
}
