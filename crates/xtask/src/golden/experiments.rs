//! The experiments: every network, every layout of data and every engine, as small as they go.

use super::data::{self, Layout};

/// A run with both builds.
pub(super) struct Experiment {
    pub(super) name: &'static str,
    /// Flags that name network and data, which `spindle values` knows as well.
    pair: &'static str,
    /// Its data folder; none where data come with the tool.
    layout: Option<Layout>,
    /// Flags of training, measurement and decomposition.
    course: &'static str,
    /// Flags that this experiment has beside them.
    more: &'static str,
    /// Whether the other commands are tried on the run, too.
    pub(super) further: bool,
}

/// LeNet on the digits that come with the tool, with labels reset at random.
const LENET: &str = "--train-size 400 --epochs 3 --checkpoints 5 --samples 6 --train-samples 6 --mislabelled-samples 3 --label-noise 0.1 --players 6 --resamples 100 --sgd-steps 200 --batch 32";
/// Small networks on small data.
const SMALL: &str = "--train-size 24 --epochs 3 --checkpoints 4 --samples 4 --train-samples 3 --mislabelled-samples 1 --label-noise 0.1 --players 5 --resamples 100 --sgd-steps 200 --batch 8";
/// Networks whose outputs take longer.
const SLOW: &str = "--train-size 24 --epochs 2 --checkpoints 3 --samples 3 --train-samples 2 --label-noise 0.1 --players 4 --resamples 100 --sgd-steps 200 --batch 8";
/// Networks with millions of parameters.
const DEEP: &str = "--train-size 24 --epochs 2 --checkpoints 2 --samples 2 --train-samples 0 --label-noise 0.1 --players 4 --resamples 100 --sgd-steps 200 --batch 8";
/// AlexNet, with pictures of 224x224 pixels.
const LARGE: &str = "--train-size 8 --epochs 1 --checkpoints 2 --samples 1 --train-samples 1 --label-noise 0 --players 3 --resamples 100 --sgd-steps 200 --batch 4";
/// The clouds that the tool makes come with 400 test clouds.
const SOLIDS: &str = "--train-size 48 --epochs 2 --checkpoints 2 --samples 3 --train-samples 2 --label-noise 0.1 --players 5 --resamples 100 --sgd-steps 200 --batch 16";
/// A run that is long enough to be killed on the way.
pub(super) const INTERRUPTED: &str = "--train-size 400 --epochs 6 --checkpoints 8 --samples 8 --train-samples 4 --mislabelled-samples 2 --label-noise 0.1 --players 7 --resamples 100 --sgd-steps 200 --batch 32";

/// The published procedure in place of the linear program.
const PUBLISHED: &str = "--solver sgd";
/// Each sample has players of its own.
const OWN_PLACES: &str = "--placement per-sample --noise-scale deviation --no-range";
/// The reference engine.
const REFERENCE: &str = "--device flex";

/// All of them, the fast ones first.
pub(super) fn all() -> Vec<Experiment> {
    let mut all = pictures();
    all.extend(texts());
    all.extend(clouds());
    all.extend(deep());
    all
}

fn pictures() -> Vec<Experiment> {
    let at = |name, pair, layout| row(name, pair, Some(layout), SMALL);
    let cub = "--model lenet --data cub-200-2011";
    let tiny_imagenet = "--model lenet --data tiny-imagenet";
    vec![
        row("lenet", "--model lenet", None, LENET).further(),
        row("lenet-sgd", "--model lenet", None, LENET).with(PUBLISHED),
        row("lenet-per-sample", "--model lenet", None, LENET).with(OWN_PLACES),
        row("lenet-narrow", "--model lenet-narrow", None, LENET),
        row("lenet-3x3", "--model lenet-3x3", None, LENET),
        row("lenet-7x7", "--model lenet-7x7", None, LENET),
        row("mlp", "--model mlp", None, LENET),
        row("mlp-narrow", "--model mlp-narrow", None, LENET),
        row("mlp-deep", "--model mlp-deep", None, LENET),
        row("mlp-tanh", "--model mlp-tanh", None, LENET),
        row("vgg-11-narrow", "--model vgg-11-narrow", None, LENET),
        row("vgg-16-narrow", "--model vgg-16-narrow", None, LENET),
        row("lenet-reference", "--model lenet", None, LENET).with(REFERENCE),
        at("lenet-own", "--model lenet --data own", data::OWN_PICTURES),
        at("lenet-cub", cub, data::CUB),
        at("lenet-tiny-imagenet", tiny_imagenet, data::TINY_IMAGENET),
    ]
}

