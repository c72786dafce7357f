//! Data sets and what they hold.

use serde::{Deserialize, Serialize};

use super::Kind;

/// A data set.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Dataset {
    /// Handwritten digits: 60,000 + 10,000 from the original files, 6,000 + 1,000 without
    /// `data_dir`.
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
