//! Pictures as samples: held in memory, or read from their files when they are needed.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use spindle_run::content::Picture;

use crate::Error;

/// Largest side of a picture that is laid into a frame of 32x32 instead of being scaled to it.
const FRAME: usize = 32;

/// Square pictures of one size.
#[derive(Clone, Debug)]
pub enum Pictures {
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
pub trait PictureSource: Send + Sync + std::fmt::Debug {
    /// 1 (grey) or 3 (red, green, blue).
    fn channels(&self) -> usize;

    /// The picture at `position`, scaled to `side` x `side` pixels, `[channels, side, side]`.
    ///
    /// # Errors
    /// A file that cannot be read by now.
    fn read(&self, position: usize, side: usize) -> Result<Vec<u8>, Error>;

    /// Takes names and sizes of the files into a digest.
    fn update(&self, hash: &mut Sha256);
}

impl Pictures {
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

    /// The picture at `position` where it is held: `[channels, side, side]`.
    #[must_use]
    pub fn held(&self, position: usize) -> Option<&[u8]> {
        match self {
            Self::Held {
                pixels,
                channels,
                side,
            } => {
                let len = channels * side * side;
                pixels.get(position * len..(position + 1) * len)
            }
            Self::Streamed(_) => None,
        }
    }

    /// Pictures as a network takes them, `[positions, channels, side, side]`: over 255, no further normalisation; small ones in a border
    /// of zeros, others scaled.
    ///
    /// # Errors
    /// A file that cannot be read by now.
    pub fn values(&self, positions: &[usize], side: usize) -> Result<Vec<f32>, Error> {
        let each = spindle_run::parallel::map(positions.len(), |index| {
            self.framed(positions[index], side)
        });
        let mut values = Vec::with_capacity(positions.len() * self.channels() * side * side);
        for picture in each {
            values.extend(picture?.into_iter().map(|pixel| f32::from(pixel) / 255.0));
        }
        Ok(values)
    }

    /// One picture of `side` x `side` pixels, `[channels, side, side]`.
    fn framed(&self, position: usize, side: usize) -> Result<Vec<u8>, Error> {
        match self {
            Self::Held { side: own, .. } => {
                let picture = self.held(position).unwrap_or_default();
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

    /// The picture at `position` as people see it, no larger than `most` x `most` pixels; a small one with its border of zeros if it is
    /// to be `framed`.
    ///
    /// # Errors
    /// A file that cannot be read by now.
    pub fn content(&self, position: usize, most: usize, framed: bool) -> Result<Picture, Error> {
        let (planes, side) = match self {
            Self::Held { side, .. } if framed && *side < FRAME => {
                (self.framed(position, FRAME)?, FRAME)
            }
            Self::Held { side, .. } if *side <= most => {
                (self.held(position).unwrap_or_default().to_vec(), *side)
            }
            _ => (self.framed(position, most)?, most),
        };
        let (channels, area) = (self.channels(), side * side);
        let pixels = (0..area)
            .flat_map(|pixel| planes.iter().skip(pixel).step_by(area).copied())
            .collect();
        Ok(Picture {
            side,
            channels,
            pixels,
        })
    }

    pub(super) fn update(&self, hash: &mut Sha256) {
        match self {
            Self::Held { pixels, side, .. } => {
                hash.update((*side as u64).to_le_bytes());
                hash.update(pixels);
            }
            Self::Streamed(source) => source.update(hash),
        }
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
