//! Tables of texts: a sample a line, in columns.

use std::{collections::BTreeSet, io::Cursor};

use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord, Terminator};
use spindle_run::{Experiment, modality::Texts, parallel};

use crate::{
    Data, Error, Split,
    folder::Folder,
    leavings::Leavings,
    quotes::{self, Quotes},
    texts::{Text, TextSet},
    word_pieces::WordPieces,
};

/// Lines that are tokenised at a time.
const CHUNK: usize = 4096;
/// Lines that are told of those that have no words.
const TOLD: usize = 5;

/// What a line of a table says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A sample.
    Sample {
        label: u16,
        first: String,
        /// The second text of a pair.
        second: Option<String>,
    },
    /// A sample that people did not agree on a label for.
    Unlabelled,
}

/// What a published data set of texts is, beside its lines.
pub(super) struct Published<'a> {
    /// Files of the training and of the test set.
    pub(super) files: [&'a str; 2],
    pub(super) classes: &'a [&'a str],
    /// Where it came from, in words.
    pub(super) source: &'a str,
}

impl Published<'_> {
    /// Reads both files; `split` reads the samples of one.
    ///
    /// # Errors
    /// Files or a vocabulary that are missing, and what `split` says of the lines.
    pub(super) fn load(
        &self,
        experiment: &Experiment,
        folder: &Folder,
        split: impl Fn(&str, &WordPieces, &mut Leavings) -> Result<Split<Texts>, Error>,
    ) -> Result<Data<Texts>, Error> {
        folder.check()?;
        let pieces = WordPieces::load(experiment, folder)?;
        let mut leavings = Leavings::new(experiment.training.skip_broken);
        let [train, test] = self.files;
        Ok(Data {
            train: split(train, &pieces, &mut leavings)?,
            test: split(test, &pieces, &mut leavings)?,
            classes: self.classes.iter().map(|name| (*name).to_owned()).collect(),
            source: self.source.to_owned(),
            warnings: leavings.warnings(),
        })
    }
}

/// A table that is read line by line.
pub(super) struct Table {
    /// Its file, as errors name it.
    file: String,
    reader: Reader<Cursor<Vec<u8>>>,
    /// Columns of the header; empty without one.
    header: StringRecord,
    /// Whether no line may have more columns than the header.
    is_strict: bool,
    /// In words, what of it may be meant in another way than it is read.
    doubt: Option<String>,
}

impl Table {
    /// A table with tabs between columns, a header, and no quotes: GLUE's files.
    ///
    /// # Errors
    /// A file that is not there or not in UTF-8.
    pub(super) fn tabs(folder: &Folder, file: &str) -> Result<Self, Error> {
        let mut builder = ReaderBuilder::new();
        builder
            .delimiter(b'\t')
            .quoting(false)
            .terminator(Terminator::Any(b'\n'));
        Self::open(folder, file, folder.utf8(file)?, &mut builder)
    }

    /// A table of one's own with tabs between columns and a header; in quotes as its columns show,
    /// and with no line of more columns than the header.
    ///
    /// # Errors
    /// A file that is not there or not in UTF-8.
    pub(super) fn own(folder: &Folder, file: &str) -> Result<Self, Error> {
        let bytes = folder.utf8(file)?;
        let quotes = quotes::meant(&bytes);
        let mut builder = ReaderBuilder::new();
        builder
            .delimiter(b'\t')
            .quoting(quotes == Quotes::Around)
            .terminator(Terminator::Any(b'\n'));
        let mut table = Self::open(folder, file, bytes, &mut builder)?;
        table.is_strict = true;
        if let Quotes::Unclear(line) = quotes {
            table.doubt = Some(format!(
                "{}: quotes are read as a part of the texts, though some may be around columns, as pandas writes them; see line {line}",
                table.file
            ));
        }
        Ok(table)
    }

    /// A table with commas between columns, quotes, and perhaps a header, which begins with
    /// `first`.
    ///
    /// # Errors
    /// A file that is not there or not in UTF-8.
    pub(super) fn commas(folder: &Folder, file: &str, first: &str) -> Result<Self, Error> {
        let has_header = |table: &Self| table.header.get(0).is_some_and(|name| name == first);
        let bytes = folder.utf8(file)?;
        let table = Self::open(folder, file, bytes.clone(), &mut ReaderBuilder::new())?;
        if has_header(&table) {
            return Ok(table);
        }
        let mut builder = ReaderBuilder::new();
        Self::open(folder, file, bytes, builder.has_headers(false))
    }

    fn open(
        folder: &Folder,
        file: &str,
        bytes: Vec<u8>,
        builder: &mut ReaderBuilder,
    ) -> Result<Self, Error> {
        let name = folder.path(file).display().to_string();
        let mut reader = builder.flexible(true).from_reader(Cursor::new(bytes));
        let header = match reader.has_headers() {
            true => trimmed(
                reader
                    .headers()
                    .map_err(|error| broken(&name, Some(1), &error.to_string()))?,
            ),
            false => StringRecord::new(),
        };
        Ok(Self {
            file: name,
            reader,
            header,
            is_strict: false,
            doubt: None,
        })
    }

    /// The place of a column.
    ///
    /// # Errors
    /// A header without it.
    pub(super) fn column(&self, name: &str) -> Result<usize, Error> {
        let found = self.header.iter().position(|column| column == name);
        found.ok_or_else(|| {
            let columns: Vec<_> = self.header.iter().take(16).collect();
            let reason = format!("there is no column \"{name}\" but {columns:?}");
            broken(&self.file, Some(1), &reason)
        })
    }

