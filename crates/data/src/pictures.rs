//! Pictures as samples: held in memory, or read from their files when they are needed.

use std::{
    fmt::{self, Display, Formatter},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};
use spindle_run::{
    content::Picture,
    each::Each,
    experiment::Placement,
    input::{FeatureMap, PictureShape, PictureSize},
    modality::Pictures,
    player::{GRID, PatchMasks, check_patches, draw_patches},
    random::Stream,
    record::{Players, SampleRecord},
};

use crate::{
    AnyData, AnyEncoded, Choices, Data, DataKind, Description, Error, MeasuredSample, Parts,
    error::no_sample, kind::Digested,
};

/// Largest side of a picture that is laid into a frame of 32x32 instead of being scaled to it.
const FRAME: usize = 32;
/// Largest side of a picture that is kept for people to see.
const SHOWN_SIDE: usize = 96;

/// Square pictures of one size.
#[derive(Clone, Debug)]
pub enum PictureSet {
    /// In memory.
    Held {
        /// `[len, channels, side, side]`, row-major.
        pixels: Vec<u8>,
        /// 1 (grey) or 3 (red, green, blue).
        channels: usize,
        /// Pixels along one side.
        side: usize,
    },
    /// In files.
    Streamed(Arc<dyn PictureSource>),
}

/// Pictures that are read when they are needed.
pub trait PictureSource: Send + Sync + fmt::Debug {
    /// Number of pictures.
    fn count(&self) -> usize;

    /// 1 (grey) or 3 (red, green, blue).
    fn channels(&self) -> usize;

    /// The picture at `position`, scaled to `side` x `side` pixels, `[channels, side, side]`.
    ///
    /// # Errors
    /// A position beyond the pictures, or a file that cannot be read by now.
    fn read(&self, position: usize, side: usize) -> Result<Vec<u8>, Error>;

    /// Takes the files into a digest: their names, and what it is over.
    fn update(&self, hash: &mut Sha256, digested: Digested);
}

impl PictureSet {
    /// Number of pictures.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Held {
                pixels,
                channels,
                side,
            } => {
                let len = channels * side * side;
                pixels.len().checked_div(len).unwrap_or(0)
            }
            Self::Streamed(source) => source.count(),
        }
    }

    /// Whether there is no picture.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// 1 (grey) or 3 (red, green, blue).
    #[must_use]
    pub fn channels(&self) -> usize {
        match self {
            Self::Held { channels, .. } => *channels,
            Self::Streamed(source) => source.channels(),
        }
    }

    /// Pixels along one side, if they decide: pictures in files are scaled to what a network takes.
    #[must_use]
    pub fn side(&self) -> Option<usize> {
        match self {
            Self::Held { side, .. } => Some(*side),
            Self::Streamed(_) => None,
        }
    }

    /// The picture at `position` where pictures are held: `[channels, side, side]`.
    #[must_use]
    pub fn held(&self, position: usize) -> Option<&[u8]> {
        match self {
            Self::Held {
                pixels,
                channels,
                side,
            } => {
                let len = channels * side * side;
                let is_there = position < self.len();
                is_there.then(|| &pixels[position * len..(position + 1) * len])
            }
            Self::Streamed(_) => None,
        }
    }

    /// One picture of `side` x `side` pixels, `[channels, side, side]`; a small one in a border of
    /// zeros, others scaled.
    fn fitted(&self, position: usize, side: usize) -> Result<Vec<u8>, Error> {
        match self {
            Self::Held { side: own, .. } => {
                let picture = self.held(position);
                let picture = picture.ok_or_else(|| no_sample("picture", position, self.len()))?;
                if *own <= side && side == FRAME {
                    Ok(bordered(picture, *own, side))
                } else if *own == side {
                    Ok(picture.to_vec())
                } else {
                    scaled(picture, *own, side)
                }
            }
            Self::Streamed(source) => source.read(position, side),
        }
    }

    /// Side of a picture as people see it.
    fn shown_side(&self, is_framed: bool) -> usize {
        match self.side() {
            Some(side) if is_framed && side < FRAME => FRAME,
            Some(side) => side.min(SHOWN_SIDE),
            None => SHOWN_SIDE,
        }
    }
}

/// What pictures are, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "pictures")]
pub struct PictureDescription {
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Pixels along one side; none where pictures are scaled to what a network takes.
    pub side: Option<usize>,
}

