//! In what experiments differ, and what of them is nobody's business.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Experiment, Training};

/// A field in which two experiments differ, with both values as `run.json` has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Difference {
    /// Name of the field.
    pub field: String,
    /// Value in the first experiment.
    pub left: String,
    /// Value in the second.
    pub right: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, left, right } = self;
        write!(f, "{field} is {left} there, {right} asked for")
    }
}

impl Experiment {
    /// Fields in which `self` (left) and `other` (right) differ, in alphabetical order.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let (left, right) = (self.fields(), other.fields());
        let fields = left.into_iter().zip(right);
        let differing = fields.filter(|((_, left), (_, right))| left != right);
        let difference = |((field, left), (_, right)): ((String, Value), (String, Value))| {
            let (left, right) = (in_words(left), in_words(right));
            Difference { field, left, right }
        };
        differing.map(difference).collect()
    }

    /// Differences that make another run of it. Where the original files lie does not: their digest
    /// is in the record.
    #[must_use]
    pub fn decisive_differences(&self, other: &Self) -> Vec<Difference> {
        let moved = self.training.data_dir.is_some() && other.training.data_dir.is_some();
        let mut differences = self.differences(other);
        differences.retain(|difference| match difference.field.as_str() {
            "data_dir" => !moved,
            "vocabulary" => false,
            _ => true,
        });
        differences
    }

    /// The same experiment for others to read: of `data_dir` only the last component, since where a
    /// maker keeps their files is nobody's business.
    #[must_use]
    pub fn without_paths(&self) -> Self {
        Self {
            training: Training {
                data_dir: self.training.data_dir.as_deref().map(last_component),
                vocabulary: self.training.vocabulary.as_deref().map(last_component),
                ..self.training.clone()
            },
            ..self.clone()
        }
    }

    /// All fields, of all groups beside each other, in alphabetical order.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        let Ok(Value::Object(groups)) = serde_json::to_value(self) else {
            return Map::new();
        };
        let mut fields = Map::new();
        for (name, value) in groups {
            match value {
                Value::Object(group) => fields.extend(group),
                value => {
                    fields.insert(name, value);
                }
            }
        }
        fields
    }
}

/// A field's value as reports and messages have it.
#[must_use]
pub fn in_words(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => "not given".into(),
        value => value.to_string(),
    }
}

fn last_component(path: &str) -> String {
    let mut names = path.rsplit(['/', '\\']).filter(|name| !name.is_empty());
    names.next().unwrap_or_default().to_owned()
}
