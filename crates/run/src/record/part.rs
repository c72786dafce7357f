//! What an analysis has found, under its name and with its version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::Error;

/// What an analysis puts into a record.
pub trait Recorded: Serialize + DeserializeOwned {
    /// The analysis's name.
    const NAME: &'static str;
    /// Version of what it computes and of how that is written. Parts of another version are
    /// computed again; so a new version is due when either changes.
    const VERSION: u32;
}

/// What an analysis has found at one checkpoint, or in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Version of the analysis that found it.
    pub version: u32,
    /// What it found; null where it has looked and there is nothing.
    pub value: Value,
}

/// Parts by the names of their analyses. Those of analyses that this program does not know stay as
/// they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parts(BTreeMap<String, Part>);

impl Parts {
    /// What an analysis has found; `None` where it has not looked, where there was nothing, and for
    /// what is not of its version or not of its shape.
    #[must_use]
    pub fn get<T: Recorded>(&self) -> Option<T> {
        let part = self.0.get(T::NAME)?;
        if part.version != T::VERSION {
            return None;
        }
        T::deserialize(&part.value).ok()
    }

    /// Puts what an analysis has found, or that there was nothing.
    ///
    /// # Errors
    /// As [`recorded`].
    pub fn set<T: Recorded>(&mut self, found: Option<T>) -> Result<(), Error> {
        let part = Part {
            version: T::VERSION,
            value: recorded(&found)?,
        };
        self.put(T::NAME, part);
        Ok(())
    }

    /// Puts a part under a name.
    pub fn put(&mut self, name: &str, part: Part) {
        self.0.insert(name.to_owned(), part);
    }

    /// Whether an analysis of this version has looked.
    #[must_use]
    pub fn has(&self, name: &str, version: u32) -> bool {
        self.0.get(name).is_some_and(|part| part.version == version)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes all of them away.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes one away.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }
}

/// What was found, as a part holds it; null for `None`.
///
/// # Errors
/// [`Error::Unreadable`] when a number in it is not finite: JSON would not hold it.
pub fn recorded<T: Serialize + DeserializeOwned>(found: &Option<T>) -> Result<Value, Error> {
    let value = serde_json::to_value(found).map_err(Error::Unreadable)?;
    Option::<T>::deserialize(&value).map_err(Error::Unreadable)?;
    Ok(value)
}

/// Where something was found, or is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// At a checkpoint, by its position in the record.
    Checkpoint(usize),
    /// In all checkpoints together.
    Run,
}
