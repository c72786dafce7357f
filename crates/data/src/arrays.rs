//! Arrays of one's own: samples `x` and their classes `y`, as `safetensors` or as NumPy's `.npz`.

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use spindle_run::{
    Experiment, each,
    each::Each,
    half,
    modality::{Clouds, Pictures, Texts},
};

use crate::{
    AnyData, Data, DataKind, Error, Labels, Split,
    array::{Array, Values},
    clouds::CloudSet,
    folder::Folder,
    leavings::Leavings,
    npz,
    pictures::PictureSet,
    points,
};

/// Samples of the kind that an array holds.
type AnySplit = Each<Split<Pictures>, Split<Texts>, Split<Clouds>>;

/// Reads both files.
///
/// # Errors
/// Arrays that are missing, of another type or shape, or that do not agree.
pub(super) fn load(
    experiment: &Experiment,
    folder: &Folder,
    [train, test]: [&str; 2],
) -> Result<AnyData, Error> {
    let mut leavings = Leavings::new(experiment.training.skip_broken);
    let train_samples = split(experiment, folder, train, 0, &mut leavings)?;
    let first = each!(&train_samples, split => split.len());
    let test_samples = split(experiment, folder, test, first, &mut leavings)?;
    let differ = |what| broken(folder, test, format!("{what} as in {train}"));
    let Ok(both) = train_samples.zip("the test set", test_samples) else {
        return Err(differ("it does not hold the same kind of samples"));
    };
    if let Each::Pictures((train, test)) = &both
        && Pictures::size(train.samples()) != Pictures::size(test.samples())
    {
        let what = "its pictures are not of the same size and channels";
        return Err(differ(what));
    }
    let source = format!("own data, {train} and {test}");
    each!(both, (train, test) => Ok(data(train, test, source, leavings)))
}

/// Both splits together; classes are numbers.
fn data<M: DataKind>(
    train: Split<M>,
    test: Split<M>,
    source: String,
    leavings: Leavings,
) -> AnyData {
    let labels = train.labels().iter().chain(test.labels().iter());
    let classes = labels.max().map_or(0, |label| label + 1);
    let mut warnings = leavings.warnings();
    warnings.extend(without_samples(train.labels(), classes));
    M::any_data(Data {
        train,
        test,
        classes: (0..classes).map(|class| class.to_string()).collect(),
        source,
        warnings,
    })
}

/// In words, which classes have no training sample.
fn without_samples(train: &Labels, classes: usize) -> Option<String> {
    let counts = train.counts(classes);
    let empty: Vec<_> = (0..classes).filter(|&class| counts[class] == 0).collect();
    (!empty.is_empty()).then(|| {
        format!(
            "{} of {classes} classes have no training sample, class {} for one",
            empty.len(),
            empty[0]
        )
    })
}

/// The samples of a file; `first` counts those of the files before it.
fn split(
    experiment: &Experiment,
    folder: &Folder,
    file: &str,
    first: usize,
    leavings: &mut Leavings,
) -> Result<AnySplit, Error> {
    let bytes = folder.bytes(file)?;
    let error = |reason| broken(folder, file, reason);
    let read = |name| match file.ends_with(".npz") {
        true => npz::array(&bytes, name),
        false => tensor(&bytes, name),
    };
    let (x, y) = (read("x").map_err(error)?, read("y").map_err(error)?);
    let labels = labels(y, x.shape.first().copied().unwrap_or(0)).map_err(error)?;
    match layout(&x.shape).map_err(error)? {
        Layout::Pictures(pictures) => {
            let pictures = pictures.read(x.values).map_err(error)?;
            Ok(Each::Pictures(Split::new(labels, pictures)?))
        }
        Layout::Clouds { points } => {
            let Values::Floats(values) = x.values else {
                return Err(error(
                    "coordinates of clouds are f32 or f64, x is of integers".to_owned(),
                ));
            };
            let keep = |read: Result<_, String>| leavings.keep(read.map_err(error));
            let clouds = clouds(experiment, &values, points, &labels, first, keep)?;
            Ok(Each::Clouds(clouds))
        }
    }
}

