//! Whether the file of a picture goes on to its format's last marker. The decoder of JPEGs fills up
//! what is missing with grey, so that nobody would know.

use image::ImageFormat;

/// The marker that a JPEG ends with.
const END_OF_IMAGE: u8 = 0xd9;
/// The marker before the pixels of a scan.
const START_OF_SCAN: u8 = 0xda;

/// Whether the last marker is there. What programs write behind it is no part of the picture:
/// telephones put a film there.
pub(super) fn is_whole(format: Option<ImageFormat>, bytes: &[u8]) -> bool {
    match format {
        Some(ImageFormat::Jpeg) => jpeg_ends(bytes),
        Some(ImageFormat::Png) => png_ends(bytes),
        _ => true,
    }
}

/// Goes from segment to segment, since a preview within one has an end of its own.
fn jpeg_ends(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[marker, code]) = bytes.get(at..at + 2).and_then(|two| two.first_chunk()) {
        at = match (marker, code) {
            // Filling, or what follows a scan.
            (0xff, 0xff) => at + 1,
            (0xff, END_OF_IMAGE) => return true,
            // Markers without a segment.
            (0xff, 0x01 | 0xd0..=0xd8) => at + 2,
            (0xff, _) => {
                let Some(length) = bytes.get(at + 2..at + 4) else {
                    return false;
                };
                let end = at + 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
                match code {
                    START_OF_SCAN => after_scan(bytes, end),
                    _ => end,
                }
            }
            // Not where a marker should be; decoders look for the next one.
            _ => at + 1,
        };
    }
    false
}

/// Where the pixels that begin at `start` end: at a marker that is no restart and no stuffing.
fn after_scan(bytes: &[u8], start: usize) -> usize {
    let scan = bytes.get(start..).unwrap_or_default().windows(2);
    let marker = |two: &[u8]| two[0] == 0xff && !matches!(two[1], 0x00 | 0xd0..=0xd7 | 0xff);
    let found = scan.enumerate().find(|(_, two)| marker(two));
    found.map_or(bytes.len(), |(offset, _)| start + offset)
}

/// Goes from chunk to chunk.
fn png_ends(bytes: &[u8]) -> bool {
    let mut at = 8;
    while let Some(header) = bytes
        .get(at..at + 8)
        .and_then(|eight| eight.first_chunk::<8>())
    {
        let [a, b, c, d, name @ ..] = *header;
        if name == *b"IEND" {
            return true;
        }
        // Length, name and checksum, and the contents.
        let next = at.checked_add(12 + u32::from_be_bytes([a, b, c, d]) as usize);
        let Some(next) = next else {
            return false;
        };
        at = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, RgbImage};

    use super::*;

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let noise = |x: u32, y: u32| (x * 31 + y * 17 + x * y * 7) as u8;
        let picture = RgbImage::from_fn(16, 16, |x, y| image::Rgb([noise(x, y), noise(y, x), 255]));
        let mut bytes = Cursor::new(Vec::new());
        let picture = DynamicImage::ImageRgb8(picture);
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_picture_is_whole_with_its_last_marker_whatever_follows() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let whole = encoded(format);
            let longer = [&whole[..], &[7; 10_000]].concat();
            assert!(is_whole(Some(format), &whole) && is_whole(Some(format), &longer));
            for end in [0, 1, 3, 9, whole.len() / 2, whole.len() - 9] {
                assert!(!is_whole(Some(format), &whole[..end]), "{format:?} {end}");
            }
        }
    }

    #[test]
    fn the_end_of_a_preview_is_not_that_of_the_picture() {
        let picture = encoded(ImageFormat::Jpeg);
        let preview = [
            &[0xff, 0xe1][..],
            &(picture.len() as u16 + 2).to_be_bytes(),
            &picture,
        ]
        .concat();
        let whole = [&picture[..2], &preview, &picture[2..]].concat();
        assert!(is_whole(Some(ImageFormat::Jpeg), &whole));
        assert!(!is_whole(
            Some(ImageFormat::Jpeg),
            &whole[..whole.len() - 20]
        ));
    }
}
