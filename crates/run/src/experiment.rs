//! The one config of an experiment: command line flags, `run.json` and the page's controls are this struct.

use serde::{Deserialize, Serialize};
use spindle_interactions::{decompose, reference};

use crate::Error;

/// A network that Spindle builds from random weights.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Model {
    /// LeNet-5 with ReLU and max pooling on 32x32 inputs, 61,706 parameters on grey digits.
    #[default]
    Lenet,
    /// VGG-11 without batch normalisation, on 32x32 or 224x224 inputs.
    #[serde(rename = "vgg-11")]
    #[cfg_attr(feature = "clap", value(name = "vgg-11"))]
    Vgg11,
    /// VGG-13 without batch normalisation, on 32x32 or 224x224 inputs.
    #[serde(rename = "vgg-13")]
    #[cfg_attr(feature = "clap", value(name = "vgg-13"))]
    Vgg13,
    /// VGG-16 without batch normalisation, on 32x32 or 224x224 inputs.
    #[serde(rename = "vgg-16")]
    #[cfg_attr(feature = "clap", value(name = "vgg-16"))]
    Vgg16,
    /// AlexNet on 224x224 inputs.
    #[serde(rename = "alexnet")]
    #[cfg_attr(feature = "clap", value(name = "alexnet"))]
    AlexNet,
    /// BERT with 2 layers of 128 values, for classification of texts.
    BertTiny,
    /// BERT with 8 layers of 512 values, for classification of texts.
    BertMedium,
    /// DGCNN with 20 neighbours a point, for classification of point clouds.
    Dgcnn,
}

/// A kind of data: what a sample is and what its players are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pictures; players are patches of a feature map.
    Pictures,
    /// Texts; players are words.
    Texts,
    /// Clouds of points; players are clusters of points.
    Clouds,
}

impl Kind {
    /// Its name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pictures => "pictures",
            Self::Texts => "texts",
            Self::Clouds => "point clouds",
        }
    }
}

impl Model {
    /// All models.
    pub const ALL: [Self; 8] = [
        Self::Lenet,
        Self::Vgg11,
        Self::Vgg13,
        Self::Vgg16,
        Self::AlexNet,
        Self::BertTiny,
        Self::BertMedium,
        Self::Dgcnn,
    ];

    /// What it classifies.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Lenet | Self::Vgg11 | Self::Vgg13 | Self::Vgg16 | Self::AlexNet => Kind::Pictures,
            Self::BertTiny | Self::BertMedium => Kind::Texts,
            Self::Dgcnn => Kind::Clouds,
        }
    }

    /// Its name as the papers write it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Lenet => "LeNet",
            Self::Vgg11 => "VGG-11",
            Self::Vgg13 => "VGG-13",
            Self::Vgg16 => "VGG-16",
            Self::AlexNet => "AlexNet",
            Self::BertTiny => "BERT-Tiny",
            Self::BertMedium => "BERT-Medium",
            Self::Dgcnn => "DGCNN",
        }
    }
}

/// A data set.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Dataset {
    /// Handwritten digits: 60,000 + 10,000 from the original files, 6,000 + 1,000 without `data_dir`.
    #[default]
    Mnist,
    /// Small colour pictures of 10 classes, from the binary files.
    #[serde(rename = "cifar-10")]
    #[cfg_attr(feature = "clap", value(name = "cifar-10"))]
    Cifar10,
    /// Birds of 200 classes, cropped to their bounding boxes.
    #[serde(rename = "cub-200-2011")]
    #[cfg_attr(feature = "clap", value(name = "cub-200-2011"))]
    Cub,
    /// Every 4th class of Tiny-ImageNet: 50 of 200.
    TinyImagenet,
    /// Sentences of film reviews, negative or positive.
    #[serde(rename = "sst-2")]
    #[cfg_attr(feature = "clap", value(name = "sst-2"))]
    Sst2,
    /// News of 4 classes.
    AgNews,
    /// Pairs of sentences: entailment, neutral or contradiction.
    Mnli,
    /// ShapeNet's parts benchmark: clouds of 16 classes.
    #[serde(rename = "shapenet")]
    #[cfg_attr(feature = "clap", value(name = "shapenet"))]
    ShapeNet,
    /// Clouds on solids of 16 classes, made by Spindle itself from the seed.
    Solids,
    /// Data of one's own: arrays, folders of pictures, or a table of texts.
    Own,
}

