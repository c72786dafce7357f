//! What samples look like to people, with the places of their players: pictures, texts, clouds of points.

use serde::{Deserialize, Serialize};

use crate::{
    Error,
    archive::{Description, Reader, Writer},
    encoding,
    modality::Content,
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

/// A text and where its words are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The text; the parts of a pair on a line each.
    pub text: String,
    /// Bytes `[start, end)` of every word, in order; players are numbers of words.
    pub words: Vec<[usize; 2]>,
}

/// A cloud of points and which cluster each belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Cloud {
    /// Coordinates x, y, z of every point, within the unit ball around 0.
    pub points: Vec<[f32; 3]>,
    /// Number of every point's cluster; players are numbers of clusters.
    pub clusters: Vec<u8>,
}

/// What the samples of a run look like, in their order: all of one kind, pictures and clouds of one size.
#[derive(Clone, Debug, PartialEq)]
pub enum Contents {
    /// Pictures.
    Pictures {
        /// `[samples, side, side]`, or `[samples, side, side, channels]`.
        shape: Vec<usize>,
        /// Row-major, 0 is black.
        pixels: Vec<u8>,
    },
    /// Texts.
    Texts(Vec<Text>),
    /// Clouds.
    Clouds {
        /// Points of a cloud.
        points: usize,
        /// `[samples, points, 3]`.
        coordinates: Vec<f32>,
        /// `[samples, points]`.
        clusters: Vec<u8>,
    },
}

/// Names of an export's parts with contents.
const PICTURES: &str = "pictures.safetensors";
const TEXTS: &str = "texts.json";
const CLOUDS: &str = "clouds.safetensors";

impl Contents {
    /// Gathers what samples look like; no pictures where there is no sample.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for samples of different kinds or sizes.
    pub fn of(samples: &[Content]) -> Result<Self, Error> {
        let mut all = match samples.first() {
            None => Self::Pictures {
                shape: vec![0, 0, 0],
                pixels: Vec::new(),
            },
            Some(Content::Pictures(first)) => Self::Pictures {
                shape: picture_shape(samples.len(), first),
                pixels: Vec::new(),
            },
            Some(Content::Texts(_)) => Self::Texts(Vec::new()),
            Some(Content::Clouds(first)) => Self::Clouds {
                points: first.points.len(),
                coordinates: Vec::new(),
                clusters: Vec::new(),
            },
        };
        for sample in samples {
            all.push(samples.len(), sample)?;
        }
        Ok(all)
    }

    fn push(&mut self, count: usize, sample: &Content) -> Result<(), Error> {
        match (self, sample) {
            (Self::Pictures { shape, pixels }, Content::Pictures(picture))
                if *shape == picture_shape(count, picture) =>
            {
                pixels.extend(&picture.pixels);
            }
            (Self::Texts(texts), Content::Texts(text)) => texts.push(text.clone()),
            (
                Self::Clouds {
                    points,
                    coordinates,
                    clusters,
                },
                Content::Clouds(cloud),
            ) if cloud.points.len() == *points && cloud.clusters.len() == *points => {
                coordinates.extend(cloud.points.as_flattened());
                clusters.extend(&cloud.clusters);
            }
            _ => {
                return Err(Error::Mismatch {
                    what: "a sample's content",
                    found: "another kind or size".into(),
                    expected: "that of the first sample".into(),
                });
            }
        }
        Ok(())
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Pictures { shape, .. } => shape.first().copied().unwrap_or(0),
            Self::Texts(texts) => texts.len(),
            Self::Clouds {
                points, clusters, ..
            } => clusters.len().checked_div(*points).unwrap_or(0),
        }
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What one sample looks like; `None` where there is no such sample.
    #[must_use]
    pub fn get(&self, sample: usize) -> Option<Content> {
        match self {
            Self::Pictures { shape, pixels } => {
                let len: usize = shape.iter().skip(1).product();
                let pixels = pixels.get(sample * len..(sample + 1) * len)?.to_vec();
                Some(Content::Pictures(Picture {
                    side: *shape.get(1)?,
                    channels: shape.get(3).copied().unwrap_or(1),
                    pixels,
                }))
            }
            Self::Texts(texts) => texts.get(sample).cloned().map(Content::Texts),
            Self::Clouds {
                points,
                coordinates,
                clusters,
            } => {
                let range = sample * points..(sample + 1) * points;
                let coordinates = coordinates.get(3 * range.start..3 * range.end)?;
                Some(Content::Clouds(Cloud {
                    points: coordinates.as_chunks().0.to_vec(),
                    clusters: clusters.get(range)?.to_vec(),
                }))
            }
        }
    }

    /// As a part of an export: its name and bytes.
    pub(crate) fn encode(&self) -> Result<(&'static str, Vec<u8>), Error> {
        Ok(match self {
            Self::Pictures { shape, pixels } => {
                let writer = Writer::new().array("pictures", shape, pixels.iter().copied())?;
                (PICTURES, writer.finish(Description::new("pictures"))?)
            }
            Self::Texts(texts) => (TEXTS, serde_json::to_vec(texts)?),
            Self::Clouds {
                points,
                coordinates,
                clusters,
            } => {
                let samples = self.len();
                let writer = Writer::new()
                    .array(
                        "points",
                        &[samples, *points, 3],
                        coordinates.iter().copied(),
                    )?
                    .array("cluster", &[samples, *points], clusters.iter().copied())?;
                (CLOUDS, writer.finish(Description::new("clouds"))?)
            }
        })
    }