impl Display for PictureDescription {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let colours = match self.channels {
            1 => "grey",
            _ => "colour",
        };
        match self.side {
            Some(side) => write!(f, "{colours} pictures of {side}x{side} pixels"),
            None => write!(
                f,
                "{colours} pictures in files, scaled to what a network takes"
            ),
        }
    }
}

/// A picture in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodedPicture {
    /// Pixels along one side, as people see it.
    pub side: usize,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// `[side, side, channels]`, as people see it, u8.
    pub pixels: ByteBuf,
    /// `[channels, side, side]`, as the network takes it, u8: shares of 255.
    pub input: ByteBuf,
}

/// A pixel as networks take it: over 255, no further normalisation.
fn share(pixel: u8) -> f32 {
    f32::from(pixel) / 255.0
}

/// The pixel that a network takes as this share, if there is one.
fn pixel(share: f32) -> Option<u8> {
    let pixel = (share * 255.0).round() as u8;
    (self::share(pixel) == share).then_some(pixel)
}

/// Whether a picture has as many pixels as its size says.
fn is_whole(picture: &Picture) -> bool {
    let len = picture.side.checked_mul(picture.side);
    let len = len.and_then(|area| area.checked_mul(picture.channels));
    len == Some(picture.pixels.len())
}

/// The error for pixels that are not of one picture.
fn no_picture(pixels: usize, side: usize, channels: usize) -> Error {
    Error::Data(format!(
        "{pixels} pixels are not a picture of {side}x{side} with {channels} channels"
    ))
}

impl MeasuredSample<Pictures> {
    /// A sample from a picture of which there is no data set, for a network that takes pictures of
    /// a shape.
    ///
    /// # Errors
    /// A picture that is not whole or has other channels, or that would have to be scaled in a
    /// build that cannot; players that it does not have.
    pub fn of_picture(
        record: SampleRecord,
        picture: Picture,
        shape: PictureShape,
    ) -> Result<Self, Error> {
        let channels = picture.channels;
        if channels == 0 || !is_whole(&picture) {
            return Err(no_picture(picture.pixels.len(), picture.side, channels));
        }
        let planes = (0..channels).flat_map(|channel| {
            let pixels = picture.pixels.iter().skip(channel);
            pixels.step_by(channels).copied()
        });
        let held = PictureSet::Held {
            pixels: planes.collect(),
            channels,
            side: picture.side,
        };
        let input = Pictures::batch(&held, &[0], shape)?;
        Self::new(record, picture, input, ())
    }
}

impl DataKind for Pictures {
    type Samples = PictureSet;
    /// Patches `[row, column]` on the 8x8 grid.
    type Players = Vec<[usize; 2]>;
    /// Patches lie where the feature map does.
    type Alignment = ();
    type Encoded = EncodedPicture;

    const PLAYERS: &'static str = "pictures have patches";

    fn count(samples: &PictureSet) -> usize {
        samples.len()
    }

    fn size(samples: &PictureSet) -> PictureSize {
        PictureSize {
            channels: samples.channels(),
            side: samples.side(),
        }
    }

    fn describe(samples: &PictureSet) -> Description {
        Description(Each::Pictures(PictureDescription {
            channels: samples.channels(),
            side: samples.side(),
        }))
    }

    fn digest(samples: &PictureSet, hash: &mut Sha256, digested: Digested) {
        match samples {
            PictureSet::Held { pixels, side, .. } => {
                hash.update((*side as u64).to_le_bytes());
                hash.update(pixels);
            }
            PictureSet::Streamed(source) => source.update(hash, digested),
        }
    }

    fn batch(
        samples: &PictureSet,
        positions: &[usize],
        PictureShape { channels, side }: PictureShape,
    ) -> Result<Vec<f32>, Error> {
        if channels != samples.channels() {
            return Err(Error::Data(format!(
                "pictures of {} channels do not go into a network for {channels}",
                samples.channels()
            )));
        }
        let each = spindle_run::parallel::map(positions.len(), |index| {
            samples.fitted(positions[index], side)
        });
        let mut values = Vec::with_capacity(positions.len() * channels * side * side);
        for picture in each {
            values.extend(picture?.into_iter().map(share));
        }
        Ok(values)
    }

    fn content(
        samples: &PictureSet,
        position: usize,
        map: FeatureMap,
        _: Choices,
    ) -> Result<(Picture, ()), Error> {
        let side = samples.shown_side(map.is_framed);
        let planes = samples.fitted(position, side)?;
        let (channels, area) = (samples.channels(), side * side);
        let pixels = (0..area)
            .flat_map(|pixel| planes.iter().skip(pixel).step_by(area).copied())
            .collect();
        let picture = Picture {
            side,
            channels,
            pixels,
        };
        Ok((picture, ()))
    }