impl Dataset {
    /// All data sets.
    pub const ALL: [Self; 10] = [
        Self::Mnist,
        Self::Cifar10,
        Self::Cub,
        Self::TinyImagenet,
        Self::Sst2,
        Self::AgNews,
        Self::Mnli,
        Self::ShapeNet,
        Self::Solids,
        Self::Own,
    ];

    /// What it holds; `None` where its files decide.
    #[must_use]
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Self::Mnist | Self::Cifar10 | Self::Cub | Self::TinyImagenet => Some(Kind::Pictures),
            Self::Sst2 | Self::AgNews | Self::Mnli => Some(Kind::Texts),
            Self::ShapeNet | Self::Solids => Some(Kind::Clouds),
            Self::Own => None,
        }
    }

    /// Its name as the papers write it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Mnist => "MNIST",
            Self::Cifar10 => "CIFAR-10",
            Self::Cub => "CUB-200-2011",
            Self::TinyImagenet => "Tiny-ImageNet",
            Self::Sst2 => "SST-2",
            Self::AgNews => "AG News",
            Self::Mnli => "MNLI",
            Self::ShapeNet => "ShapeNet",
            Self::Solids => "solids",
            Self::Own => "own data",
        }
    }
}

/// How a sample's output is decomposed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Solver {
    /// The linear program, solved to a certified gap (ours).
    #[default]
    Certified,
    /// The published procedure: SGD with momentum for a fixed number of steps.
    Sgd,
}

/// What the noise bound is relative to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum NoiseScale {
    /// |v(N) - v(empty)|, as published.
    #[default]
    Change,
    /// The standard deviation of v over all masks.
    Deviation,
}

impl From<NoiseScale> for decompose::NoiseScale {
    fn from(scale: NoiseScale) -> Self {
        match scale {
            NoiseScale::Change => Self::Change,
            NoiseScale::Deviation => Self::Deviation,
        }
    }
}

/// How the learning rate of the published SGD goes on from its first value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Schedule {
    /// Log-spaced down to a tenth of it, as in the authors' code.
    #[default]
    Falling,
    /// It stays.
    Constant,
}

impl From<Schedule> for reference::Schedule {
    fn from(schedule: Schedule) -> Self {
        match schedule {
            Schedule::Falling => Self::Falling,
            Schedule::Constant => Self::Constant,
        }
    }
}

impl Schedule {
    /// In words, behind "learning rate R".
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Falling => "falling to a tenth",
            Self::Constant => "constant",
        }
    }
}

/// Where the players of a sample are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Placement {
    /// The same patches for all samples (similarity between samples needs this).
    #[default]
    Shared,
    /// Drawn anew for every sample, seeded by the sample.
    PerSample,
}

/// What computes the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Device {
    /// All cores of this machine, by fused kernels.
    #[default]
    Cpu,
    /// All cores of this machine, by Burn's flex backend: the reference for the kernels.
    Flex,
    /// The GPU, by fused kernels on WebGPU: in a browser, so no flag of the command line.
    #[cfg_attr(feature = "clap", value(skip))]
    Webgpu,
}

