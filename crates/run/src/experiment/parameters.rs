//! The table of all parameters. A row is all that is to be said of one: doc, type, default, flag
//! and range.

use serde::{Deserialize, Serialize};
use spindle_interactions::{decompose, reference};

use super::{
    Dataset, Experiment, Model, NoiseScale, Placement, Range, Schedule, Solver, range::Number,
};

/// Most players of a sample: a game has 2^n outputs.
pub const MAX_PLAYERS: usize = 20;

/// What JavaScript holds without rounding: the page keeps the seed in its URL.
const MAX_SEED: f64 = 9_007_199_254_740_991.0;

/// One parameter, as the table has it.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Name of the field.
    pub field: &'static str,
    /// What it is, in a sentence or two.
    pub help: &'static str,
    /// What it may be, where it is a number.
    pub range: Option<Range>,
}

/// Ranges of all numbers in an experiment, for checks and for the page's controls.
pub fn ranges() -> impl Iterator<Item = &'static Range> {
    PARAMETERS.iter().filter_map(|row| row.range.as_ref())
}

/// A field's default: what its row says, or else its type's.
macro_rules! default {
    () => {
        Default::default()
    };
    ($default:expr) => {
        $default
    };
}

/// What a row may have or not.
macro_rules! optional {
    () => {
        None
    };
    ($value:expr) => {
        Some($value)
    };
}

/// Makes the groups of rows `field: type = default, flag(what clap is told) in range`, and
/// [`PARAMETERS`].
///
/// A field without a default takes its type's, and its flag then need not be given.
macro_rules! parameters {
    ($(
        $(#[doc = $about:literal])+
        $group:ident: $name:ident under $heading:literal {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $type:ty $(= $default:expr)?, flag($($flag:tt)*) $(in $range:expr)?;
            )+
        }
    )+) => {
        $(
            $(#[doc = $about])+
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            #[cfg_attr(feature = "clap", derive(clap::Args))]
            #[serde(default, deny_unknown_fields)]
            #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
            pub struct $name {
                $(
                    $(#[doc = $doc])+
                    #[cfg_attr(
                        feature = "clap",
                        arg(long, $(default_value_t = $default,)? help_heading = $heading, $($flag)*)
                    )]
                    pub $field: $type,
                )+
            }

            impl Default for $name {
                fn default() -> Self {
                    Self {
                        $($field: default!($($default)?),)+
                    }
                }
            }

            impl $name {
                /// Reads the value of the field `name`, and tells whether there is such a field.
                pub(super) fn read<'de, A: serde::de::MapAccess<'de>>(
                    &mut self,
                    name: &str,
                    map: &mut A,
                ) -> Result<bool, A::Error> {
                    match name {
                        $(stringify!($field) => self.$field = map.next_value()?,)+
                        _ => return Ok(false),
                    }
                    Ok(true)
                }
            }
        )+

        /// All parameters, group by group.
        pub const PARAMETERS: &[Parameter] = &[
            $($(
                Parameter {
                    field: stringify!($field),
                    help: concat!($($doc),+),
                    range: optional!($(Range {
                        group: stringify!($group),
                        field: stringify!($field),
                        whole: <$type as Number>::WHOLE,
                        value: |experiment: &Experiment| experiment.$group.$field.number(),
                        ..$range
                    })?),
                },
            )+)+
        ];
    };
}

