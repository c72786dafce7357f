//! A part of a sweep, or of a run, for one of several workers.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use crate::Error;

/// One part of several: `2/8` is the second of eight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 1.
    index: u64,
    /// Of how many.
    count: u64,
}

/// How far apart the numbers of a Slurm array are.
const STEP: &str = "SLURM_ARRAY_TASK_STEP";
/// Where a scheduler tells a worker which one it is: its number, how many there are, and the number
/// of the first.
const SCHEDULERS: [(&str, &str, Option<&str>); 2] = [
    (
        "SLURM_ARRAY_TASK_ID",
        "SLURM_ARRAY_TASK_COUNT",
        Some("SLURM_ARRAY_TASK_MIN"),
    ),
    ("JOB_COMPLETION_INDEX", "JOB_COMPLETION_COUNT", None),
];

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { index: 1, count: 1 };

    fn new(index: u64, count: u64, said: &str) -> Result<Self, Error> {
        if (1..=count).contains(&index) {
            return Ok(Self { index, count });
        }
        Err(Error::Shard(format!(
            "{said}: there is no part {index} of {count}; parts are 1/{0} to {0}/{0}",
            count.max(1)
        )))
    }

    /// The part that was asked for, or the one that a scheduler's variables name (Slurm's arrays,
    /// Kubernetes' indexed jobs); all of it where nobody says anything.
    ///
    /// # Errors
    /// [`Error::Shard`] for variables that are no numbers or lack their count, and where two of
    /// these disagree.
    pub fn find(
        asked: Option<Self>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let mut found: Vec<(String, Self)> = Vec::new();
        found.extend(asked.map(|shard| ("--shard".to_owned(), shard)));
        for (index, count, first) in SCHEDULERS {
            let Some(id) = variable(index) else {
                continue;
            };
            // A job that is no array has an index without a count, and is one part.
            let Some(of) = variable(count) else {
                continue;
            };
            let least = match first.and_then(&variable) {
                Some(least) => whole(first.unwrap_or_default(), &least)?,
                None => 0,
            };
            let id = whole(index, &id)?;
            let place = id.checked_sub(least).ok_or_else(|| {
                Error::Shard(format!("{index} is {id}, below the first one, {least}"))
            })?;
            found.push((
                index.to_owned(),
                Self::new(place + 1, whole(count, &of)?, index)?,
            ));
        }
        if let Some(step) = variable(STEP).filter(|step| step.trim() != "1") {
            return Err(Error::Shard(format!(
                "{STEP} is {step}: of an array with steps half of the parts would be nobody's; use --array=1-N"
            )));
        }
        let Some((_, shard)) = found.first() else {
            return Ok(Self::WHOLE);
        };
        match found.iter().find(|(_, other)| other != shard) {
            Some((name, other)) => Err(Error::Shard(format!(
                "{} says {shard}, {name} says {other}; they must agree",
                found[0].0
            ))),
            None => Ok(*shard),
        }
    }

    /// Whether it holds what is called `name`: by a digest of the name, the same on every machine.
    #[must_use]
    pub fn holds(self, name: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
        let number = digest[..8]
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte));
        number % self.count == self.index - 1
    }

    /// Whether it is all of it.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.count == 1
    }
}

fn whole(name: &str, text: &str) -> Result<u64, Error> {
    let number = text.trim().parse();
    number.map_err(|_| Error::Shard(format!("{name} is `{text}`, which is no whole number")))
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let Some((index, count)) = text.split_once('/') else {
            return Err(Error::Shard(format!(
                "`{text}` is none; 2/8 is the second of eight"
            )));
        };
        Self::new(whole("a part", index)?, whole("a count", count)?, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        let variables: Vec<(String, String)> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        move |wanted| {
            let mut found = variables.iter();
            found
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.clone())
        }
    }

    #[test]
    fn every_name_lies_in_one_part_and_stays_there() {
        let parts: Vec<Shard> = (1..=5).map(|i| format!("{i}/5").parse().unwrap()).collect();
        let mut counts = [0; 5];
        for seed in 0..500 {
            let name = format!("label-noise=0.1,seed={seed}");
            let holding: Vec<usize> = (0..5).filter(|&i| parts[i].holds(&name)).collect();
            assert_eq!(holding.len(), 1);
            counts[holding[0]] += 1;
        }
        assert!(
            counts.iter().all(|&count| (70..130).contains(&count)),
            "{counts:?}"
        );
        // Fixed for good: workers of other versions and machines have to agree.
        assert!(parts[2].holds("label-noise=0.1,seed=0"));
        assert!(Shard::WHOLE.holds("anything"));
    }

    #[test]
    fn schedulers_are_understood_and_have_to_agree() {
        let slurm = [
            ("SLURM_ARRAY_TASK_ID", "5"),
            ("SLURM_ARRAY_TASK_COUNT", "8"),
            ("SLURM_ARRAY_TASK_MIN", "1"),
        ];
        let found = Shard::find(None, with(&slurm)).unwrap();
        assert_eq!(found.to_string(), "5/8");
        let kubernetes = [("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETION_COUNT", "4")];
        assert_eq!(
            Shard::find(None, with(&kubernetes)).unwrap().to_string(),
            "1/4"
        );
        assert_eq!(Shard::find(None, with(&[])).unwrap(), Shard::WHOLE);
        let asked = Some("2/8".parse().unwrap());
        let error = Shard::find(asked, with(&slurm)).unwrap_err().to_string();
        assert!(error.contains("2/8") && error.contains("5/8"), "{error}");
        let step = [&slurm[..], &[("SLURM_ARRAY_TASK_STEP", "2")]].concat();
        let error = Shard::find(None, with(&step)).unwrap_err().to_string();
        assert!(error.contains("SLURM_ARRAY_TASK_STEP is 2"), "{error}");
        let one = [&slurm[..], &[("SLURM_ARRAY_TASK_STEP", "1")]].concat();
        assert_eq!(Shard::find(None, with(&one)).unwrap().to_string(), "5/8");
        let wrong = [
            ("SLURM_ARRAY_TASK_ID", "x"),
            ("SLURM_ARRAY_TASK_COUNT", "8"),
        ];
        let error = Shard::find(None, with(&wrong)).unwrap_err().to_string();
        assert!(error.contains("no whole number"), "{error}");
    }

    #[test]
    fn parts_that_are_none_are_refused() {
        for text in ["4/3", "0/3", "1/0", "3", "a/b", "1/", "-1/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
