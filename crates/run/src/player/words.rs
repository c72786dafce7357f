//! Words of a text as players.

use rand::{Rng, seq::SliceRandom};

use crate::input::Tokens;

/// Number of BERT's word piece `[MASK]`, which stands for what is absent.
pub const MASK_TOKEN: u32 = 103;

/// Draws `count` of the candidates, in the order of the text.
pub fn draw_words(mut candidates: Vec<usize>, count: usize, rng: &mut impl Rng) -> Vec<usize> {
    candidates.shuffle(rng);
    candidates.truncate(count);
    candidates.sort_unstable();
    candidates
}

/// Whether a word can be a player: no stop word (NLTK's list for English) and no punctuation
/// (2405.10262).
#[must_use]
pub fn is_candidate(word: &str) -> bool {
    let word = word.to_lowercase();
    word.chars().any(char::is_alphanumeric) && !STOP_WORDS.contains(&word.as_str())
}

/// All 2^n masks of a text's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordMasks {
    /// For every word piece, the bit of the player it belongs to, or 0.
    owners: Vec<u32>,
    players: usize,
}

impl WordMasks {
    /// Masks of the words numbered `players`; `words`: for every piece of the text the number of
    /// its word, if it is of one.
    #[must_use]
    pub fn new(players: &[usize], words: &[Option<usize>]) -> Self {
        let owner = |word: &Option<usize>| {
            let player = players.iter().position(|player| Some(*player) == *word);
            player.map_or(0, |player| 1 << player)
        };
        Self {
            owners: words.iter().map(owner).collect(),
            players: players.len(),
        }
    }

    /// Number of masks, 2^n.
    #[must_use]
    pub fn count(&self) -> usize {
        1 << self.players
    }

    /// A text under some masks: the pieces of absent words are `[MASK]`.
    #[must_use]
    pub fn apply(&self, text: &Tokens, masks: std::ops::Range<usize>) -> Tokens {
        let count = masks.len();
        let masked = masks.flat_map(|mask| {
            let owners = self.owners.iter().copied().chain(std::iter::repeat(0));
            let pieces = text.ids.iter().zip(owners);
            pieces.map(move |(&id, owner)| {
                if owner & !(mask as u32) == 0 {
                    id
                } else {
                    MASK_TOKEN
                }
            })
        });
        Tokens {
            ids: masked.collect(),
            types: text.types.repeat(count),
            lengths: text.lengths.repeat(count),
            length: text.length,
        }
    }
}

/// English stop words, as the Natural Language Toolkit lists them.
const STOP_WORDS: &[&str] = &[
    "i",
    "me",
    "my",
    "myself",
    "we",
    "our",
    "ours",
    "ourselves",
    "you",
    "you're",
    "you've",
    "you'll",
    "you'd",
    "your",
    "yours",
    "yourself",
    "yourselves",
    "he",
    "him",
    "his",
    "himself",
    "she",
    "she's",
    "her",
    "hers",
    "herself",
    "it",
    "it's",
    "its",
    "itself",
    "they",
    "them",
    "their",
    "theirs",
    "themselves",
    "what",
    "which",
    "who",
    "whom",
    "this",
    "that",
    "that'll",
    "these",
    "those",
    "am",
    "is",
    "are",
    "was",
    "were",
    "be",
    "been",
    "being",
    "have",
    "has",
    "had",
    "having",
    "do",
    "does",
    "did",
    "doing",
    "a",
    "an",
    "the",
    "and",
    "but",
    "if",
    "or",
    "because",
    "as",
    "until",
    "while",
    "of",
    "at",
    "by",
    "for",
    "with",
    "about",
    "against",
    "between",
    "into",
    "through",
    "during",
    "before",
    "after",
    "above",
    "below",
    "to",
    "from",
    "up",
    "down",
    "in",
    "out",
    "on",
    "off",
    "over",
    "under",
    "again",
    "further",
    "then",
    "once",
    "here",
    "there",
    "when",
    "where",
    "why",
    "how",
    "all",
    "any",
    "both",
    "each",
    "few",
    "more",
    "most",
    "other",
    "some",
    "such",
    "no",
    "nor",
    "not",
    "only",
    "own",
    "same",
    "so",
    "than",
    "too",
    "very",
    "s",
    "t",
    "can",
    "will",
    "just",
    "don",
    "don't",
    "should",
    "should've",
    "now",
    "d",
    "ll",
    "m",
    "o",
    "re",
    "ve",
    "y",
    "ain",
    "aren",
    "aren't",
    "couldn",
    "couldn't",
    "didn",
    "didn't",
    "doesn",
    "doesn't",
    "hadn",
    "hadn't",
    "hasn",
    "hasn't",
    "haven",
    "haven't",
    "isn",
    "isn't",
    "ma",
    "mightn",
    "mightn't",
    "mustn",
    "mustn't",
    "needn",
    "needn't",
    "shan",
    "shan't",
    "shouldn",
    "shouldn't",
    "wasn",
    "wasn't",
    "weren",
    "weren't",
    "won",
    "won't",
    "wouldn",
    "wouldn't",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_pieces_of_an_absent_word_are_masked_and_nothing_else() {
        // [CLS] un ##happy film . [SEP]
        let words = [None, Some(0), Some(0), Some(1), Some(2), None];
        let ids = [101, 4895, 3407, 2143, 1012, 102];
        let text = Tokens::new([(&ids[..], &[0; 6][..])].into_iter());
        let masks = WordMasks::new(&[0, 1], &words);
        assert_eq!(masks.count(), 4);
        let masked = masks.apply(&text, 1..3);
        assert_eq!(masked.ids[..6], [101, 4895, 3407, MASK_TOKEN, 1012, 102]);
        assert_eq!(
            masked.ids[6..],
            [101, MASK_TOKEN, MASK_TOKEN, 2143, 1012, 102]
        );
        assert_eq!(masked.lengths, [6, 6]);
        assert_eq!(masks.apply(&text, 3..4).ids, ids);
    }

    #[test]
    fn stop_words_and_punctuation_are_no_players() {
        for word in ["The", "not", ",", "--", "isn't"] {
            assert!(!is_candidate(word), "{word}");
        }
        for word in ["film", "3d", "Un-happy"] {
            assert!(is_candidate(word), "{word}");
        }
    }
}