parameters! {
    /// What is trained, on what, and how.
    training: Training under "Training" {
        /// Network to train.
        model: Model = Model::default(), flag(value_enum);
        /// Data set.
        data: Dataset = Dataset::default(), flag(value_enum);
        /// Folder with the data set's original files; without it, MNIST is the embedded subset.
        /// Solids need none.
        data_dir: Option<String>, flag(value_name = "FOLDER");
        /// File with BERT's word pieces, one a line; without it, `vocab.txt` in the data folder.
        vocabulary: Option<String>, flag(value_name = "FILE");
        /// Points of a cloud that are used, 32 to 4,096, drawn from those there are.
        points: usize = 1024, flag(value_name = "COUNT") in Range::within(32.0, 4096.0);
        /// Go on without samples that cannot be read; they are counted and named.
        skip_broken: bool, flag();
        /// Training samples to use, drawn stratified by class, 1 to 1,000,000,000; all without it.
        train_size: Option<usize>, flag(value_name = "SAMPLES") in Range::within(1.0, 1e9);
        /// Share of training labels reset at random to another class, 0 to below 1.
        label_noise: f64 = 0.01, flag(value_name = "SHARE") in Range::within(0.0, 1.0).below_max();
        /// Passes over the training set, 1 to 100,000.
        epochs: usize = 128, flag() in Range::within(1.0, 1e5);
        /// Samples per training step, 1 to 65,536.
        batch: usize = 128, flag(value_name = "SAMPLES") in Range::within(1.0, 65_536.0);
        /// Learning rate of SGD, above 0 to 1,000.
        learning_rate: f64 = 0.01, flag(visible_alias = "lr", value_name = "RATE")
            in Range::within(0.0, 1e3).above_min();
        /// Momentum of SGD (no dampening, no weight decay), 0 to below 1.
        momentum: f64 = 0.9, flag() in Range::within(0.0, 1.0).below_max();
        /// Weight of a penalty on interactions, 0 to 1,000,000; 0: none. The mean square of
        /// differences of masked outputs, which are 0 where nothing joins so many players, is added
        /// to the loss. LeNets and perceptrons know it, on the CPU.
        penalty: f64 = 0.0, flag(value_name = "WEIGHT") in Range::within(0.0, 1e6);
        /// Order from which on interactions are penalised, 1 to 6.
        penalty_order: usize = 3, flag(value_name = "ORDER") in Range::within(1.0, 6.0);
        /// Seed of every random choice, 0 to 2^53 - 1.
        seed: u64 = 0, flag() in Range::within(0.0, MAX_SEED);
    }

    /// What is measured, and when.
    measurement: Measurement under "Measurement" {
        /// Checkpoints to measure: before training, fractions of the first epoch, then spaced
        /// logarithmically; 2 to 1,000.
        checkpoints: usize = 16, flag(value_name = "COUNT") in Range::within(2.0, 1e3);
        /// Test samples whose interactions are extracted, 1 to 10,000.
        samples: usize = 50, flag(value_name = "COUNT") in Range::within(1.0, 1e4);
        /// Training samples with their own label, for the similarity between training and test, 0
        /// to 10,000.
        train_samples: usize = 50, flag(value_name = "COUNT") in Range::within(0.0, 1e4);
        /// Training samples whose label was reset, 0 to 10,000.
        mislabelled_samples: usize = 0, flag(value_name = "COUNT") in Range::within(0.0, 1e4);
        /// Input variables (players) per sample, n, 2 to 20; every sample takes 2^n masked outputs.
        players: usize = 10, flag(value_name = "COUNT") in Range::within(2.0, MAX_PLAYERS as f64);
        /// Seed of the choice of measured samples alone, 0 to 2^53 - 1; without it, the seed of
        /// every random choice.
        samples_seed: Option<u64>, flag(value_name = "SEED") in Range::within(0.0, MAX_SEED);
        /// Seed of the players alone, 0 to 2^53 - 1; without it, the seed of every random choice.
        players_seed: Option<u64>, flag(value_name = "SEED") in Range::within(0.0, MAX_SEED);
        /// Whether samples share the positions of their players.
        placement: Placement = Placement::default(), flag(value_enum);
    }

    /// How what was measured is decomposed and read.
    decomposition: Solving under "Decomposition" {
        /// How outputs are decomposed.
        solver: Solver = Solver::default(), flag(value_enum);
        /// Bound of the noise term, in units of the noise scale, 0 to 1.
        noise_ratio: f64 = decompose::Params::default().noise_ratio, flag(value_name = "RATIO")
            in Range::within(0.0, 1.0);
        /// What the noise bound is relative to: |v(N) - v(empty)| or the standard deviation of v.
        noise_scale: NoiseScale = NoiseScale::default(), flag(value_enum);
        /// Do without certified ranges over all near-optimal decompositions (they are proved up to
        /// 14 players).
        ranges: bool = decompose::Params::default().ranges,
            flag(long = "no-range", action = clap::ArgAction::SetFalse);
        /// Certified relative gap of the smallest norm, 1e-9 to below 1.
        tolerance: f64 = decompose::Params::default().tolerance, flag(value_name = "GAP")
            in Range::within(1e-9, 1.0).below_max();
        /// Salience threshold over the mean of |v(N) - v(empty)|, 0 to 1.
        salience: f64 = 0.03, flag(value_name = "RATIO") in Range::within(0.0, 1.0);
        /// First learning rate of the published SGD, above 0 to 1,000.
        sgd_learning_rate: f64 = reference::Params::default().learning_rate,
            flag(visible_alias = "sgd-lr", value_name = "RATE")
            in Range::within(0.0, 1e3).above_min();
        /// How it goes on: falling to a tenth, as in the authors' code, or constant.
        sgd_schedule: Schedule = Schedule::default(), flag(value_enum);
        /// Run the published SGD with rates of 1e-4 to 1e-8, in nats and in units of
        /// |v(N) - v(empty)|, where it is compared.
        sgd_sweep: bool, flag();
        /// Steps of the published SGD, 1 to 10,000,000.
        sgd_steps: usize = reference::Params::default().steps, flag(value_name = "STEPS")
            in Range::within(1.0, 1e7);
        /// Bootstrap resamples behind every interval, 100 to 1,000,000.
        resamples: usize = 1000, flag(value_name = "COUNT") in Range::within(1e2, 1e6);
    }
}

impl Solving {
    /// How outputs are decomposed by the certified solver.
    #[must_use]
    pub fn params(&self) -> decompose::Params {
        decompose::Params {
            noise_ratio: self.noise_ratio,
            noise_scale: self.noise_scale.into(),
            tolerance: self.tolerance,
            ranges: self.ranges,
            ..Default::default()
        }
    }

    /// How the published SGD is run on them.
    #[must_use]
    pub fn published_sgd(&self) -> reference::Params {
        reference::Params {
            learning_rate: self.sgd_learning_rate,
            schedule: self.sgd_schedule.into(),
            steps: self.sgd_steps,
            noise_ratio: self.noise_ratio,
            noise_scale: self.noise_scale.into(),
            ..Default::default()
        }
    }
}
