//! Texts as samples: sentences and their word pieces.

use std::fmt::{self, Display, Formatter};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};
use spindle_run::{
    content,
    each::Each,
    experiment::Placement,
    input::{TextShape, Tokens},
    modality::Texts,
    player::{WordMasks, draw_words, is_candidate},
    random::Stream,
    record::Players,
};

use crate::{
    AnyData, AnyEncoded, Choices, Data, DataKind, Description, Error, Parts,
    bytes::{packed, unpacked},
    error::{no_sample, numbered, wrong_players},
    kind::Digested,
};

/// Most pieces of a text, special ones included: what is longer is cut, of a pair the longer part
/// first.
pub const MAX_PIECES: usize = 128;

/// A piece that is of no word, in messages.
const NO_WORD: u32 = u32::MAX;

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
pub struct TextSet {
    /// The texts.
    pub texts: Vec<Text>,
    /// Number of word pieces there are.
    pub vocabulary: usize,
}

impl TextSet {
    /// The text at `position`.
    ///
    /// # Errors
    /// A position beyond the texts.
    pub fn text(&self, position: usize) -> Result<&Text, Error> {
        let text = self.texts.get(position);
        text.ok_or_else(|| no_sample("text", position, self.texts.len()))
    }
}

/// What texts are, for people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename = "texts")]
pub struct TextDescription {
    /// Number of word pieces there are.
    pub vocabulary: usize,
    /// Word pieces of the longest text.
    pub longest: usize,
    /// Word pieces of a text on average.
    pub mean: f64,
}

impl Display for TextDescription {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "texts of {:.1} word pieces on average and at most {}, of a vocabulary of {}",
            self.mean, self.longest, self.vocabulary
        )
    }
}

/// A text in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodedText {
    /// The text; the parts of a pair on a line each.
    pub text: String,
    /// Bytes `[start, end)` of every word, u32.
    pub words: ByteBuf,
    /// Word pieces, u32.
    pub ids: ByteBuf,
    /// Whether a piece is of the second part of a pair, u8.
    pub types: ByteBuf,
    /// For every piece the number of its word, u32; the largest number where it is of none.
    pub word_of_piece: ByteBuf,
}

impl DataKind for Texts {
    type Samples = TextSet;
    /// Numbers of words.
    type Players = Vec<usize>;
    /// For every piece the number of its word, if it is of one.
    type Alignment = Vec<Option<usize>>;
    type Encoded = EncodedText;

    const PLAYERS: &'static str = "texts have words";
    const MEASURABLE: &'static str = " with enough words for the players";

    fn count(samples: &TextSet) -> usize {
        samples.texts.len()
    }

    fn size(samples: &TextSet) -> TextShape {
        TextShape {
            vocabulary: samples.vocabulary,
        }
    }

    fn describe(samples: &TextSet) -> Description {
        let lengths = samples.texts.iter().map(|text| text.ids.len());
        let count = lengths.len().max(1);
        Description(Each::Texts(TextDescription {
            vocabulary: samples.vocabulary,
            longest: lengths.clone().max().unwrap_or(0),
            mean: lengths.sum::<usize>() as f64 / count as f64,
        }))
    }

    fn digest(samples: &TextSet, hash: &mut Sha256, _: Digested) {
        for text in &samples.texts {
            hash.update((text.ids.len() as u64).to_le_bytes());
            for id in &text.ids {
                hash.update(id.to_le_bytes());
            }
        }
    }

    fn batch(samples: &TextSet, positions: &[usize], shape: TextShape) -> Result<Tokens, Error> {
        if shape.vocabulary != samples.vocabulary {
            return Err(Error::Data(format!(
                "texts of a vocabulary of {} do not go into a network for one of {}",
                samples.vocabulary, shape.vocabulary
            )));
        }
        let texts: Vec<&Text> = positions
            .iter()
            .map(|&position| samples.text(position))
            .collect::<Result<_, _>>()?;
        let pieces = texts.iter().map(|text| (&text.ids[..], &text.types[..]));
        Ok(Tokens::new(pieces))
    }

    fn content(
        samples: &TextSet,
        position: usize,
        (): (),
        _: Choices,
    ) -> Result<(content::Text, Vec<Option<usize>>), Error> {
        let text = samples.text(position)?;
        Ok((text.content.clone(), text.words.clone()))
    }

    fn has_players(samples: &TextSet, position: usize, players: usize) -> bool {
        let text = samples.texts.get(position);
        text.is_some_and(|text| text.candidates().len() >= players)
    }

    fn unmeasured(samples: &TextSet, players: usize) -> Option<String> {
        let texts = samples.texts.len();
        let enough = (0..texts).filter(|&position| Self::has_players(samples, position, players));
        let short = texts - enough.count();
        (short > 0).then(|| {
            format!(
                "{short} of {texts} test texts have fewer than {players} words that can be players (no stop words, no punctuation); they are not measured"
            )
        })
    }

