//! What is left out of a data set: told, or an error.

use crate::Error;

/// Samples that are told one by one.
const TOLD: usize = 5;

/// Gathers samples that are left out, and why.
#[derive(Debug, Default)]
pub(super) struct Leavings {
    /// Whether samples that cannot be read are left out, instead of being errors.
    skip_broken: bool,
    /// Sentences about what was left out for what it is, whatever the experiment says.
    told: Vec<String>,
    /// Samples that cannot be read: how many, and the first of them with the reason.
    broken: usize,
    first: Vec<String>,
}

impl Leavings {
    /// Nothing so far.
    pub(super) fn new(skip_broken: bool) -> Self {
        Self {
            skip_broken,
            ..Self::default()
        }
    }

    /// What was read, or `None` where it could not be and is left out.
    ///
    /// # Errors
    /// What could not be read, where the experiment does not go on without it.
    pub(super) fn keep<T>(&mut self, read: Result<T, Error>) -> Result<Option<T>, Error> {
        match read {
            Ok(sample) => Ok(Some(sample)),
            Err(error) if !self.skip_broken => Err(error),
            Err(error) => {
                self.broken += 1;
                if self.first.len() < TOLD {
                    self.first.push(error.to_string());
                }
                Ok(None)
            }
        }
    }

    /// A sentence about samples that are left out for what they are.
    pub(super) fn tell(&mut self, sentence: String) {
        self.told.push(sentence);
    }

    /// All in words.
    pub(super) fn warnings(self) -> Vec<String> {
        let mut warnings = self.told;
        if self.broken > 0 {
            let more = match self.broken - self.first.len() {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            let samples = if self.broken == 1 {
                "sample"
            } else {
                "samples"
            };
            warnings.push(format!(
                "left out {} {samples} that cannot be read: {}{more}",
                self.broken,
                self.first.join("; ")
            ));
        }
        warnings
    }
}
