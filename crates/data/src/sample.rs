//! A sample to be measured, and how it travels in a message.

use serde::{Deserialize, Serialize};
use spindle_interactions::mask::checked_players;
use spindle_run::record::SampleRecord;

use crate::{AnyEncoded, DataKind, Error};

/// A sample to be measured. Its players were checked: masks can be had of them.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredSample<M: DataKind> {
    record: SampleRecord,
    players: M::Players,
    content: M::Content,
    input: M::Batch,
    alignment: M::Alignment,
}

impl<M: DataKind> MeasuredSample<M> {
    /// A sample from its parts.
    ///
    /// # Errors
    /// Players of another kind, or that the sample does not have.
    pub fn new(
        record: SampleRecord,
        content: M::Content,
        input: M::Batch,
        alignment: M::Alignment,
    ) -> Result<Self, Error> {
        checked_players(record.players.len())?;
        let players = M::players(&record.players).ok_or_else(|| Error::Experiment {
            field: "players",
            value: "of another kind than the data".to_owned(),
            allowed: M::PLAYERS.to_owned(),
        })?;
        M::check_players(record.position, &players, &content, &alignment)?;
        Ok(Self {
            record,
            players,
            content,
            input,
            alignment,
        })
    }

    /// What `run.json` says of it.
    #[must_use]
    pub fn record(&self) -> &SampleRecord {
        &self.record
    }

    /// What it looks like.
    #[must_use]
    pub fn content(&self) -> &M::Content {
        &self.content
    }

    /// What the network takes in: a batch of one.
    #[must_use]
    pub fn input(&self) -> &M::Batch {
        &self.input
    }

    /// Its players, player 0 first.
    #[must_use]
    pub fn players(&self) -> &M::Players {
        &self.players
    }

    /// Its masks, for a network that masks in this shape.
    #[must_use]
    pub fn masks(&self, masked: M::MaskShape) -> M::Masks {
        M::masks(&self.players, &self.content, &self.alignment, masked)
    }

    /// The sample for a message to whoever has no data set.
    ///
    /// # Errors
    /// An input that was not made from a sample.
    pub fn encode(&self) -> Result<EncodedSample, Error> {
        let encoded = M::encode(&self.content, &self.input, &self.alignment)?;
        Ok(EncodedSample {
            record: self.record.clone(),
            sample: M::any_encoded(encoded),
        })
    }

    /// A sample out of a message, for a network that takes inputs of a shape.
    ///
    /// # Errors
    /// A sample of another kind or shape, parts that do not agree, players that it does not have.
    pub fn decode(encoded: EncodedSample, shape: M::Shape) -> Result<Self, Error> {
        let found = encoded.sample.kind();
        let sample = M::encoded(encoded.sample).ok_or_else(|| {
            Error::Data(format!(
                "a sample of {} came for a network that takes {}",
                found.name(),
                M::KIND.name()
            ))
        })?;
        let (content, input, alignment) = M::decode(sample, shape)?;
        Self::new(encoded.record, content, input, alignment)
    }
}

/// A sample of any kind in a message, as bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EncodedSample {
    /// What `run.json` says of it.
    pub record: SampleRecord,
    /// Content, input and alignment.
    pub sample: AnyEncoded,
}
