//! `.spindle` files: what the page needs of a run, in one stored ZIP.
//!
//! ```text
//! run.json                        the record, without certificates
//! strengths.safetensors           of every sample and checkpoint, strengths by order of all interactions, certificate and bounds of ranges, in f32
//! interactions.safetensors        of every sample, the interactions that are salient at some checkpoint, at all checkpoints
//! values.safetensors              outputs on all masks, in steps of 1/65,534 of their range, of as many samples as fit
//! pictures.safetensors            the samples' pictures; or texts.json, or clouds.safetensors
//! weights/<step>.safetensors      on request
//! ```
//!
//! No compression: Python and unzip programs open it, and servers and browsers compress on the way.
//! Sizes are bounded by [`Budget`], so that a file of 120 samples and 12 checkpoints stays under 3
//! MB; what does not fit is left out, the strongest interactions last.

mod history;
mod outputs;
mod strengths;
mod zip;

use std::collections::BTreeMap;

use spindle_interactions::decompose::Decomposition;

use crate::{Error, content::Contents, encoding, event::Tensors, record::RunRecord};

pub use history::{Effect, History, Kind};
pub use outputs::QuantizedOutputs;
pub use strengths::Strengths;

const RECORD: &str = "run.json";
const INTERACTIONS: &str = "interactions.safetensors";
const STRENGTHS: &str = "strengths.safetensors";
const VALUES: &str = "values.safetensors";
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

impl Budget {
    /// Neither interactions nor outputs: what the rest takes.
    pub const NOTHING: Self = Self {
        interactions: 0,
        values: 0,
    };
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            interactions: 1_400_000,
            values: 1_000_000,
        }
    }
}

/// The contents of a `.spindle` file.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// The run's record.
    pub record: RunRecord,
    /// Interactions over training.
    pub history: History,
    /// Strengths by order of every sample; none in files of version 3 and before.
    pub strengths: Option<Strengths>,
    /// Outputs on all masks.
    pub outputs: QuantizedOutputs,
    /// What the samples look like, in the order of `record.samples`.
    pub contents: Contents,
    /// Weights by step, where they were asked for.
    pub weights: BTreeMap<usize, Tensors>,
}

impl Export {
    /// Gathers what the page needs. `decompositions` gives those of all samples at a step; it is
    /// called several times for every analysed checkpoint, so that not all of them are in memory at
    /// once. Of `data_dir` only the last component goes in: where a maker keeps their files is not
    /// for others.
    ///
    /// # Errors
    /// Those of `decompositions`, and [`Error::Mismatch`] for ones or contents that are not of the
    /// record's samples and players.
    pub fn new(
        mut record: RunRecord,
        contents: Contents,
        budget: Budget,
        mut decompositions: impl FnMut(usize) -> Result<Vec<Decomposition>, Error>,
    ) -> Result<Self, Error> {
        contents.check(record.samples.len())?;
        record.experiment = record.experiment.without_paths();
        strengths::round_certificates(&mut record);
        let mut fitting = |step| {
            let found = decompositions(step)?;
            encoding::check_fit(&found, &record)?;
            Ok(found)
        };
        let history = History::new(&record, budget.interactions, &mut fitting)?;
        let strengths = Strengths::new(&record, &mut fitting)?;
        let outputs = QuantizedOutputs::new(&record, &history.steps, budget.values, &mut fitting)?;
        Ok(Self {
            record,
            history,
            strengths: Some(strengths),
            outputs,
            contents,
            weights: BTreeMap::new(),
        })
    }

    /// The file's bytes, the same for the same contents.
    ///
    /// # Errors
    /// [`Error::Unreadable`] for a record with numbers that are not finite, [`Error::Array`] for
    /// arrays that do not fill their shape.
    pub fn pack(&self) -> Result<Vec<u8>, Error> {
        let record = match &self.strengths {
            Some(_) => &strengths::without_certificates(&self.record),
            None => &self.record,
        };
        let mut entries = vec![(RECORD.to_owned(), record.to_compact_json()?)];
        if let Some(strengths) = &self.strengths {
            entries.push((STRENGTHS.to_owned(), strengths.encode(&self.record)?));
        }
        entries.push((INTERACTIONS.to_owned(), self.history.encode()?));
        entries.push((VALUES.to_owned(), self.outputs.encode()?));
        let (name, contents) = self.contents.encode()?;
        entries.push((name.to_owned(), contents));
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
    /// [`Error::Archive`] for bytes that are no `.spindle` file or a truncated one, [`Error::File`]
    /// naming the part that is newer than this program, damaged, or of another run.
    pub fn unpack(bytes: &[u8]) -> Result<Self, Error> {
        let entries = zip::entries(bytes)?;
        let part = |name: &str| {
            entries
                .get(name)
                .map(Vec::as_slice)
                .ok_or_else(|| Error::Archive(format!("there is no {name} in it")))
        };
        let mut record =
            RunRecord::from_json(part(RECORD)?).map_err(|error| error.in_file(RECORD))?;
        let strengths = entries.get(STRENGTHS).map(|bytes| {
            Strengths::decode(bytes, &mut record).map_err(|error| error.in_file(STRENGTHS))
        });
        let strengths = strengths.transpose()?;
        let history = History::decode(part(INTERACTIONS)?, &record)
            .map_err(|error| error.in_file(INTERACTIONS))?;
        let outputs = QuantizedOutputs::decode(part(VALUES)?, &record, &history.steps)
            .map_err(|error| error.in_file(VALUES))?;
        let contents = Contents::decode(
            |name| entries.get(name).map(Vec::as_slice),
            record.samples.len(),
        )?;
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
            strengths,
            outputs,
            contents,
            weights,
        })
    }
}