/// An experiment: what is trained, on what, and how its interactions are measured.
///
/// The same experiment gives the same numbers: every random choice comes from [`Experiment::seed`].
/// Missing fields of its JSON take their defaults; fields that it does not know are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "clap", derive(clap::Args))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Experiment {
    /// Network to train.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t = Experiment::default().model, help_heading = "Training"))]
    pub model: Model,
    /// Data set.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t = Experiment::default().data, help_heading = "Training"))]
    pub data: Dataset,
    /// Folder with the data set's original files; without it, MNIST is the embedded subset. Solids need none.
    #[cfg_attr(
        feature = "clap",
        arg(long, value_name = "FOLDER", help_heading = "Training")
    )]
    pub data_dir: Option<String>,
    /// File with BERT's word pieces, one a line; without it, `vocab.txt` in the data folder.
    #[cfg_attr(
        feature = "clap",
        arg(long, value_name = "FILE", help_heading = "Training")
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<String>,
    /// Points of a cloud that are used, 32 to 4,096, drawn from those there are.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COUNT", default_value_t = Experiment::default().points, help_heading = "Training"))]
    pub points: usize,
    /// Go on without samples that cannot be read; they are counted and named.
    #[cfg_attr(feature = "clap", arg(long, help_heading = "Training"))]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skip_broken: bool,
    /// Training samples to use, drawn stratified by class, at least 1; all without it.
    #[cfg_attr(
        feature = "clap",
        arg(long, value_name = "SAMPLES", help_heading = "Training")
    )]
    pub train_size: Option<usize>,
    /// Share of training labels reset at random to another class, 0 to below 1.
    #[cfg_attr(feature = "clap", arg(long, value_name = "SHARE", default_value_t = Experiment::default().label_noise, help_heading = "Training"))]
    pub label_noise: f64,
    /// Passes over the training set, 1 to 100,000.
    #[cfg_attr(feature = "clap", arg(long, default_value_t = Experiment::default().epochs, help_heading = "Training"))]
    pub epochs: usize,
    /// Samples per training step, 1 to 65,536.
    #[cfg_attr(feature = "clap", arg(long, value_name = "SAMPLES", default_value_t = Experiment::default().batch, help_heading = "Training"))]
    pub batch: usize,
    /// Learning rate of SGD, above 0.
    #[cfg_attr(feature = "clap", arg(long, visible_alias = "lr", value_name = "RATE", default_value_t = Experiment::default().learning_rate, help_heading = "Training"))]
    pub learning_rate: f64,
    /// Momentum of SGD (no dampening, no weight decay), 0 to below 1.
    #[cfg_attr(feature = "clap", arg(long, default_value_t = Experiment::default().momentum, help_heading = "Training"))]
    pub momentum: f64,
    /// Seed of every random choice, 0 to 2^53 - 1.
    #[cfg_attr(feature = "clap", arg(long, default_value_t = Experiment::default().seed, help_heading = "Training"))]
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub seed: u64,
    /// Checkpoints to measure: before training, fractions of the first epoch, then spaced logarithmically; 2 to 1,000.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COUNT", default_value_t = Experiment::default().checkpoints, help_heading = "Measurement"))]
    pub checkpoints: usize,
    /// Test samples whose interactions are extracted, 1 to 10,000.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COUNT", default_value_t = Experiment::default().samples, help_heading = "Measurement"))]
    pub samples: usize,
    /// Training samples with their own label, for the similarity between training and test, 0 to 10,000.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COUNT", default_value_t = Experiment::default().train_samples, help_heading = "Measurement"))]
    pub train_samples: usize,
    /// Training samples whose label was reset, 0 to 10,000.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COUNT", default_value_t = Experiment::default().mislabelled_samples, help_heading = "Measurement"))]
    pub mislabelled_samples: usize,
    /// Input variables (players) per sample, n, 2 to 20; every sample takes 2^n masked outputs.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COUNT", default_value_t = Experiment::default().players, help_heading = "Measurement"))]
    pub players: usize,
    /// Whether samples share the positions of their players.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t = Experiment::default().placement, help_heading = "Measurement"))]
    pub placement: Placement,
    /// How outputs are decomposed.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t = Experiment::default().solver, help_heading = "Decomposition"))]
    pub solver: Solver,
    /// Bound of the noise term, in units of the noise scale, 0 to 1.
    #[cfg_attr(feature = "clap", arg(long, value_name = "RATIO", default_value_t = Experiment::default().noise_ratio, help_heading = "Decomposition"))]
    pub noise_ratio: f64,
    /// What the noise bound is relative to: |v(N) - v(empty)| or the standard deviation of v.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t = Experiment::default().noise_scale, help_heading = "Decomposition"))]
    pub noise_scale: NoiseScale,
    /// Do without certified ranges over all near-optimal decompositions (they are proved up to 14 players).
    #[cfg_attr(feature = "clap", arg(long = "no-range", action = clap::ArgAction::SetFalse, help_heading = "Decomposition"))]
    pub ranges: bool,
    /// Certified relative gap of the smallest norm, 1e-9 to below 1.
    #[cfg_attr(feature = "clap", arg(long, value_name = "GAP", default_value_t = Experiment::default().tolerance, help_heading = "Decomposition"))]
    pub tolerance: f64,
    /// Salience threshold over the mean of |v(N) - v(empty)|, 0 to 1.
    #[cfg_attr(feature = "clap", arg(long, value_name = "RATIO", default_value_t = Experiment::default().salience, help_heading = "Decomposition"))]
    pub salience: f64,
    /// First learning rate of the published SGD, above 0.
    #[cfg_attr(feature = "clap", arg(long, visible_alias = "sgd-lr", value_name = "RATE", default_value_t = Experiment::default().sgd_learning_rate, help_heading = "Decomposition"))]
    pub sgd_learning_rate: f64,
    /// How it goes on: falling to a tenth, as in the authors' code, or constant.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t = Experiment::default().sgd_schedule, help_heading = "Decomposition"))]
    pub sgd_schedule: Schedule,
    /// Run the published SGD with rates of 1e-4 to 1e-8, in nats and in units of |v(N) - v(empty)|, where it is compared.
    #[cfg_attr(feature = "clap", arg(long, help_heading = "Decomposition"))]
    pub sgd_sweep: bool,
    /// Steps of the published SGD, 1 to 10,000,000.
    #[cfg_attr(feature = "clap", arg(long, value_name = "STEPS", default_value_t = Experiment::default().sgd_steps, help_heading = "Decomposition"))]
    pub sgd_steps: usize,
    /// Bootstrap resamples behind every interval, 100 to 1,000,000.
    #[cfg_attr(feature = "clap", arg(long, value_name = "COUNT", default_value_t = Experiment::default().resamples, help_heading = "Decomposition"))]
    pub resamples: usize,
    /// What computes the network.
    #[cfg_attr(feature = "clap", arg(long, value_enum, default_value_t = Experiment::default().device, help_heading = "Training"))]
    pub device: Device,
}

