//! Pictures in files of their own, decoded when they are needed.

use std::{
    fmt::Display,
    fs,
    io::{self, Cursor},
    path::{Path, PathBuf},
    sync::Arc,
};

use image::{
    DynamicImage, GenericImageView, GrayImage, ImageDecoder, ImageReader, RgbImage, imageops,
    metadata::Orientation,
};
use sha2::{Digest, Sha256};

use spindle_run::{foreign::instead, modality::Pictures, parallel};

use crate::{
    Error, Split,
    error::no_sample,
    kind::Digested,
    leavings::Leavings,
    picture_ends::is_whole,
    pictures::{PictureSet, PictureSource},
    scale::{FILTER, length},
};

/// Extensions of the pictures that can be decoded.
pub(super) const EXTENSIONS: [&str; 9] = [
    "png", "jpg", "jpeg", "bmp", "pnm", "pbm", "pgm", "ppm", "pam",
];

/// What of a picture is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crop {
    /// All of it, whatever its proportions.
    Whole,
    /// The largest square in its middle.
    Middle,
    /// A rectangle: left, top, width and height, in pixels.
    Rectangle([u32; 4]),
}

/// A picture that is there, before its file is looked into.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// Its path from the data folder on.
    pub(super) path: String,
    /// Its class.
    pub(super) label: u16,
    /// What of it is used.
    pub(super) crop: Crop,
}

/// A picture whose file was looked into.
#[derive(Clone, Debug)]
struct PictureFile {
    path: String,
    crop: Crop,
    /// Bytes of the file.
    size: u64,
    /// SHA-256 of the file.
    contents: [u8; 32],
    is_turned: bool,
}

/// A picture whose file was read.
struct Decoded {
    pixels: DynamicImage,
    /// Whether it was turned as people see it.
    is_turned: bool,
    /// Whether it has no colours.
    is_grey: bool,
}

/// What is kept of a file that was looked into.
struct Looked {
    size: u64,
    contents: [u8; 32],
    is_grey: bool,
    is_turned: bool,
}

/// Pictures of a split, checked.
#[derive(Debug)]
pub(super) struct Checked {
    root: PathBuf,
    labels: Vec<u16>,
    files: Vec<PictureFile>,
    /// Whether no picture has colours.
    pub(super) grey: bool,
}

/// Files of pictures.
#[derive(Debug)]
struct Files {
    root: PathBuf,
    files: Vec<PictureFile>,
    channels: usize,
}

/// Reads and decodes the files of all pictures once, so that a broken one is found before a training
/// begins.
///
/// # Errors
/// The first that cannot be read, where broken ones are not left out.
pub(super) fn check(
    root: &Path,
    listed: Vec<Listed>,
    leavings: &mut Leavings,
) -> Result<Checked, Error> {
    let looked = parallel::map(listed.len(), |index| {
        look(&root.join(&listed[index].path), listed[index].crop)
    });
    let mut checked = Checked {
        root: root.to_owned(),
        labels: Vec::new(),
        files: Vec::new(),
        grey: true,
    };
    let mut turned = Vec::new();
    for (Listed { path, label, crop }, looked) in listed.into_iter().zip(looked) {
        let Some(looked) = leavings.keep(looked)? else {
            continue;
        };
        if looked.is_turned {
            turned.push(path.clone());
        }
        checked.grey &= looked.is_grey;
        checked.labels.push(label);
        checked.files.push(PictureFile {
            path,
            crop,
            size: looked.size,
            contents: looked.contents,
            is_turned: looked.is_turned,
        });
    }
    if let Some(first) = turned.first() {
        leavings.tell(format!(
            "turned {} pictures as their cameras were held (orientation in EXIF), {first} for one",
            turned.len()
        ));
    }
    Ok(checked)
}

impl Checked {
    /// As a split of pictures of 1 or 3 channels.
    ///
    /// # Errors
    /// None that files can cause: there is a label for every one.
    pub(super) fn split(self, channels: usize) -> Result<Split<Pictures>, Error> {
        let files = Files {
            root: self.root,
            files: self.files,
            channels,
        };
        Split::new(self.labels, PictureSet::Streamed(Arc::new(files)))
    }
}

impl PictureSource for Files {
    fn count(&self) -> usize {
        self.files.len()
    }

    fn channels(&self) -> usize {
        self.channels
    }

    fn read(&self, position: usize, side: usize) -> Result<Vec<u8>, Error> {
        let Some(file) = self.files.get(position) else {
            return Err(no_sample("picture", position, self.files.len()));
        };
        let path = self.root.join(&file.path);
        let picture = decoded(&path, &bytes(&path)?, file.crop)?.pixels;
        let [x, y, width, height] = rectangle(&path, picture.dimensions(), file.crop)?;
        let picture = picture.crop_imm(x, y, width, height);
        Ok(planes(&picture, self.channels, length(side)?))
    }

