//! Pictures in files of their own, decoded when they are needed.

use std::{
    fmt::Display,
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use image::{
    DynamicImage, GenericImageView, GrayImage, ImageDecoder, ImageFormat, ImageReader, RgbImage,
    imageops,
};
use sha2::{Digest, Sha256};

use spindle_run::{modality::Pictures, parallel};

use crate::{
    Error, Split,
    error::no_sample,
    leavings::Leavings,
    pictures::{PictureSet, PictureSource},
    scale::{FILTER, length},
};

/// Extensions of the pictures that can be decoded.
pub(super) const EXTENSIONS: [&str; 9] = [
    "png", "jpg", "jpeg", "bmp", "pnm", "pbm", "pgm", "ppm", "pam",
];

/// Bytes at a file's end in which its format's last marker is looked for: some programs write more
/// behind it.
const TAIL: u64 = 4096;

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
}

/// What a file's header says.
struct Header {
    size: u64,
    grey: bool,
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

/// Looks into the files of all pictures: their headers, and whether they are whole.
///
/// # Errors
/// The first that cannot be read, where broken ones are not left out.
pub(super) fn check(
    root: &Path,
    listed: Vec<Listed>,
    leavings: &mut Leavings,
) -> Result<Checked, Error> {
    let headers = parallel::map(listed.len(), |index| {
        header(&root.join(&listed[index].path), listed[index].crop)
    });
    let mut checked = Checked {
        root: root.to_owned(),
        labels: Vec::new(),
        files: Vec::new(),
        grey: true,
    };
    for (Listed { path, label, crop }, header) in listed.into_iter().zip(headers) {
        if let Some(Header { size, grey }) = leavings.keep(header)? {
            checked.grey &= grey;
            checked.labels.push(label);
            checked.files.push(PictureFile { path, crop, size });
        }
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
        let picture = open(&path)?.decode();
        let picture = picture.map_err(|error| broken(&path, &error))?;
        let [x, y, width, height] = rectangle(&path, picture.dimensions(), file.crop)?;
        let picture = picture.crop_imm(x, y, width, height);
        Ok(planes(&picture, self.channels, length(side)?))
    }

    fn update(&self, hash: &mut Sha256) {
        for file in &self.files {
            hash.update((file.path.len() as u64).to_le_bytes());
            hash.update(&file.path);
            hash.update(file.size.to_le_bytes());
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

/// What a file's header says, if the file is whole.
fn header(path: &Path, crop: Crop) -> Result<Header, Error> {
    let mut file = File::open(path).map_err(|error| broken(path, &error))?;
    let size = file.metadata().map_err(|error| broken(path, &error))?.len();
    let reader = open(path)?;
    let format = reader.format();
    let decoder = reader
        .into_decoder()
        .map_err(|error| broken(path, &error))?;
    rectangle(path, decoder.dimensions(), crop)?;
    let end = tail(&mut file, size).map_err(|error| broken(path, &error))?;
    if !is_whole(format, &end) {
        return Err(broken(path, &"its end is missing, it is truncated"));
    }
    Ok(Header {
        size,
        grey: !decoder.color_type().has_color(),
    })
}

fn open(path: &Path) -> Result<ImageReader<BufReader<File>>, Error> {
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    reader.map_err(|error| broken(path, &error))
}

/// The last bytes of a file.
fn tail(file: &mut File, size: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL)))?;
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether the format's last marker is there. The decoder of JPEGs fills up what is missing with
/// grey, so that nobody would know.
fn is_whole(format: Option<ImageFormat>, end: &[u8]) -> bool {
    let marker: &[u8] = match format {
        Some(ImageFormat::Jpeg) => &[0xff, 0xd9],
        Some(ImageFormat::Png) => b"IEND",
        _ => return true,
    };
    end.windows(marker.len()).any(|bytes| bytes == marker)
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