fn texts() -> Vec<Experiment> {
    let at = |name, pair, layout| row(name, pair, Some(layout), SMALL);
    let own = "--model bert-tiny --data own";
    vec![
        at("bert-tiny-own", own, data::OWN_TEXTS).further(),
        at(
            "bert-tiny-1-head",
            "--model bert-tiny-1-head --data own",
            data::OWN_TEXTS,
        ),
        at(
            "bert-tiny-4-heads",
            "--model bert-tiny-4-heads --data own",
            data::OWN_TEXTS,
        ),
        at("bert-tiny-reference", own, data::OWN_TEXTS).with(REFERENCE),
        at(
            "bert-tiny-sst-2",
            "--model bert-tiny --data sst-2",
            data::SST_2,
        ),
        at(
            "bert-tiny-ag-news",
            "--model bert-tiny --data ag-news",
            data::AG_NEWS,
        ),
        at(
            "bert-tiny-mnli",
            "--model bert-tiny --data mnli",
            data::MNLI,
        ),
    ]
}

fn clouds() -> Vec<Experiment> {
    let at = |name, pair, layout| row(name, pair, Some(layout), SLOW);
    let own = "--model dgcnn --data own --points 64";
    let shapenet = "--model dgcnn --data shapenet --points 64";
    let solids = "--model dgcnn --data solids --points 64";
    vec![
        at("dgcnn-own", own, data::OWN_CLOUDS).further(),
        at("dgcnn-reference", own, data::OWN_CLOUDS).with(REFERENCE),
        at("dgcnn-shapenet", shapenet, data::SHAPENET),
        row("dgcnn-solids", solids, None, SOLIDS),
    ]
}

fn deep() -> Vec<Experiment> {
    let at = |name, pair, layout| row(name, pair, Some(layout), DEEP);
    let alexnet = "--model alexnet --data own";
    vec![
        at("vgg-11-mnist", "--model vgg-11 --data mnist", data::MNIST),
        at(
            "vgg-13-cifar-10",
            "--model vgg-13 --data cifar-10",
            data::CIFAR_10,
        ),
        at("vgg-19-mnist", "--model vgg-19 --data mnist", data::MNIST),
        at("vgg-16-own", "--model vgg-16 --data own", data::OWN_ARRAYS),
        at(
            "bert-medium-own",
            "--model bert-medium --data own",
            data::OWN_TEXTS,
        ),
        row("alexnet-own", alexnet, Some(data::OWN_PICTURES), LARGE),
    ]
}

fn row(
    name: &'static str,
    pair: &'static str,
    layout: Option<Layout>,
    course: &'static str,
) -> Experiment {
    Experiment {
        name,
        pair,
        layout,
        course,
        more: "",
        further: false,
    }
}

impl Experiment {
    fn with(self, more: &'static str) -> Self {
        Self { more, ..self }
    }

    fn further(self) -> Self {
        Self {
            further: true,
            ..self
        }
    }

    /// Its network, as the flags name it.
    pub(super) fn model(&self) -> &'static str {
        let mut words = self.pair.split_whitespace();
        words.find(|word| *word == "--model");
        words.next().unwrap_or_default()
    }

    /// Flags of `spindle run`, without its folder.
    pub(super) fn run_flags(&self) -> String {
        format!("{} {} {}", self.values_flags(), self.course, self.more)
    }

    /// Flags of `spindle values` that name network and data. The data are written where they are
    /// not there yet.
    pub(super) fn values_flags(&self) -> String {
        let pair = self.pair;
        match self.layout {
            Some(layout) => format!("{pair} --data-dir {}", layout.folder().display()),
            None => pair.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use spindle_run::experiment::Model;

    use super::*;

    #[test]
    fn every_network_and_every_data_set_is_there() {
        let all = all();
        let has = |flag: &str| all.iter().any(|e| format!("{} ", e.pair).contains(flag));
        for model in Model::ALL {
            let name = serde_json::to_value(model).unwrap();
            let name = name.as_str().unwrap();
            assert!(has(&format!("--model {name} ")), "{name}");
            assert!(all.iter().any(|experiment| experiment.model() == name));
        }
        for data in [
            "mnist",
            "cifar-10",
            "cub-200-2011",
            "tiny-imagenet",
            "sst-2",
            "ag-news",
            "mnli",
            "shapenet",
            "solids",
            "own",
        ] {
            assert!(has(&format!("--data {data} ")), "{data}");
        }
        let names: BTreeSet<_> = all.iter().map(|experiment| experiment.name).collect();
        assert_eq!(names.len(), all.len());
    }
}