    fn update(&self, hash: &mut Sha256, digested: Digested) {
        for file in &self.files {
            hash.update((file.path.len() as u64).to_le_bytes());
            hash.update(&file.path);
            match digested {
                Digested::Contents => hash.update(file.contents),
                Digested::Names => hash.update(file.size.to_le_bytes()),
            }
            // Versions that did not look at contents did not turn pictures either.
            if digested == Digested::Names && file.is_turned {
                hash.update("turned");
            }
            if let Crop::Rectangle(rectangle) = file.crop {
                for value in rectangle {
                    hash.update(value.to_le_bytes());
                }
            }
        }
    }
}

/// A picture scaled to `side` x `side`, `[channels, side, side]`.
fn planes(picture: &DynamicImage, channels: usize, side: u32) -> Vec<u8> {
    if channels == 1 {
        let grey: GrayImage = picture.to_luma8();
        return imageops::resize(&grey, side, side, FILTER).into_raw();
    }
    let colours: RgbImage = picture.to_rgb8();
    let pixels = imageops::resize(&colours, side, side, FILTER).into_raw();
    let plane = |channel| pixels.iter().skip(channel).step_by(3).copied();
    (0..3).flat_map(plane).collect()
}

/// What is known of a picture's file, if all of it can be used.
fn look(path: &Path, crop: Crop) -> Result<Looked, Error> {
    let bytes = bytes(path)?;
    let picture = decoded(path, &bytes, crop)?;
    rectangle(path, picture.pixels.dimensions(), crop)?;
    Ok(Looked {
        size: bytes.len() as u64,
        contents: Sha256::digest(&bytes).into(),
        is_grey: picture.is_grey,
        is_turned: picture.is_turned,
    })
}

/// A file's bytes; what is no regular file may never end.
fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let read = || -> io::Result<Vec<u8>> {
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        fs::read(path)
    };
    read().map_err(|error| broken(path, &error))
}

/// A picture as people see it: turned as its EXIF says. Boxes are counted on what is stored.
fn decoded(path: &Path, bytes: &[u8], crop: Crop) -> Result<Decoded, Error> {
    if let Some(what) = instead(bytes) {
        return Err(broken(path, &format!("it is {what}")));
    }
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let reader = reader.map_err(|error| broken(path, &error))?;
    let format = reader.format();
    let decode = || -> image::ImageResult<(DynamicImage, Orientation, bool)> {
        let mut decoder = reader.into_decoder()?;
        let orientation = decoder.orientation()?;
        let is_grey = !decoder.color_type().has_color();
        Ok((DynamicImage::from_decoder(decoder)?, orientation, is_grey))
    };
    let decoded = decode();
    if !is_whole(format, bytes) {
        return Err(broken(path, &"its end is missing, it is truncated"));
    }
    let (mut pixels, orientation, is_grey) = decoded.map_err(|error| broken(path, &error))?;
    let is_turned = orientation != Orientation::NoTransforms && !matches!(crop, Crop::Rectangle(_));
    if is_turned {
        pixels.apply_orientation(orientation);
    }
    Ok(Decoded {
        pixels,
        is_turned,
        is_grey,
    })
}

/// What of a picture of a size is used: left, top, width, height. Rectangles that reach beyond it
/// are cut.
fn rectangle(path: &Path, (width, height): (u32, u32), crop: Crop) -> Result<[u32; 4], Error> {
    let used = match crop {
        Crop::Whole => [0, 0, width, height],
        Crop::Middle => {
            let side = width.min(height);
            [(width - side) / 2, (height - side) / 2, side, side]
        }
        Crop::Rectangle([x, y, w, h]) => [
            x,
            y,
            w.min(width.saturating_sub(x)),
            h.min(height.saturating_sub(y)),
        ],
    };
    if used[2] == 0 || used[3] == 0 {
        let problem = format!("of its {width}x{height} pixels {crop:?} leaves nothing");
        return Err(broken(path, &problem));
    }
    Ok(used)
}

fn broken(path: &Path, problem: &dyn Display) -> Error {
    Error::File {
        file: path.display().to_string(),
        reason: problem.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(size: (u32, u32), crop: Crop) -> Option<[u32; 4]> {
        rectangle(Path::new("picture"), size, crop).ok()
    }

    #[test]
    fn crops_stay_within_the_picture() {
        assert_eq!(used((5, 3), Crop::Whole), Some([0, 0, 5, 3]));
        assert_eq!(used((5, 3), Crop::Middle), Some([1, 0, 3, 3]));
        let beyond = Crop::Rectangle([3, 1, 9, 9]);
        assert_eq!(used((5, 3), beyond), Some([3, 1, 2, 2]));
        assert_eq!(used((5, 3), Crop::Rectangle([5, 0, 2, 2])), None);
        assert_eq!(used((0, 3), Crop::Whole), None);
    }

    #[test]
    fn grey_pictures_become_three_equal_planes() {
        let grey = DynamicImage::ImageLuma8(GrayImage::from_pixel(4, 2, image::Luma([7])));
        assert_eq!(planes(&grey, 3, 2), [7; 12]);
        assert_eq!(planes(&grey, 1, 2), [7; 4]);
        let red = DynamicImage::ImageRgb8(RgbImage::from_pixel(2, 2, image::Rgb([9, 8, 1])));
        assert_eq!(planes(&red, 3, 1), [9, 8, 1]);
    }
}
