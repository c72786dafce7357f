//! The samples that a run measures, and their players.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, SeqAccess, Visitor},
};

/// Which samples a statistic is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Group {
    /// Test samples.
    Test,
    /// Training samples with their own label.
    Train,
    /// Training samples whose label was reset.
    Mislabelled,
}

impl Group {
    /// Its name in `run.json` and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Group::Test => "test",
            Group::Train => "train",
            Group::Mislabelled => "mislabelled",
        }
    }
}

/// One measured sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SampleRecord {
    /// Which samples it stands for.
    pub group: Group,
    /// Position in the test set, or in the training set, as the data set's files have it.
    pub position: usize,
    /// Label in use: the class whose log-odds are v.
    pub label: usize,
    /// Label of the data set; differs where it was reset.
    pub true_label: usize,
    /// Where its players are, player 0 first.
    pub players: Players,
}

/// The input variables of a sample, player 0 first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Players {
    /// Patches of a feature map as [row, column] on the 8x8 grid.
    Patches(Vec<[usize; 2]>),
    /// Words of a text.
    Words {
        /// Their numbers among the text's words.
        words: Vec<usize>,
    },
    /// Clusters of a cloud's points.
    Clusters {
        /// Their numbers.
        clusters: Vec<usize>,
    },
}

/// Without serde's buffer for untagged enums: what it takes is a tenth of the page's viewer.
impl<'de> Deserialize<'de> for Players {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlayersVisitor)
    }
}

struct PlayersVisitor;

impl<'de> Visitor<'de> for PlayersVisitor {
    type Value = Players;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of patches, {\"words\": [..]} or {\"clusters\": [..]}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Players, A::Error> {
        let mut patches = Vec::new();
        while let Some(patch) = seq.next_element()? {
            patches.push(patch);
        }
        Ok(Players::Patches(patches))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Players, A::Error> {
        let Some(kind) = map.next_key::<String>()? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        let numbers = map.next_value()?;
        match kind.as_str() {
            "words" => Ok(Players::Words { words: numbers }),
            "clusters" => Ok(Players::Clusters { clusters: numbers }),
            _ => Err(de::Error::unknown_field(&kind, &["words", "clusters"])),
        }
    }
}

impl Players {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Patches(patches) => patches.len(),
            Self::Words { words: players } | Self::Clusters { clusters: players } => players.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A word for each: `r1c5` for a patch, `w3` for a word, `c17` for a cluster.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let numbered = |letter: char, numbers: &[usize]| {
            let numbers = numbers.iter();
            numbers.map(|number| format!("{letter}{number}")).collect()
        };
        match self {
            Self::Patches(patches) => patches
                .iter()
                .map(|[row, column]| format!("r{row}c{column}"))
                .collect(),
            Self::Words { words } => numbered('w', words),
            Self::Clusters { clusters } => numbered('c', clusters),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn players_of_every_kind_come_back_and_others_are_named() -> Result<(), serde_json::Error> {
        for players in [
            Players::Patches(vec![[1, 2], [3, 4]]),
            Players::Words { words: vec![0, 7] },
            Players::Clusters { clusters: vec![29] },
        ] {
            let json = serde_json::to_vec(&players)?;
            assert_eq!(serde_json::from_slice::<Players>(&json)?, players);
        }
        for wrong in ["{}", r#"{"tones": [1]}"#, "3", "[[1]]"] {
            assert!(serde_json::from_str::<Players>(wrong).is_err(), "{wrong}");
        }
        Ok(())
    }
}