    fn draw_players(
        samples: &TextSet,
        position: usize,
        players: usize,
        _: Placement,
        choices: Choices,
    ) -> Result<Vec<usize>, Error> {
        let candidates = samples.text(position)?.candidates();
        let mut rng = choices.of_its_own(Stream::Players);
        Ok(draw_words(candidates, players, &mut rng))
    }

    fn any_players(words: Vec<usize>) -> Players {
        Players::Words { words }
    }

    fn players(players: &Players) -> Option<Vec<usize>> {
        match players {
            Players::Words { words } => Some(words.clone()),
            _ => None,
        }
    }

    fn check_players(
        position: usize,
        words: &Vec<usize>,
        text: &content::Text,
        word_of_piece: &Vec<Option<usize>>,
    ) -> Result<(), Error> {
        numbered(position, "words", words, text.words.len())?;
        let there = |word: &&usize| word_of_piece.contains(&Some(**word));
        match words.iter().find(|word| !there(word)) {
            None => Ok(()),
            Some(word) => {
                let allowed = format!("words of sample {position} that were not cut off");
                Err(wrong_players(word.to_string(), allowed))
            }
        }
    }

    fn masks(
        words: &Vec<usize>,
        _: &content::Text,
        word_of_piece: &Vec<Option<usize>>,
        (): (),
    ) -> WordMasks {
        WordMasks::new(words, word_of_piece)
    }

    fn encode(
        content: &content::Text,
        tokens: &Tokens,
        word_of_piece: &Vec<Option<usize>>,
    ) -> Result<EncodedText, Error> {
        let number = |number: usize| {
            u32::try_from(number).map_err(|_| Error::Data("a text is too long to send".to_owned()))
        };
        let words: Vec<u32> = content
            .words
            .as_flattened()
            .iter()
            .map(|&byte| number(byte))
            .collect::<Result<_, _>>()?;
        let word_of_piece: Vec<u32> = word_of_piece
            .iter()
            .map(|word| word.map_or(Ok(NO_WORD), number))
            .collect::<Result<_, _>>()?;
        Ok(EncodedText {
            text: content.text.clone(),
            words: packed(words.into_iter().map(u32::to_le_bytes)),
            ids: packed(tokens.ids.iter().map(|id| id.to_le_bytes())),
            types: ByteBuf::from(tokens.types.clone()),
            word_of_piece: packed(word_of_piece.into_iter().map(u32::to_le_bytes)),
        })
    }

    fn decode(encoded: EncodedText, shape: TextShape) -> Result<Parts<Self>, Error> {
        let byte = |bytes| u32::from_le_bytes(bytes) as usize;
        let words = unpacked("words", &encoded.words, |bytes: [u8; 8]| {
            let [start, end] = [0, 4].map(|at| std::array::from_fn(|i| bytes[at + i]));
            [byte(start), byte(end)]
        })?;
        let content = content::Text {
            text: encoded.text,
            words,
        };
        content.check()?;
        let ids = unpacked("word pieces", &encoded.ids, u32::from_le_bytes)?;
        if let Some(id) = ids.iter().find(|id| **id as usize >= shape.vocabulary) {
            return Err(Error::Data(format!(
                "word piece {id} came for a network of a vocabulary of {}",
                shape.vocabulary
            )));
        }
        if !(1..=MAX_PIECES).contains(&ids.len()) || encoded.types.iter().any(|part| *part > 1) {
            return Err(Error::Data(format!(
                "a text has 1 to {MAX_PIECES} word pieces of the parts 0 and 1, {} came",
                ids.len()
            )));
        }
        let numbers = unpacked(
            "words of pieces",
            &encoded.word_of_piece,
            u32::from_le_bytes,
        )?;
        if [encoded.types.len(), numbers.len()] != [ids.len(); 2] {
            return Err(Error::Data(format!(
                "a text of {} word pieces came with {} types and {} numbers of words",
                ids.len(),
                encoded.types.len(),
                numbers.len()
            )));
        }
        let word = |number: u32| (number != NO_WORD).then_some(number as usize);
        let word_of_piece = numbers.into_iter().map(word).collect();
        let tokens = Tokens::new([(&ids[..], &encoded.types[..])].into_iter());
        Ok((content, tokens, word_of_piece))
    }

    fn any_encoded(encoded: EncodedText) -> AnyEncoded {
        Each::Texts(encoded)
    }

    fn encoded(encoded: AnyEncoded) -> Option<EncodedText> {
        match encoded {
            Each::Texts(encoded) => Some(encoded),
            _ => None,
        }
    }

    fn any_data(data: Data<Self>) -> AnyData {
        Each::Texts(data)
    }
}