impl Default for Experiment {
    fn default() -> Self {
        Self {
            model: Model::Lenet,
            data: Dataset::Mnist,
            data_dir: None,
            vocabulary: None,
            points: 1024,
            skip_broken: false,
            train_size: None,
            label_noise: 0.01,
            epochs: 128,
            batch: 128,
            learning_rate: 0.01,
            momentum: 0.9,
            seed: 0,
            checkpoints: 16,
            samples: 50,
            train_samples: 50,
            mislabelled_samples: 0,
            players: 10,
            placement: Placement::Shared,
            solver: Solver::Certified,
            noise_ratio: 0.02,
            noise_scale: NoiseScale::Change,
            ranges: true,
            tolerance: 1e-3,
            salience: 0.03,
            sgd_learning_rate: 1e-5,
            sgd_schedule: Schedule::Falling,
            sgd_sweep: false,
            sgd_steps: 10_000,
            resamples: 1000,
            device: Device::Cpu,
        }
    }
}

/// Most players of a sample: a game has 2^n outputs.
pub const MAX_PLAYERS: usize = 20;

/// What a number in an experiment may be.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Range {
    /// Name of the field.
    pub field: &'static str,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Whether `min` itself is out.
    pub min_excluded: bool,
    /// Whether `max` itself is out.
    pub max_excluded: bool,
    #[serde(skip)]
    #[cfg_attr(feature = "ts", ts(skip))]
    value: fn(&Experiment) -> Option<f64>,
}

impl Range {
    const fn closed(
        field: &'static str,
        min: f64,
        max: f64,
        value: fn(&Experiment) -> Option<f64>,
    ) -> Self {
        Self {
            field,
            min,
            max,
            min_excluded: false,
            max_excluded: false,
            value,
        }
    }

    const fn below_max(self) -> Self {
        Self {
            max_excluded: true,
            ..self
        }
    }

    const fn above_min(self) -> Self {
        Self {
            min_excluded: true,
            ..self
        }
    }

    /// Whether `value` is allowed; NaN is not.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        let above = if self.min_excluded {
            value > self.min
        } else {
            value >= self.min
        };
        let below = if self.max_excluded {
            value < self.max
        } else {
            value <= self.max
        };
        above && below
    }

    /// The range in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let above = if self.min_excluded {
            "above"
        } else {
            "at least"
        };
        let below = if self.max_excluded {
            "below"
        } else {
            "at most"
        };
        format!("{above} {} and {below} {}", self.min, self.max)
    }
}

