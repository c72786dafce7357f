//! Texts into word pieces, as BERT (uncased) takes them: Devlin et al. 2019.

use std::path::PathBuf;

use spindle_run::{Experiment, content, unicode};
use tokenizers::{
    Model, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer,
    models::wordpiece::WordPiece, normalizers::BertNormalizer,
    pre_tokenizers::bert::BertPreTokenizer,
};

use super::{
    entry::{VOCABULARY, told},
    folder::Folder,
    texts::{MAX_PIECES, Text},
};
use crate::Error;
use spindle_run::player::MASK_TOKEN;

/// Numbers of the special pieces that stand around and between texts.
const CLS: u32 = 101;
const SEP: u32 = 102;

/// Special pieces with the numbers that they have in BERT's vocabularies.
const SPECIAL: [(&str, u32); 5] = [
    ("[PAD]", 0),
    ("[UNK]", 100),
    ("[CLS]", CLS),
    ("[SEP]", SEP),
    ("[MASK]", MASK_TOKEN),
];

/// BERT's tokeniser with a vocabulary.
#[derive(Debug)]
pub(super) struct WordPieces {
    model: WordPiece,
    /// Number of pieces there are.
    pub(super) vocabulary: usize,
}

/// A piece of a part of a text, and the number of its word within the part.
#[derive(Clone, Copy)]
struct Piece {
    id: u32,
    word: usize,
}

/// A part of a text in pieces.
struct Part {
    pieces: Vec<Piece>,
    /// Bytes of every word.
    words: Vec<[usize; 2]>,
}

impl WordPieces {
    /// With the experiment's vocabulary, or with `vocab.txt` in the data folder.
    ///
    /// # Errors
    /// A file that is not there, or whose special pieces are not at BERT's numbers.
    pub(super) fn load(experiment: &Experiment, folder: &Folder) -> Result<Self, Error> {
        let path = match &experiment.training.vocabulary {
            Some(file) => PathBuf::from(file),
            None => folder.find(VOCABULARY),
        };
        let name = path.display().to_string();
        let bytes = std::fs::read(&path).map_err(|source| Error::Read {
            path: told(&path),
            source,
            hint: "Texts need the word pieces of uncased BERT, one a line: vocab.txt in the data folder, or the file that --vocabulary names. It comes with any uncased BERT".to_owned(),
        })?;
        Self::parse(&name, &bytes)
    }

    /// With the vocabulary of a file, a piece a line.
    fn parse(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let invalid = |reason: String| Error::File {
            file: file.to_owned(),
            reason,
        };
        let bytes = unicode::utf8(bytes).map_err(invalid)?;
        let vocabulary = WordPiece::read_bytes(bytes.trim_ascii_end())
            .map_err(|error| invalid(error.to_string()))?;
        for (piece, number) in SPECIAL {
            let found = vocabulary.get(piece);
            if found != Some(&number) {
                return Err(invalid(format!(
                    "{piece} is {}, and in the vocabulary of uncased BERT it is number {number} (from 0)",
                    found.map_or("not in it".to_owned(), |found| format!("number {found}"))
                )));
            }
        }
        if let Some(piece) = of_cased(vocabulary.keys().map(String::as_str)) {
            return Err(invalid(format!(
                "it is of a cased BERT ({piece:?} is in it), and texts are read in small letters: an uncased BERT's vocabulary is needed"
            )));
        }
        // Pieces count by their lines, should one be there twice.
        let last = vocabulary.values().max().copied().unwrap_or_default();
        let model = WordPiece::builder().vocab(vocabulary).build();
        Ok(Self {
            model: model.map_err(|error| invalid(error.to_string()))?,
            vocabulary: last as usize + 1,
        })
    }

    /// `[CLS] first [SEP]` or `[CLS] first [SEP] second [SEP]`, no longer than [`MAX_PIECES`]: of a
    /// pair the longer part is cut first. `None` where a part has no words.
    ///
    /// # Errors
    /// A text that the tokeniser refuses.
    pub(super) fn text(&self, first: &str, second: Option<&str>) -> Result<Option<Text>, Error> {
        let mut parts = vec![self.part(first)?];
        if let Some(second) = second {
            parts.push(self.part(second)?);
        }
        if parts.iter().any(|part| part.words.is_empty()) {
            return Ok(None);
        }
        let special = 1 + parts.len();
        cut(&mut parts, MAX_PIECES - special);
        let shown = match second {
            Some(second) => format!("{first}\n{second}"),
            None => first.to_owned(),
        };
        Ok(Some(joined(shown, first.len() + 1, &parts)))
    }

    fn part(&self, text: &str) -> Result<Part, Error> {
        let refused = |error| Error::Data(format!("a text cannot be tokenised: {error}"));
        let mut split = PreTokenizedString::from(text);
        split
            .normalize(|part| BertNormalizer::default().normalize(part))
            .map_err(refused)?;
        BertPreTokenizer.pre_tokenize(&mut split).map_err(refused)?;
        let mut part = Part {
            pieces: Vec::new(),
            words: Vec::new(),
        };
        for (word, (start, end), _) in
            split.get_splits(OffsetReferential::Original, OffsetType::Byte)
        {
            let number = part.words.len();
            let tokens = self.model.tokenize(word).map_err(refused)?;
            part.pieces.extend(tokens.into_iter().map(|token| Piece {
                id: token.id,
                word: number,
            }));
            part.words.push([start, end]);
        }
        Ok(part)
    }
}

/// A piece that no text in small letters has, where more than a hundredth of a vocabulary are such:
/// some people add a few of their own.
fn of_cased<'a>(pieces: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let is_special = |piece: &str| piece.starts_with('[') && piece.ends_with(']');
    let cased = pieces
        .clone()
        .filter(|piece| !is_special(piece) && piece.chars().any(char::is_uppercase));
    match cased.clone().count() * 100 > pieces.count() {
        true => cased.min(),
        false => None,
    }
}

/// Shortens the longest part, the last of equals, until all together have `most` pieces.
fn cut(parts: &mut [Part], most: usize) {
    while parts.iter().map(|part| part.pieces.len()).sum::<usize>() > most {
        let longest = parts.iter_mut().max_by_key(|part| part.pieces.len());
        if let Some(longest) = longest {
            longest.pieces.pop();
        }
    }
}

/// Parts as one text; the second begins at byte `second` of what is shown.
fn joined(shown: String, second: usize, parts: &[Part]) -> Text {
    let mut text = Text {
        content: content::Text {
            text: shown,
            words: Vec::new(),
        },
        ids: vec![CLS],
        types: vec![0],
        words: vec![None],
    };
    for (kind, part) in parts.iter().enumerate() {
        let (before, start) = (text.content.words.len(), kind * second);
        for &Piece { id, word } in &part.pieces {
            text.ids.push(id);
            text.words.push(Some(before + word));
        }
        text.ids.push(SEP);
        text.words.push(None);
        text.types.resize(text.ids.len(), kind as u8);
        let words = part.words.iter().map(|word| word.map(|byte| byte + start));
        text.content.words.extend(words);
    }
    text
}