/// Clouds of `there` points each, of which the experiment's are drawn; `keep` decides about those
/// that cannot be used.
fn clouds(
    experiment: &Experiment,
    values: &[f32],
    there: usize,
    labels: &[u16],
    first: usize,
    mut keep: impl FnMut(Result<Vec<[f32; 3]>, String>) -> Result<Option<Vec<[f32; 3]>>, Error>,
) -> Result<Split<Clouds>, Error> {
    let (points, _) = values.as_chunks::<3>();
    let (mut kept, mut coordinates) = (Vec::new(), Vec::new());
    for (position, &label) in labels.iter().enumerate() {
        let cloud = points[position * there..(position + 1) * there].to_vec();
        let drawn = points::drawn(cloud, experiment, first + position);
        let drawn = drawn.map_err(|reason| format!("cloud {position} of x: {reason}"));
        if let Some(drawn) = keep(drawn)? {
            kept.push(label);
            coordinates.extend(drawn);
        }
    }
    Split::new(kept, CloudSet::new(coordinates, experiment.training.points))
}

/// Classes of `count` samples.
fn labels(y: Array, count: usize) -> Result<Vec<u16>, String> {
    if y.shape != [count] {
        return Err(format!(
            "y has shape {:?}, and x has {count} samples: [{count}] is needed",
            y.shape
        ));
    }
    let values = match y.values {
        Values::Bytes(values) => values.into_iter().map(i64::from).collect(),
        Values::Integers(values) => values,
        Values::Floats(_) => return Err("y is of floats; classes are integers from 0".to_owned()),
    };
    // The last number is kept free, so that classes can be counted.
    let label = |(position, value)| {
        let label = u16::try_from(value).ok().filter(|&label| label < u16::MAX);
        label.ok_or_else(|| format!("y[{position}] is {value}; classes are 0 to 65,534"))
    };
    values.into_iter().enumerate().map(label).collect()
}

/// What the axes of samples mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Pictures(PictureLayout),
    Clouds { points: usize },
}

/// Axes of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PictureLayout {
    channels: usize,
    side: usize,
    /// Whether the channels of a pixel lie beside one another.
    channels_last: bool,
}

fn layout(shape: &[usize]) -> Result<Layout, String> {
    let pictures = |channels, side, channels_last| {
        Ok(Layout::Pictures(PictureLayout {
            channels,
            side,
            channels_last,
        }))
    };
    match *shape {
        [_, points, 3] => Ok(Layout::Clouds { points }),
        [_, height, width] if height == width && width > 0 => pictures(1, width, false),
        [_, channels @ (1 | 3), height, width] if height == width && width > 0 => {
            pictures(channels, width, false)
        }
        [_, height, width, channels @ (1 | 3)] if height == width && width > 0 => {
            pictures(channels, width, true)
        }
        _ => Err(format!(
            "x has shape {shape:?}; pictures are [n, side, side], [n, channels, side, side] or [n, side, side, channels] with 1 or 3 channels, clouds are [n, points, 3]"
        )),
    }
}

impl PictureLayout {
    /// Pictures, channels first.
    fn read(self, values: Values) -> Result<PictureSet, String> {
        let mut pixels = match values {
            Values::Bytes(pixels) => pixels,
            Values::Floats(values) => shades(&values)?,
            Values::Integers(_) => {
                return Err(
                    "pixels are u8, or f32 or f64 from 0 to 1; x is of other integers".to_owned(),
                );
            }
        };
        let area = self.side * self.side;
        if self.channels_last && self.channels > 1 {
            for picture in pixels.chunks_exact_mut(self.channels * area) {
                let planes: Vec<u8> = (0..self.channels)
                    .flat_map(|channel| picture.iter().skip(channel).step_by(self.channels))
                    .copied()
                    .collect();
                picture.copy_from_slice(&planes);
            }
        }
        Ok(PictureSet::Held {
            pixels,
            channels: self.channels,
            side: self.side,
        })
    }
}

