//! Texts as samples: sentences and their word pieces.

use sha2::{Digest, Sha256};
use spindle_run::content;

use spindle_run::{input::Tokens, player::is_candidate};

/// Most pieces of a text, special ones included: what is longer is cut, of a pair the longer part first.
pub const MAX_PIECES: usize = 128;

/// A text as BERT takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What people read, and where its words are.
    pub content: content::Text,
    /// Word pieces, `[CLS]` first and `[SEP]` behind each part.
    pub ids: Vec<u32>,
    /// Whether a piece is of the second part of a pair, 0 or 1.
    pub types: Vec<u8>,
    /// For every piece the number of its word, if it is of one.
    pub words: Vec<Option<usize>>,
}

impl Text {
    /// Numbers of the words that can be players: no stop words, no punctuation, and not cut off.
    #[must_use]
    pub fn candidates(&self) -> Vec<usize> {
        let words = self.content.words.iter().enumerate();
        words
            .filter(|(number, [start, end])| {
                let word = self.content.text.get(*start..*end);
                word.is_some_and(is_candidate) && self.words.contains(&Some(*number))
            })
            .map(|(number, _)| number)
            .collect()
    }
}

/// Texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// The texts.
    pub texts: Vec<Text>,
    /// Number of word pieces there are.
    pub vocabulary: usize,
}

impl Texts {
    /// The texts at `positions` as a batch.
    #[must_use]
    pub fn tokens(&self, positions: &[usize]) -> Tokens {
        let texts = positions.iter().map(|&position| {
            let text = &self.texts[position];
            (&text.ids[..], &text.types[..])
        });
        Tokens::new(texts)
    }

    pub(super) fn update(&self, hash: &mut Sha256) {
        for text in &self.texts {
            hash.update((text.ids.len() as u64).to_le_bytes());
            for id in &text.ids {
                hash.update(id.to_le_bytes());
            }
        }
    }
}
