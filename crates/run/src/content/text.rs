//! Texts as people read them.

use serde::{Deserialize, Serialize};

use super::Stack;
use crate::Error;

/// A text and where its words are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The text; the parts of a pair on a line each.
    pub text: String,
    /// Bytes `[start, end)` of every word, in order; players are numbers of words.
    pub words: Vec<[usize; 2]>,
}

impl Text {
    /// Checks a text from outside: its words are parts of it.
    ///
    /// # Errors
    /// [`Error::Mismatch`] with the first word that is not.
    pub fn check(&self) -> Result<(), Error> {
        let mut words = self.words.iter();
        let beyond = words.find(|[start, end]| self.text.get(*start..*end).is_none());
        match beyond {
            None => Ok(()),
            Some([start, end]) => Err(Error::Mismatch {
                what: "a word",
                found: format!("bytes {start} to {end}"),
                expected: format!("part of a text of {} bytes", self.text.len()),
            }),
        }
    }
}

impl Stack for Vec<Text> {
    type Item = Text;
    const PART: &str = "texts.json";

    fn beginning(_: &Text) -> Self {
        Self::new()
    }

    fn push(&mut self, text: &Text) -> Result<(), Error> {
        self.push(text.clone());
        Ok(())
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn get(&self, sample: usize) -> Option<Text> {
        self.as_slice().get(sample).cloned()
    }

    fn encode(&self) -> Result<Vec<u8>, Error> {
        Ok(serde_json::to_vec(self)?)
    }

    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let texts: Self = serde_json::from_slice(bytes)?;
        texts.iter().try_for_each(Text::check)?;
        Ok(texts)
    }
}