    /// What there is in a column, sorted, without lines that are broken.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn values(mut self, column: usize) -> Result<Vec<String>, Error> {
        let mut values = BTreeSet::new();
        let width = self.width();
        for record in self.reader.byte_records() {
            let record = record.map_err(|error| broken(&self.file, None, &error.to_string()))?;
            let record = StringRecord::from_byte_record(record).ok();
            let record = record.filter(|record| width(record).is_ok());
            let value = record.as_ref().and_then(|record| record.get(column));
            values.extend(value.map(|value| value.trim().to_owned()));
        }
        values.remove("");
        Ok(values.into_iter().collect())
    }

    /// Tells whether a line has no more columns than the header, where that is asked for.
    fn width(&self) -> impl Fn(&StringRecord) -> Result<(), String> + use<> {
        let (columns, is_strict) = (self.header.len(), self.is_strict);
        move |record| {
            let mut beyond = record.iter().skip(columns);
            match is_strict && beyond.any(|field| !field.trim().is_empty()) {
                true => Err(format!(
                    "it has {} columns, and the header {columns}; a tab within a text would be one more",
                    record.len()
                )),
                false => Ok(()),
            }
        }
    }

    /// All samples, tokenised; `parse` tells what a line says, or what is wrong with it.
    ///
    /// # Errors
    /// The first line that is broken, where broken ones are not left out.
    pub(super) fn split(
        mut self,
        pieces: &WordPieces,
        leavings: &mut Leavings,
        parse: impl Fn(&StringRecord) -> Result<Line, String>,
    ) -> Result<Split<Texts>, Error> {
        let mut read = Read::default();
        if let Some(doubt) = self.doubt.take() {
            leavings.tell(doubt);
        }
        loop {
            let lines = self.chunk(leavings, &parse)?;
            if lines.is_empty() {
                break;
            }
            read.add(&lines, pieces)?;
        }
        read.tell(&self.file, leavings);
        let texts = TextSet {
            texts: read.texts,
            vocabulary: pieces.vocabulary,
        };
        Split::new(read.labels, texts)
    }

    /// What the next lines say, each with its number; none at the end.
    fn chunk(
        &mut self,
        leavings: &mut Leavings,
        parse: impl Fn(&StringRecord) -> Result<Line, String>,
    ) -> Result<Vec<(u64, Line)>, Error> {
        let mut lines = Vec::new();
        let width = self.width();
        let mut record = ByteRecord::new();
        while lines.len() < CHUNK {
            let more = self.reader.read_byte_record(&mut record);
            if !more.map_err(|error| broken(&self.file, None, &error.to_string()))? {
                break;
            }
            let number = record.position().map_or(0, csv::Position::line);
            let line = StringRecord::from_byte_record(record.clone())
                .map_err(|_| "it is not in UTF-8".to_owned())
                .and_then(|record| width(&record).map(|()| record))
                .and_then(|record| parse(&trimmed(&record)))
                .map_err(|reason| broken(&self.file, Some(number), &reason));
            lines.extend(leavings.keep(line)?.map(|line| (number, line)));
        }
        Ok(lines)
    }
}

/// What of a table was read so far.
#[derive(Default)]
struct Read {
    labels: Vec<u16>,
    texts: Vec<Text>,
    /// Numbers of lines without words.
    empty: Vec<u64>,
    unlabelled: usize,
}

impl Read {
    fn add(&mut self, lines: &[(u64, Line)], pieces: &WordPieces) -> Result<(), Error> {
        let texts = parallel::map(lines.len(), |index| match &lines[index].1 {
            Line::Sample { first, second, .. } => pieces.text(first, second.as_deref()),
            Line::Unlabelled => Ok(None),
        });
        for ((number, line), text) in lines.iter().zip(texts) {
            match (line, text?) {
                (Line::Unlabelled, _) => self.unlabelled += 1,
                (Line::Sample { .. }, None) => self.empty.push(*number),
                (Line::Sample { label, .. }, Some(text)) => {
                    self.labels.push(*label);
                    self.texts.push(text);
                }
            }
        }
        Ok(())
    }

    /// Tells what was left out.
    fn tell(&self, file: &str, leavings: &mut Leavings) {
        if self.unlabelled > 0 {
            leavings.tell(format!(
                "left out {} of {file} that have no label people agreed on",
                self.unlabelled
            ));
        }
        if !self.empty.is_empty() {
            let first: Vec<_> = self.empty.iter().take(TOLD).map(u64::to_string).collect();
            let more = if self.empty.len() > TOLD { ", ..." } else { "" };
            leavings.tell(format!(
                "left out {} of {file} that have no words (lines {}{more})",
                self.empty.len(),
                first.join(", ")
            ));
        }
    }
}

/// A line without blanks around its columns, and without a byte order mark before the first.
fn trimmed(record: &StringRecord) -> StringRecord {
    let fields = record.iter();
    fields
        .map(|field| field.trim_start_matches('\u{feff}').trim())
        .collect()
}

/// The error for a table, or for a line of it.
fn broken(file: &str, line: Option<u64>, reason: &str) -> Error {
    Error::File {
        file: file.to_owned(),
        reason: match line {
            Some(line) => format!("line {line}: {reason}"),
            None => reason.to_owned(),
        },
    }
}

/// A line's column.
///
/// # Errors
/// In words, where the line ends before it.
pub(super) fn field<'a>(
    record: &'a StringRecord,
    column: usize,
    name: &str,
) -> Result<&'a str, String> {
    record.get(column).ok_or_else(|| {
        format!(
            "it has {} columns, and \"{name}\" is column {}",
            record.len(),
            column + 1
        )
    })
}
