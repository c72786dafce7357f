//! Scaling of pictures.

use image::{GrayImage, imageops};

use crate::Error;

/// The filter that pictures are scaled by: linear, over all pixels that fall on one where pictures
/// become smaller.
pub(super) const FILTER: imageops::FilterType = imageops::FilterType::Triangle;

/// A picture `[channels, own, own]` scaled to `[channels, side, side]`.
///
/// # Errors
/// Pixels that are not of whole planes.
pub(super) fn planes(picture: &[u8], own: usize, side: usize) -> Result<Vec<u8>, Error> {
    let [from, to] = [length(own)?, length(side)?];
    let planes = picture.chunks(own * own).map(|plane| {
        let plane = GrayImage::from_raw(from, from, plane.to_vec());
        let plane = plane.ok_or_else(|| {
            Error::Data(format!(
                "a picture of {} bytes is not made of planes of {own}x{own}",
                picture.len()
            ))
        })?;
        Ok(imageops::resize(&plane, to, to, FILTER).into_raw())
    });
    Ok(planes.collect::<Result<Vec<_>, Error>>()?.concat())
}

/// A side as the decoder counts it, at least 1.
pub(super) fn length(side: usize) -> Result<u32, Error> {
    match u32::try_from(side) {
        Ok(length) if length > 0 => Ok(length),
        _ => Err(Error::Data(format!(
            "pictures cannot have {side} pixels along a side"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_keep_their_shades_and_their_order() -> Result<(), Error> {
        let picture = [[10; 16], [200; 16], [0; 16]].concat();
        for side in [2, 4, 9] {
            let scaled = planes(&picture, 4, side)?;
            let area = side * side;
            assert_eq!(
                scaled,
                [vec![10; area], vec![200; area], vec![0; area]].concat()
            );
        }
        Ok(())
    }

    #[test]
    fn halves_are_means() -> Result<(), Error> {
        // Left half black, right half white: a quarter of the size keeps the edge in the middle.
        let row = [0, 0, 0, 0, 255, 255, 255, 255];
        let scaled = planes(&row.repeat(8), 8, 2)?;
        assert!(scaled[0] < 40 && scaled[1] > 215, "{scaled:?}");
        assert_eq!(scaled[0] + scaled[1], 255);
        Ok(())
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert!(planes(&[1, 2, 3], 2, 4).is_err());
        assert!(planes(&[1; 4], 2, 0).is_err());
        assert_eq!(planes(&[], 2, 4).ok(), Some(Vec::new()));
    }
}