    fn has_players(samples: &PictureSet, position: usize, players: usize) -> bool {
        position < samples.len() && players <= GRID * GRID
    }

    fn unmeasured(_: &PictureSet, _: usize) -> Option<String> {
        None
    }

    fn draw_players(
        _: &PictureSet,
        _: usize,
        players: usize,
        placement: Placement,
        choices: Choices,
    ) -> Result<Vec<[usize; 2]>, Error> {
        let mut rng = match placement {
            Placement::Shared => choices.shared(Stream::Players),
            Placement::PerSample => choices.of_its_own(Stream::Players),
        };
        Ok(draw_patches(players, &mut rng))
    }

    fn any_players(patches: Vec<[usize; 2]>) -> Players {
        Players::Patches(patches)
    }

    fn players(players: &Players) -> Option<Vec<[usize; 2]>> {
        match players {
            Players::Patches(patches) => Some(patches.clone()),
            _ => None,
        }
    }

    fn check_players(
        _: usize,
        patches: &Vec<[usize; 2]>,
        _: &Picture,
        (): &(),
    ) -> Result<(), Error> {
        Ok(check_patches([GRID; 2], patches)?)
    }

    fn masks(patches: &Vec<[usize; 2]>, _: &Picture, (): &(), map: FeatureMap) -> PatchMasks {
        PatchMasks::new(patches, map.side)
    }

    fn encode(picture: &Picture, input: &Vec<f32>, (): &()) -> Result<EncodedPicture, Error> {
        let input: Option<Vec<u8>> = input.iter().map(|&share| pixel(share)).collect();
        let input = input.ok_or_else(|| {
            Error::Data("what a network takes in of a picture are not shares of 255".to_owned())
        })?;
        Ok(EncodedPicture {
            side: picture.side,
            channels: picture.channels,
            pixels: ByteBuf::from(picture.pixels.clone()),
            input: ByteBuf::from(input),
        })
    }

    fn decode(encoded: EncodedPicture, shape: PictureShape) -> Result<Parts<Self>, Error> {
        let picture = Picture {
            side: encoded.side,
            channels: encoded.channels,
            pixels: encoded.pixels.into_vec(),
        };
        let PictureShape { channels, side } = shape;
        if encoded.input.len() != channels * side * side {
            return Err(no_picture(encoded.input.len(), side, channels));
        }
        if !is_whole(&picture) || picture.channels != channels {
            return Err(no_picture(picture.pixels.len(), picture.side, channels));
        }
        let input = encoded.input.iter().map(|&pixel| share(pixel)).collect();
        Ok((picture, input, ()))
    }

    fn any_encoded(encoded: EncodedPicture) -> AnyEncoded {
        Each::Pictures(encoded)
    }

    fn encoded(encoded: AnyEncoded) -> Option<EncodedPicture> {
        match encoded {
            Each::Pictures(encoded) => Some(encoded),
            _ => None,
        }
    }

    fn any_data(data: Data<Self>) -> AnyData {
        Each::Pictures(data)
    }
}

/// A picture in the middle of a frame of zeros.
fn bordered(picture: &[u8], own: usize, side: usize) -> Vec<u8> {
    let border = (side - own) / 2;
    let channels = picture.len() / (own * own);
    let mut framed = vec![0; channels * side * side];
    let planes = framed.chunks_exact_mut(side * side);
    for (plane, picture) in planes.zip(picture.chunks_exact(own * own)) {
        for (row, pixels) in picture.chunks_exact(own).enumerate() {
            let start = (row + border) * side + border;
            plane[start..start + own].copy_from_slice(pixels);
        }
    }
    framed
}

/// A picture scaled to another size.
#[cfg(feature = "files")]
fn scaled(picture: &[u8], own: usize, side: usize) -> Result<Vec<u8>, Error> {
    super::scale::planes(picture, own, side)
}

/// A picture scaled to another size.
#[cfg(not(feature = "files"))]
fn scaled(_picture: &[u8], own: usize, side: usize) -> Result<Vec<u8>, Error> {
    Err(Error::Data(format!(
        "this build of Spindle cannot scale pictures of {own}x{own} pixels to {side}x{side}"
    )))
}