/// Floats of 0 to 1 as bytes.
fn shades(values: &[f32]) -> Result<Vec<u8>, String> {
    let shade = |(position, &value): (usize, &f32)| {
        let allowed = (0.0..=1.0).contains(&value);
        allowed.then(|| (value * 255.0).round() as u8).ok_or_else(|| {
            format!(
                "value {position} of x is {value}; floats are pixels from 0 to 1, and bytes from 0 to 255. Scale x, or save it as u8"
            )
        })
    };
    values.iter().enumerate().map(shade).collect()
}

/// The tensor `name` of a file.
fn tensor(bytes: &[u8], name: &str) -> Result<Array, String> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| format!("it is not a whole safetensors file: {error}"))?;
    let tensor = file
        .tensor(name)
        .map_err(|_| format!("there is no tensor {name} in it but {:?}", file.names()))?;
    Ok(Array {
        shape: tensor.shape().to_vec(),
        values: values(&tensor, name)?,
    })
}

fn values(tensor: &TensorView, name: &str) -> Result<Values, String> {
    let bytes = tensor.data();
    macro_rules! parsed {
        ($type:ty) => {
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|&value| <$type>::from_le_bytes(value))
        };
    }
    let integers = match tensor.dtype() {
        Dtype::U8 => return Ok(Values::Bytes(bytes.to_vec())),
        Dtype::F32 => return Ok(Values::Floats(parsed!(f32).collect())),
        Dtype::F64 => {
            return Ok(Values::Floats(
                parsed!(f64).map(|value| value as f32).collect(),
            ));
        }
        Dtype::F16 => return Ok(Values::Floats(parsed!(u16).map(half::f16).collect())),
        Dtype::BF16 => return Ok(Values::Floats(parsed!(u16).map(half::bf16).collect())),
        Dtype::I8 => Values::integers(parsed!(i8).collect()),
        Dtype::I16 => Values::integers(parsed!(i16).collect()),
        Dtype::I32 => Values::integers(parsed!(i32).collect()),
        Dtype::I64 => Values::integers(parsed!(i64).collect()),
        Dtype::U16 => Values::integers(parsed!(u16).collect()),
        Dtype::U32 => Values::integers(parsed!(u32).collect()),
        Dtype::U64 => Values::integers(parsed!(u64).collect()),
        other => {
            return Err(format!(
                "{name} is of type {other:?}; integers, f16, bf16, f32 and f64 are known"
            ));
        }
    };
    integers.ok_or_else(|| format!("{name} has numbers beyond 2^63"))
}

fn broken(folder: &Folder, file: &str, reason: String) -> Error {
    Error::File {
        file: folder.path(file).display().to_string(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_decide_what_samples_are() {
        let side = |channels, side, channels_last| {
            Ok(Layout::Pictures(PictureLayout {
                channels,
                side,
                channels_last,
            }))
        };
        assert_eq!(layout(&[5, 28, 28]), side(1, 28, false));
        assert_eq!(layout(&[5, 3, 32, 32]), side(3, 32, false));
        assert_eq!(layout(&[5, 32, 32, 3]), side(3, 32, true));
        assert_eq!(layout(&[5, 32, 32, 1]), side(1, 32, true));
        assert_eq!(layout(&[5, 1024, 3]), Ok(Layout::Clouds { points: 1024 }));
        for wrong in [&[5][..], &[5, 28, 20], &[5, 2, 9, 9], &[5, 0, 0], &[2; 5]] {
            assert!(layout(wrong).is_err_and(|reason| reason.contains("[n, points, 3]")));
        }
    }

    #[test]
    fn channels_come_first_and_floats_become_shades() {
        let layout = PictureLayout {
            channels: 3,
            side: 1,
            channels_last: true,
        };
        let two = Values::Floats(vec![0.0, 0.5, 1.0, 1.0, 0.25, 0.0]);
        let pictures = layout.read(two).unwrap();
        assert_eq!(pictures.held(0), Some(&[0, 128, 255][..]));
        assert_eq!(pictures.held(1), Some(&[255, 64, 0][..]));
        for wrong in [-0.1, 1.5, f32::NAN] {
            assert!(shades(&[wrong]).is_err_and(|reason| reason.contains("from 0 to 1")));
        }
    }
}