    /// From the one part of an export that has contents, given its parts by name.
    pub(crate) fn decode<'a>(
        part: impl Fn(&str) -> Option<&'a [u8]>,
        samples: usize,
    ) -> Result<Self, Error> {
        let (name, contents) = if let Some(bytes) = part(TEXTS) {
            (TEXTS, texts(bytes))
        } else if let Some(bytes) = part(CLOUDS) {
            (CLOUDS, clouds(bytes))
        } else if let Some(bytes) = part(PICTURES) {
            (PICTURES, pictures(bytes))
        } else {
            let names = format!("{PICTURES}, {TEXTS} or {CLOUDS}");
            return Err(Error::Archive(format!("there is no {names} in it")));
        };
        let checked = contents.and_then(|contents| {
            contents.check(samples)?;
            Ok(contents)
        });
        checked.map_err(|error| error.in_file(name))
    }

    /// Whether there is one for every sample.
    pub(crate) fn check(&self, samples: usize) -> Result<(), Error> {
        encoding::agree("number of samples with content", self.len(), samples)
    }
}

fn picture_shape(count: usize, picture: &Picture) -> Vec<usize> {
    let mut shape = vec![count, picture.side, picture.side];
    if picture.channels > 1 {
        shape.push(picture.channels);
    }
    shape
}

fn pictures(bytes: &[u8]) -> Result<Contents, Error> {
    let reader = Reader::of_kind(bytes, "pictures")?;
    Ok(Contents::Pictures {
        shape: reader.shape("pictures")?,
        pixels: reader.values("pictures")?,
    })
}

fn texts(bytes: &[u8]) -> Result<Contents, Error> {
    let texts: Vec<Text> = serde_json::from_slice(bytes)?;
    for Text { text, words } in &texts {
        if let Some([start, end]) = words.iter().find(|[s, e]| text.get(*s..*e).is_none()) {
            return Err(Error::Mismatch {
                what: "a word",
                found: format!("bytes {start} to {end}"),
                expected: format!("part of a text of {} bytes", text.len()),
            });
        }
    }
    Ok(Contents::Texts(texts))
}

fn clouds(bytes: &[u8]) -> Result<Contents, Error> {
    let reader = Reader::of_kind(bytes, "clouds")?;
    let shape = reader.shape("points")?;
    let (samples, points) = (
        shape.first().copied().unwrap_or(0),
        shape.get(1).copied().unwrap_or(0),
    );
    Ok(Contents::Clouds {
        points,
        coordinates: reader.shaped("points", &[samples, points, 3])?,
        clusters: reader.shaped("cluster", &[samples, points])?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Vec<Content>> {
        let picture = |shade, channels| {
            Content::Pictures(Picture {
                side: 2,
                channels,
                pixels: vec![shade; 4 * channels],
            })
        };
        let text = |text: &str| {
            Content::Texts(Text {
                text: text.into(),
                words: vec![[0, 1]],
            })
        };
        let cloud = |x| {
            Content::Clouds(Cloud {
                points: vec![[x, 0.5, -0.5], [0.0; 3]],
                clusters: vec![3, 29],
            })
        };
        vec![
            vec![picture(1, 1), picture(9, 1)],
            vec![picture(1, 3), picture(2, 3)],
            vec![text("a word"), text("b")],
            vec![cloud(0.25), cloud(-1.0)],
        ]
    }

    #[test]
    fn contents_of_every_kind_come_back_from_their_bytes() -> Result<(), Error> {
        for samples in all() {
            let contents = Contents::of(&samples)?;
            let (name, bytes) = contents.encode()?;
            let found = Contents::decode(|part| (part == name).then_some(&bytes[..]), 2)?;
            assert_eq!(found, contents);
            let each = (0..2).filter_map(|sample| found.get(sample));
            assert_eq!(each.collect::<Vec<_>>(), samples);
            assert_eq!(found.get(2), None);
        }
        Ok(())
    }

    #[test]
    fn kinds_do_not_mix_and_counts_are_checked() -> Result<(), Error> {
        let mixed: Vec<_> = all().into_iter().flatten().collect();
        assert!(Contents::of(&mixed).is_err());
        let (name, bytes) = Contents::of(&all()[2])?.encode()?;
        let found = Contents::decode(|part| (part == name).then_some(&bytes[..]), 3);
        assert!(found.is_err_and(|error| error.to_string().contains(name)));
        let beyond = br#"[{"text": "short", "words": [[0, 9]]}]"#;
        let found = Contents::decode(|part| (part == TEXTS).then_some(&beyond[..]), 1);
        assert!(found.is_err_and(|error| error.to_string().contains("bytes 0 to 9")));
        Ok(())
    }
}
