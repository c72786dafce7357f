//! `.spindle` files: what the page needs of a run, in one stored ZIP.
//!
//! ```text
//! run.json                        the record
//! interactions.safetensors        of every sample, the interactions that are salient at some checkpoint, at all checkpoints
//! values.safetensors              outputs on all masks, in steps of 1/65,534 of their range, of as many samples as fit
//! pictures.safetensors            the samples' pictures
//! weights/<step>.safetensors      on request
//! ```
//!
//! No compression: Python and unzip programs open it, and servers and browsers compress on the way. Sizes are bounded by [`Budget`], so that
//! a file of 120 samples and 12 checkpoints stays under 3 MB; what does not fit is left out, the strongest interactions last.

mod history;
mod outputs;
mod zip;

use std::collections::BTreeMap;

use spindle_interactions::decompose::Decomposition;

use crate::{
    Error,
    archive::{Description, Reader, Writer},
    encoding,
    event::Tensors,
    record::RunRecord,
};

pub use history::{Effect, History, Kind};
pub use outputs::QuantizedOutputs;

const RECORD: &str = "run.json";
const INTERACTIONS: &str = "interactions.safetensors";
const VALUES: &str = "values.safetensors";
const PICTURES: &str = "pictures.safetensors";
const WEIGHTS: &str = "weights/";
const SUFFIX: &str = ".safetensors";

/// How large the parts of an export may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Bytes for interactions.
    pub interactions: usize,
    /// Bytes for outputs on all masks.
    pub values: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            interactions: 1_400_000,
            values: 1_000_000,
        }
    }
}

/// Pictures of the samples: one byte a pixel, 0 is black.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pictures {
    /// [samples, height, width], or [samples, height, width, channels].
    pub shape: Vec<usize>,
    /// Row-major.
    pub pixels: Vec<u8>,
}

/// The contents of a `.spindle` file.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The run's record.
    pub record: RunRecord,
    /// Interactions over training.
    pub history: History,
    /// Outputs on all masks.
    pub outputs: QuantizedOutputs,
    /// Pictures of the samples, in the order of `record.samples`.
    pub pictures: Pictures,
    /// Weights by step, where they were asked for.
    pub weights: BTreeMap<usize, Tensors>,
}

impl Export {
    /// Gathers what the page needs. `decompositions` gives those of all samples at a step; it is called twice for every analysed checkpoint,
    /// so that not all of them are in memory at once. Of `data_dir` only the last component goes in: where a maker keeps their files is
    /// not for others.
    ///
    /// # Errors
    /// Those of `decompositions`, and [`Error::Mismatch`] for ones or pictures that are not of the record's samples and players.
    pub fn new(
        mut record: RunRecord,
        pictures: Pictures,
        budget: Budget,
        mut decompositions: impl FnMut(usize) -> Result<Vec<Decomposition>, Error>,
    ) -> Result<Self, Error> {
        check_pictures(&pictures, &record)?;
        record.experiment = record.experiment.without_paths();
        let mut fitting = |step| {
            let found = decompositions(step)?;
            encoding::check_fit(&found, &record)?;
            Ok(found)
        };
        let history = History::new(&record, budget.interactions, &mut fitting)?;
        let outputs = QuantizedOutputs::new(&record, &history.steps, budget.values, &mut fitting)?;
        Ok(Self {
            record,
            history,
            outputs,
            pictures,
            weights: BTreeMap::new(),
        })
    }

    /// The file's bytes, the same for the same contents.
    ///
    /// # Errors
    /// [`Error::Unreadable`] for a record with numbers that are not finite, [`Error::Array`] for arrays that do not fill their shape.
    pub fn pack(&self) -> Result<Vec<u8>, Error> {
        let mut entries = vec![
            (RECORD.to_owned(), self.record.to_compact_json()?),
            (INTERACTIONS.to_owned(), self.history.encode()?),
            (VALUES.to_owned(), self.outputs.encode()?),
            (PICTURES.to_owned(), encode_pictures(&self.pictures)?),
        ];
        for (step, weights) in &self.weights {
            entries.push((
                format!("{WEIGHTS}{step}{SUFFIX}"),
                encoding::encode_weights(weights, Some(*step))?,
            ));
        }
        zip::stored(&entries)
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`Error::Archive`] for bytes that are no `.spindle` file or a truncated one, [`Error::File`] naming the part that is newer than
    /// this program, damaged, or of another run.
    pub fn unpack(bytes: &[u8]) -> Result<Self, Error> {
        let entries = zip::entries(bytes)?;
        let part = |name: &str| {
            entries
                .get(name)
                .map(Vec::as_slice)
                .ok_or_else(|| Error::Archive(format!("there is no {name} in it")))
        };
        let record = RunRecord::from_json(part(RECORD)?).map_err(|error| error.in_file(RECORD))?;
        let history = History::decode(part(INTERACTIONS)?, &record)
            .map_err(|error| error.in_file(INTERACTIONS))?;
        let outputs = QuantizedOutputs::decode(part(VALUES)?, &record, &history.steps)
            .map_err(|error| error.in_file(VALUES))?;
        let pictures =
            decode_pictures(part(PICTURES)?, &record).map_err(|error| error.in_file(PICTURES))?;
        let weights = entries
            .iter()
            .filter_map(|(name, bytes)| {
                let step = name
                    .strip_prefix(WEIGHTS)?
                    .strip_suffix(SUFFIX)?
                    .parse()
                    .ok()?;
                let weights = encoding::decode_weights(bytes).map_err(|error| error.in_file(name));
                Some(weights.map(|weights| (step, weights)))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            record,
            history,
            outputs,
            pictures,
            weights,
        })
    }
}

const PICTURES_KIND: &str = "pictures";

fn encode_pictures(pictures: &Pictures) -> Result<Vec<u8>, Error> {
    Writer::new()
        .array("pictures", &pictures.shape, pictures.pixels.iter().copied())?
        .finish(Description::new(PICTURES_KIND))
}

fn decode_pictures(bytes: &[u8], record: &RunRecord) -> Result<Pictures, Error> {
    let reader = Reader::of_kind(bytes, PICTURES_KIND)?;
    let pictures = Pictures {
        shape: reader.shape("pictures")?,
        pixels: reader.values("pictures")?,
    };
    check_pictures(&pictures, record)?;
    Ok(pictures)
}

fn check_pictures(pictures: &Pictures, record: &RunRecord) -> Result<(), Error> {
    encoding::agree(
        "number of pictures",
        pictures.shape.first().copied().unwrap_or(0),
        record.samples.len(),
    )
}