/// Ranges of all numbers in an experiment, for checks and for the page's controls.
pub const RANGES: [Range; 19] = [
    Range::closed("train_size", 1.0, 1e9, |e| {
        e.train_size.map(|size| size as f64)
    }),
    Range::closed("points", 32.0, 4096.0, |e| Some(e.points as f64)),
    Range::closed("label_noise", 0.0, 1.0, |e| Some(e.label_noise)).below_max(),
    Range::closed("epochs", 1.0, 1e5, |e| Some(e.epochs as f64)),
    Range::closed("batch", 1.0, 65_536.0, |e| Some(e.batch as f64)),
    Range::closed("learning_rate", 0.0, 1e3, |e| Some(e.learning_rate)).above_min(),
    Range::closed("momentum", 0.0, 1.0, |e| Some(e.momentum)).below_max(),
    // What JavaScript holds without rounding: the page keeps the seed in its URL.
    Range::closed("seed", 0.0, 9_007_199_254_740_991.0, |e| {
        Some(e.seed as f64)
    }),
    Range::closed("checkpoints", 2.0, 1e3, |e| Some(e.checkpoints as f64)),
    Range::closed("samples", 1.0, 1e4, |e| Some(e.samples as f64)),
    Range::closed("train_samples", 0.0, 1e4, |e| Some(e.train_samples as f64)),
    Range::closed("mislabelled_samples", 0.0, 1e4, |e| {
        Some(e.mislabelled_samples as f64)
    }),
    Range::closed("players", 2.0, MAX_PLAYERS as f64, |e| {
        Some(e.players as f64)
    }),
    Range::closed("noise_ratio", 0.0, 1.0, |e| Some(e.noise_ratio)),
    Range::closed("tolerance", 1e-9, 1.0, |e| Some(e.tolerance)).below_max(),
    Range::closed("salience", 0.0, 1.0, |e| Some(e.salience)),
    Range::closed("sgd_learning_rate", 0.0, 1e3, |e| Some(e.sgd_learning_rate)).above_min(),
    Range::closed("sgd_steps", 1.0, 1e7, |e| Some(e.sgd_steps as f64)),
    Range::closed("resamples", 1e2, 1e6, |e| Some(e.resamples as f64)),
];

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

impl Experiment {
    /// How its outputs are decomposed.
    #[must_use]
    pub fn decomposition(&self) -> decompose::Params {
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

    /// Checks every number against [`RANGES`], before any work.
    ///
    /// # Errors
    /// [`Error::Field`] with the first field that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        for range in &RANGES {
            if let Some(value) = (range.value)(self)
                && !range.contains(value)
            {
                return Err(Error::Field {
                    field: range.field,
                    value: value.to_string(),
                    allowed: range.in_words(),
                });
            }
        }
        for (field, path) in [
            ("data_dir", &self.data_dir),
            ("vocabulary", &self.vocabulary),
        ] {
            if path.as_deref() == Some("") {
                return Err(Error::Field {
                    field,
                    value: "empty".into(),
                    allowed: "a path, or absent".into(),
                });
            }
        }
        self.check_pair()
    }

    /// Whether the model takes what the data set holds.
    fn check_pair(&self) -> Result<(), Error> {
        let takes = self.model.kind();
        match self.data.kind() {
            Some(holds) if holds != takes => Err(Error::Field {
                field: "model",
                value: self.model.title().into(),
                allowed: format!(
                    "one that takes {}, which {} holds",
                    holds.name(),
                    self.data.title()
                ),
            }),
            _ => Ok(()),
        }
    }

    /// Fields in which `self` (left) and `other` (right) differ, in alphabetical order.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let (left, right) = (self.fields(), other.fields());
        let mut differences: Vec<_> = left
            .iter()
            .filter_map(|(field, value)| {
                let theirs = right.get(field)?;
                let words = |value: &serde_json::Value| match value {
                    serde_json::Value::String(text) => text.clone(),
                    serde_json::Value::Null => "not given".into(),
                    value => value.to_string(),
                };
                (value != theirs).then(|| Difference {
                    field: field.clone(),
                    left: words(value),
                    right: words(theirs),
                })
            })
            .collect();
        differences.sort_by(|a, b| a.field.cmp(&b.field));
        differences
    }

    /// Differences that make another run of it. Where the original files lie does not: their digest is in the record.
    #[must_use]
    pub fn decisive_differences(&self, other: &Self) -> Vec<Difference> {
        let moved = self.data_dir.is_some() && other.data_dir.is_some();
        let mut differences = self.differences(other);
        differences.retain(|difference| match difference.field.as_str() {
            "data_dir" => !moved,
            "vocabulary" => false,
            _ => true,
        });
        differences
    }

    /// The same experiment for others to read: of `data_dir` only the last component, since where a maker keeps their files is
    /// nobody's business.
    #[must_use]
    pub fn without_paths(&self) -> Self {
        let last_component = |path: &str| {
            let mut names = path.rsplit(['/', '\\']).filter(|name| !name.is_empty());
            names.next().unwrap_or_default().to_owned()
        };
        Self {
            data_dir: self.data_dir.as_deref().map(last_component),
            vocabulary: self.vocabulary.as_deref().map(last_component),
            ..self.clone()
        }
    }

    fn fields(&self) -> serde_json::Map<String, serde_json::Value> {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        }
    }
}
