//! Reading an experiment from JSON: its fields in groups, or all beside each other as in `run.json`
//! before version 5.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

use super::Experiment;

/// Fields of an experiment itself.
const OWN: [&str; 3] = ["training", "measurement", "decomposition"];
/// Before version 5 an experiment named what computes it, which says nothing of its numbers.
const DEVICE: &str = "device";

impl<'de> Deserialize<'de> for Experiment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Experiment;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an experiment")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Experiment, A::Error> {
        let mut experiment = Experiment::default();
        let mut seen = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            experiment.read(&name, &mut map)?;
        }
        refuse_mixture(&seen)?;
        Ok(experiment)
    }
}

impl Experiment {
    /// Reads the value of the field `name`: a group, or a field of one.
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "training" => self.training = map.next_value()?,
            "measurement" => self.measurement = map.next_value()?,
            "decomposition" => self.decomposition = map.next_value()?,
            DEVICE => {
                map.next_value::<IgnoredAny>()?;
            }
            name => {
                let known = self.training.read(name, map)?
                    || self.measurement.read(name, map)?
                    || self.decomposition.read(name, map)?;
                if !known {
                    return Err(A::Error::unknown_field(name, &OWN));
                }
            }
        }
        Ok(())
    }
}

/// Of a field in its group and the same field beside it, nobody knows which one counts.
fn refuse_mixture<E: Error>(seen: &BTreeSet<String>) -> Result<(), E> {
    let has_groups = OWN.iter().any(|group| seen.contains(*group));
    match seen
        .iter()
        .find(|name| !OWN.contains(&name.as_str()) && *name != DEVICE)
    {
        Some(name) if has_groups => Err(E::custom(format!(
            "field `{name}` is outside of its group, and other fields are in theirs"
        ))),
        _ => Ok(()),
    }
}
