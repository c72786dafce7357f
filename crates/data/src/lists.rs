//! Lists of samples in text files: a sample a line, in columns with blanks between them.

use std::collections::HashMap;

use super::folder::Folder;
use crate::Error;

/// A file of lines, as errors name it.
pub(super) struct List {
    file: String,
    text: String,
}

impl List {
    /// A file of the data folder.
    ///
    /// # Errors
    /// A file that is missing or not in UTF-8.
    pub(super) fn read(folder: &Folder, file: &str) -> Result<Self, Error> {
        Ok(Self {
            file: folder.path(file).display().to_string(),
            text: folder.text(file)?,
        })
    }

    /// What `parse` makes of every line that is not empty.
    ///
    /// # Errors
    /// The first line that it makes nothing of, which should be what `expected` says.
    pub(super) fn map<'a, T>(
        &'a self,
        expected: &str,
        parse: impl Fn(&'a str) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        let lines = self.text.lines().enumerate();
        let lines = lines.filter(|(_, line)| !line.trim().is_empty());
        let parsed = lines.map(|(number, line)| {
            parse(line).ok_or_else(|| {
                self.broken(format!(
                    "line {} is {line:?} and not {expected}",
                    number + 1
                ))
            })
        });
        parsed.collect()
    }

    /// Lines of a number and what belongs to it.
    ///
    /// # Errors
    /// A line that does not begin with a number, that `parse` makes nothing of, or a number that is
    /// there twice.
    pub(super) fn by_number<'a, T>(
        &'a self,
        expected: &str,
        parse: impl Fn(&'a str) -> Option<T>,
    ) -> Result<HashMap<u32, T>, Error> {
        let pairs = self.map(expected, |line| {
            let (number, rest) = line.trim().split_once([' ', '\t'])?;
            Some((number.parse().ok()?, parse(rest.trim())?))
        })?;
        let count = pairs.len();
        let map: HashMap<u32, T> = pairs.into_iter().collect();
        if map.len() < count {
            return Err(self.broken("a number is in it twice".to_owned()));
        }
        Ok(map)
    }

    /// The error for this file.
    pub(super) fn broken(&self, reason: String) -> Error {
        Error::File {
            file: self.file.clone(),
            reason,
        }
    }
}
