//! Whether a BERT can be, and whether texts are some that it knows.

use spindle_run::input::Tokens;

use super::{
    Size,
    layout::{MOST_TOKENS, TYPES},
};
use crate::{Error, panels::WIDTH};

impl Size {
    /// Whether there can be such a network.
    ///
    /// # Errors
    /// What cannot be.
    pub(super) fn check(&self, network: &'static str) -> Result<(), Error> {
        let reason = if self.layers == 0 || self.classes == 0 || self.vocabulary == 0 {
            "it has no layers, no classes or no word pieces".to_owned()
        } else if !self.has_whole_heads() {
            let (width, heads) = (self.width, self.heads);
            format!("{width} values in {heads} heads; a head has {WIDTH}, or a multiple of them")
        } else {
            return Ok(());
        };
        Err(Error::Network { network, reason })
    }

    fn has_whole_heads(&self) -> bool {
        self.width > 0 && self.heads > 0 && self.width.is_multiple_of(self.heads * WIDTH)
    }

    /// Whether texts are laid out as they say, and consist of what there are parameters for.
    ///
    /// # Errors
    /// What there is none for.
    pub(super) fn check_texts(&self, network: &'static str, tokens: &Tokens) -> Result<(), Error> {
        match self.misfit(tokens) {
            None => Ok(()),
            Some(reason) => Err(Error::Input { network, reason }),
        }
    }

    fn misfit(&self, tokens: &Tokens) -> Option<String> {
        let places = tokens.lengths.len() * tokens.length;
        if tokens.ids.len() != places || tokens.types.len() != places {
            let (texts, length) = (tokens.lengths.len(), tokens.length);
            return Some(format!("{texts} texts of {length} pieces in other arrays"));
        }
        let possible = 1..=tokens.length.min(MOST_TOKENS);
        if let Some(length) = tokens.lengths.iter().find(|n| !possible.contains(*n)) {
            return Some(format!(
                "a text of {length} word pieces; it takes 1 to {MOST_TOKENS}"
            ));
        }
        let texts = tokens.lengths.iter().zip(0..);
        let mut used =
            texts.flat_map(|(length, text)| (0..*length).map(move |i| text * tokens.length + i));
        let place = used.find(|&place| {
            tokens.ids[place] as usize >= self.vocabulary
                || usize::from(tokens.types[place]) >= TYPES
        })?;
        Some(format!(
            "piece {} of kind {}; there are {} pieces of {TYPES} kinds",
            tokens.ids[place], tokens.types[place], self.vocabulary
        ))
    }
}
