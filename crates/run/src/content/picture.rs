//! Pictures as people see them.

use super::Stack;
use crate::{
    Error,
    archive::{Description, Reader, Writer},
};

/// A square picture, one byte a channel, 0 is black.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels along one side.
    pub side: usize,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// `[side, side, channels]`, row-major.
    pub pixels: Vec<u8>,
}

/// Pictures of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureStack {
    side: usize,
    channels: usize,
    /// `[pictures, side, side, channels]`, row-major.
    pixels: Vec<u8>,
}

impl PictureStack {
    /// Pictures one behind another, `[pictures, side, side, channels]`, row-major.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for pixels that are not of whole pictures.
    pub fn new(side: usize, channels: usize, pixels: Vec<u8>) -> Result<Self, Error> {
        // A file may say any size of no pictures.
        let area = side.checked_mul(side);
        let whole = match area.and_then(|area| area.checked_mul(channels)) {
            Some(0) => pixels.is_empty(),
            Some(len) => pixels.len().is_multiple_of(len),
            None => false,
        };
        if whole {
            return Ok(Self {
                side,
                channels,
                pixels,
            });
        }
        Err(Error::Mismatch {
            what: "number of pixels",
            found: pixels.len().to_string(),
            expected: format!("whole pictures of {side}x{side} with {channels} channels"),
        })
    }

    /// Pixels along one side of a picture.
    #[must_use]
    pub fn side(&self) -> usize {
        self.side
    }

    /// 1 (grey) or 3 (red, green, blue).
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// `[pictures, side, side, channels]`, row-major.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }
}

impl Stack for PictureStack {
    type Item = Picture;
    const PART: &str = "pictures.safetensors";

    fn beginning(first: &Picture) -> Self {
        Self {
            side: first.side,
            channels: first.channels,
            pixels: Vec::new(),
        }
    }

    fn push(&mut self, picture: &Picture) -> Result<(), Error> {
        let size = [picture.side, picture.channels, picture.pixels.len()];
        let len = self.side * self.side * self.channels;
        if size != [self.side, self.channels, len] {
            return Err(super::other_size());
        }
        self.pixels.extend(&picture.pixels);
        Ok(())
    }

    fn len(&self) -> usize {
        let len = self.side * self.side * self.channels;
        self.pixels.len().checked_div(len).unwrap_or(0)
    }

    fn get(&self, sample: usize) -> Option<Picture> {
        let len = self.side * self.side * self.channels;
        (sample < self.len()).then(|| Picture {
            side: self.side,
            channels: self.channels,
            pixels: self.pixels[sample * len..(sample + 1) * len].to_vec(),
        })
    }

    fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut shape = vec![self.len(), self.side, self.side];
        if self.channels > 1 {
            shape.push(self.channels);
        }
        let writer = Writer::new().array("pictures", &shape, self.pixels.iter().copied())?;
        writer.finish(Description::new("pictures"))
    }

    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let reader = Reader::of_kind(bytes, "pictures")?;
        let shape = reader.shape("pictures")?;
        let (side, channels) = match shape[..] {
            [_, side, width] if side == width => (side, 1),
            [_, side, width, channels] if side == width => (side, channels),
            _ => {
                return Err(Error::Array {
                    array: "pictures".into(),
                    found: format!("{shape:?}"),
                    expected: "[samples, side, side] or [samples, side, side, channels]".into(),
                });
            }
        };
        Self::new(side, channels, reader.values("pictures")?)
    }
}
