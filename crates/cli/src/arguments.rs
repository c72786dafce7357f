//! The command line.

use std::{
    net::{IpAddr, Ipv4Addr},
    num::NonZeroUsize,
    path::PathBuf,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use spindle_core::{
    device::Wanted,
    landscape::SAMPLES,
    tangent::{self, DIRECTIONS, MEASURED},
};
use spindle_run::{
    Experiment,
    analysis::Rule,
    experiment::{Dataset, Model, NoiseScale, Schedule, Solver, Solving, Training},
    shard::Shard,
};

use crate::computation::Computation;

/// Trains networks, extracts the AND-OR interactions that they encode with a certified solver, and
/// shows how they evolve in two phases (arXiv 2405.10262).
#[derive(Parser)]
#[command(
    name = "spindle",
    version,
    after_help = "Example:\n  spindle run --out runs/demo    train LeNet on digits, measure, report: runs/demo/report.html"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// No progress bars and no sentences, only warnings and errors.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// One JSON document on stdout.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Train, extract, analyse and report; continues a run that was broken off.
    #[command(
        after_help = "Example:\n  spindle run --data-dir ~/mnist --epochs 256 --label-noise 0.01 --out runs/mnist"
    )]
    Run(NewRun),
    /// Train only: weights at the checkpoints, losses.
    #[command(after_help = "Example:\n  spindle train --epochs 64 --lr 0.02 --out runs/fast")]
    Train(NewRun),
    /// Extract the masked outputs at all checkpoints of a run.
    #[command(after_help = "Example:\n  spindle extract runs/fast")]
    Extract(Extract),
    /// Decompose the masked outputs of a run and write strengths, phases, tables, figures and the
    /// report.
    #[command(after_help = "Example:\n  spindle analyze runs/fast")]
    Analyze(Analyze),
    /// Make one run of what several workers made of it with --shard, and analyse it.
    #[command(
        after_help = "Example, of two machines that share a folder:\n  spindle train --out runs/big                  on one\n  spindle extract runs/big --shard 1/2          on one, and --shard 2/2 on the other\n  spindle analyze runs/big --shard 1/2          the same\n  spindle merge runs/big                        on one: the run that one machine would have made\n\nspindle status runs/big says what is done, who is at what and what failed."
    )]
    Merge(ExistingRun),
    /// Copy a run into an object store, or back; goes on where it was broken off.
    #[command(
        after_help = "Example:\n  spindle copy runs/big s3://bucket/big           in a build with --features object-store\n  spindle extract s3://bucket/big --shard 3/16     each of 16 machines, which share nothing but the bucket\n  spindle analyze s3://bucket/big --shard 3/16     the same\n  spindle merge s3://bucket/big                    one machine\n  spindle copy s3://bucket/big runs/merged\n\nA sweep is copied too, the runs of it that are done. The variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL and AWS_ALLOW_HTTP say who asks, and where. file:///PATH is a store in a folder. What was fetched and made is kept in ~/.cache/spindle, or where SPINDLE_CACHE says."
    )]
    Copy(Copy),
    /// Evaluate a network of given weights on all masked versions of test samples.
    #[command(
        after_help = "Example:\n  spindle values --weights lenet.pt --samples 0,5,9 --players players.json --out v.npy\n\nplayers.json: {\"grid\": [8, 8], \"patches\": [[row, column], ...]}"
    )]
    Values(Values),
    /// Decompose any model's outputs on all masks of its samples.
    #[command(
        after_help = "Example:\n  spindle decompose v.npy --out interactions.safetensors --json\n\nv.npy: f32 or f64, [samples, 2^n] or [2^n]; index = mask, bit i = variable i present"
    )]
    Decompose(Decompose),
    /// Check every certificate again, in exact arithmetic.
    #[command(
        after_help = "Example:\n  spindle verify runs/demo\n  spindle verify interactions.safetensors\n\nOf a run's folder, or of a file that decompose wrote: that effects explain the outputs, that dual points keep their constraints, and every bound.\nOf a .spindle file, which has no dual points in it: digests, and that the headline follows from what is in it."
    )]
    Verify(Verify),
    /// Between what the bars of orders 1, 2, and 3 and more lie, over all decompositions that are
    /// nearly as sparse as the sparsest.
    #[command(
        after_help = "Example:\n  spindle ranges runs/demo\n\nOf the test samples' shares of strength, signs taken together, no threshold. Six more problems are solved for every sample and checkpoint."
    )]
    Ranges(Bars),
    /// Measure over-fitting otherwise at the checkpoints of a run: sharpness of the loss, margins, a
    /// PAC-Bayes bound, entropy of the last features; goes on where it was broken off.
    #[command(
        after_help = "Example:\n  spindle landscape runs/demo\n\nNeeds the weights that the run's folder has, and its data. A checkpoint of LeNet takes seconds, of VGG-11 minutes. Of fewer samples everything is measured anew."
    )]
    Landscape(Landscape),
    /// Which orders training moves, at the checkpoints of a run: effects of a step of gradient descent and of
    /// random directions, decay under the tangent kernel, gradients of training and of test samples;
    /// goes on where it was broken off.
    #[command(
        after_help = "Example:\n  spindle tangent runs/demo\n\nNeeds the weights that the run's folder has, and its data. Every direction takes two extractions of the samples. Of other numbers everything is measured anew."
    )]
    Tangent(Tangent),
    /// Run a grid of experiments, and gather what they found; goes on where it was broken off.
    #[command(
        after_help = "Example:\n  spindle sweep noise.toml --out runs/noise\n\nnoise.toml:\n  [experiment]                       # what all runs have in common, named as the flags of spindle run\n  epochs = 128\n  [grid]                             # every combination is a run\n  label-noise = [0.0, 0.01, 0.1, 0.3]\n  seed = [0, 1, 2, 3, 4]\n\nPaths in the file are relative to it. Several [[grid]] tables are done one after the other; landscape = 512 and tangent = 2048 above them measure every run as spindle landscape and spindle tangent do, twins = true tells what a rule does that watches pairs of seeds. Each run has a folder of its own in the sweep's; tables of all of them are in its tables/, means over seeds in sweep.html."
    )]
    Sweep(Sweep),
    /// What of a sweep, or of a run that several workers make, is done, worked on, failed or missing.
    #[command(after_help = "Example:\n  spindle status runs/noise")]
    Status(Status),
    /// Pack a run into one file that the page opens.
    #[command(
        after_help = "Example:\n  spindle export runs/demo --out demo.spindle\n  spindle export runs/noise --tables --out noise-tables      # of a run, or of all runs of a sweep\n\nWith --tables, what DuckDB and Polars read where it lies: noise-tables/strength/model=lenet/seed=0/run=NAME/checkpoint=12/part-0.parquet"
    )]
    Export(Export),
    /// Look at runs in the browser: serves the page and these runs to this machine until Ctrl-C.
    #[command(
        after_help = "Example:\n  spindle serve runs/demo --open\n  spindle serve runs/seed0 runs/seed1 other.spindle\n\nA run that goes on is read anew whenever the page is loaded."
    )]
    Serve(Serve),
    /// Compare runs: what differs between them, and how their orders move.
    #[command(after_help = "Example:\n  spindle compare runs/seed0 runs/seed1 --out compare.html")]
    Compare(Compare),
    /// List the data sets, or check the files of one.
    #[command(after_help = "Example:\n  spindle data check mnist --data-dir ~/mnist")]
    Data(Data),
    /// What this build can compute on, here: devices, whether each computes right, and how fast.
    #[command(
        after_help = "Example:\n  spindle doctor                try every network on every device\n  spindle doctor --model lenet  LeNet only"
    )]
    Doctor(Doctor),
    /// Print a shell's completion script.
    #[command(
        after_help = "Example:\n  spindle completions bash > ~/.local/share/bash-completion/completions/spindle"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Args)]
pub(crate) struct NewRun {
    /// Folder of the run; made where it is missing, continued where it holds the same experiment.
    #[arg(long, value_name = "RUN")]
    pub(crate) out: PathBuf,
    /// End the training where a rule says so, on what is measured at every checkpoint; what is there
    /// is analysed, and the same command without it trains on.
    #[arg(long, value_enum, value_name = "RULE", help_heading = "Training")]
    pub(crate) stop_at: Option<StopAt>,
    #[command(flatten)]
    pub(crate) experiment: Experiment,
    #[command(flatten)]
    pub(crate) computation: Computation,
}

/// Rules that end a training early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StopAt {
    /// The share of orders of 3 and more has risen from its lowest value by more than its interval.
    #[value(name = "phase-2")]
    Phase2,
    /// The mean order has.
    MeanOrder,
    /// Interactions of orders of 3 and more cancel each other more than before.
    Cancellation,
    /// The loss of half of the test set has not been smaller for 3 checkpoints.
    Patience,
}

impl From<StopAt> for Rule {
    fn from(stop: StopAt) -> Self {
        match stop {
            StopAt::Phase2 => Self::HighOrders,
            StopAt::MeanOrder => Self::MeanOrder,
            StopAt::Cancellation => Self::Cancellation,
            StopAt::Patience => Self::Patience,
        }
    }
}

#[derive(Args)]
pub(crate) struct ExistingRun {
    /// Folder of the run; of extract, analyze and merge also its address, s3://BUCKET/PATH.
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
}

#[derive(Args)]
pub(crate) struct Copy {
    /// Folder of the run, or its address: s3://BUCKET/PATH, file:///PATH.
    #[arg(value_name = "FROM")]
    pub(crate) from: PathBuf,
    /// The other of these. What is there with the same digest is not copied again.
    #[arg(value_name = "TO")]
    pub(crate) to: PathBuf,
}

#[derive(Args)]
pub(crate) struct Analyze {
    #[command(flatten)]
    pub(crate) run: ExistingRun,
    /// Decompose a part of the checkpoints only, e.g. 2/8, the second of eight; without it, what Slurm's
    /// or Kubernetes' variables say, or all. spindle merge puts the parts together and analyses them.
    #[arg(long, value_name = "PART/PARTS")]
    pub(crate) shard: Option<Shard>,
}

#[derive(Args)]
pub(crate) struct Extract {
    #[command(flatten)]
    pub(crate) run: ExistingRun,
    /// Do a part of the checkpoints only, e.g. 2/8, the second of eight; without it, what Slurm's or
    /// Kubernetes' variables say, or all. spindle merge puts the parts together.
    #[arg(long, value_name = "PART/PARTS")]
    pub(crate) shard: Option<Shard>,
    #[command(flatten)]
    pub(crate) computation: Computation,
}

#[derive(Args)]
pub(crate) struct Landscape {
    #[command(flatten)]
    pub(crate) run: ExistingRun,
    /// Training samples that the loss is taken of, evenly among all, and as many test samples;
    /// rounded down to whole batches.
    #[arg(long, value_name = "COUNT", default_value_t = SAMPLES)]
    pub(crate) samples: NonZeroUsize,
    #[command(flatten)]
    pub(crate) computation: Computation,
}

#[derive(Args)]
pub(crate) struct Tangent {
    #[command(flatten)]
    pub(crate) run: ExistingRun,
    /// Training samples whose loss the step descends, evenly among all, and as many test samples;
    /// rounded down to whole batches.
    #[arg(long, value_name = "COUNT", default_value_t = tangent::SAMPLES)]
    pub(crate) samples: NonZeroUsize,
    /// Measured samples of each group, evenly among those of the run.
    #[arg(long, value_name = "COUNT", default_value_t = MEASURED)]
    pub(crate) measured: NonZeroUsize,
    /// Random directions of the weights.
    #[arg(long, value_name = "COUNT", default_value_t = DIRECTIONS)]
    pub(crate) directions: NonZeroUsize,
    #[command(flatten)]
    pub(crate) computation: Computation,
}

#[derive(Args)]
pub(crate) struct Values {
    /// Network that the weights belong to.
    #[arg(long, value_enum, default_value_t = Training::default().model)]
    pub(crate) model: Model,
    /// Weights under PyTorch's names: safetensors, or what torch.save wrote of a state_dict or of a
    /// trainer's checkpoint.
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: PathBuf,
    /// Data set.
    #[arg(long, value_enum, default_value_t = Training::default().data)]
    pub(crate) data: Dataset,
    #[command(flatten)]
    pub(crate) files: DataFiles,
    /// Positions in the test set.
    #[arg(long, value_delimiter = ',', required = true, value_name = "POSITIONS", value_parser = position)]
    pub(crate) samples: Vec<usize>,
    /// Players as JSON: {"grid": [8, 8], "patches": [[row, column], ...]}, {"words": [number, ...]}
    /// or {"clusters": [number, ...]}.
    #[arg(long, value_name = "FILE")]
    pub(crate) players: PathBuf,
    /// Where v goes, f64 [samples, 2^n], in nats; - is standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) computation: Computation,
}

/// A position in a list, with blanks around it or not.
fn position(text: &str) -> Result<usize, std::num::ParseIntError> {
    text.trim().parse()
}

/// Where a data set's files are and how they are read; as in an experiment.
#[derive(Args)]
pub(crate) struct DataFiles {
    /// Folder with the data set's original files; without it, MNIST is the embedded subset. Solids
    /// need none.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// File with BERT's word pieces, one a line; without it, vocab.txt in the data folder.
    #[arg(long, value_name = "FILE")]
    vocabulary: Option<String>,
    /// Points of a cloud that are used.
    #[arg(long, value_name = "COUNT", default_value_t = Training::default().points)]
    points: usize,
    /// Go on without samples that cannot be read; they are counted and named.
    #[arg(long)]
    skip_broken: bool,
    /// Seed of solids and of the clusters of points.
    #[arg(long, default_value_t = Training::default().seed)]
    seed: u64,
}

impl DataFiles {
    /// The experiment that reads a data set in this way.
    pub(crate) fn experiment(&self, data: Dataset, model: Model) -> Experiment {
        Experiment {
            training: Training {
                model,
                data,
                data_dir: self.data_dir.clone(),
                vocabulary: self.vocabulary.clone(),
                points: self.points,
                skip_broken: self.skip_broken,
                seed: self.seed,
                ..Training::default()
            },
            ..Experiment::default()
        }
    }
}

#[derive(Args)]
pub(crate) struct Decompose {
    /// Outputs on all masks: f32 or f64, [samples, 2^n] or [2^n], also in a .npz; - is standard input.
    #[arg(value_name = "V.NPY")]
    pub(crate) values: PathBuf,
    /// Which array of a .npz holds the outputs; not needed where it holds one.
    #[arg(long, value_name = "NAME")]
    pub(crate) array: Option<String>,
    /// Where the interactions go, as safetensors; - is standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Bound of the noise term, in units of the noise scale.
    #[arg(long, default_value_t = Solving::default().noise_ratio)]
    pub(crate) noise_ratio: f64,
    /// What the noise bound is relative to: |v(N) - v(empty)| or the standard deviation of v.
    #[arg(long, value_enum, default_value_t = Solving::default().noise_scale)]
    pub(crate) noise_scale: NoiseScale,
    /// Do without certified ranges over all near-optimal decompositions (they are proved up to 14
    /// variables).
    #[arg(long)]
    pub(crate) no_range: bool,
    /// Certified relative gap of the smallest norm.
    #[arg(long, default_value_t = Solving::default().tolerance)]
    pub(crate) tolerance: f64,
    /// Most iterations of the certified solver on each of a sample's problems.
    #[arg(long, default_value_t = spindle_interactions::decompose::Params::default().max_iterations)]
    pub(crate) max_iterations: usize,
    /// How outputs are decomposed.
    #[arg(long, value_enum, default_value_t = Solving::default().solver)]
    pub(crate) solver: Solver,
    /// First learning rate of the published SGD.
    #[arg(long, default_value_t = Solving::default().sgd_learning_rate)]
    pub(crate) sgd_learning_rate: f64,
    /// How it goes on: falling to a tenth, as in the authors' code, or constant.
    #[arg(long, value_enum, default_value_t = Solving::default().sgd_schedule)]
    pub(crate) sgd_schedule: Schedule,
    /// Steps of the published SGD.
    #[arg(long, default_value_t = Solving::default().sgd_steps)]
    pub(crate) sgd_steps: usize,
}

#[derive(Args)]
pub(crate) struct Doctor {
    /// Networks that are tried; without it all of them, or a few small ones where an adapter is a
    /// program on the CPU.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) model: Vec<Model>,
    /// Tries one device in this process and prints what came of it; what the command calls itself
    /// with, since drivers may crash.
    #[arg(long, hide = true, value_name = "DEVICE")]
    pub(crate) probe: Option<Wanted>,
}

#[derive(Args)]
pub(crate) struct Sweep {
    /// The grid, as TOML.
    #[arg(value_name = "FILE.TOML")]
    pub(crate) file: PathBuf,
    /// Folder of the sweep; made where it is missing, continued where it is there. Or its address,
    /// s3://BUCKET/PATH.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// Do a part of the runs only, e.g. 2/8, the second of eight; without it, what Slurm's or
    /// Kubernetes' variables say, or all. Whoever comes last gathers.
    #[arg(long, value_name = "PART/PARTS")]
    pub(crate) shard: Option<Shard>,
    #[command(flatten)]
    pub(crate) computation: Computation,
}

#[derive(Args)]
pub(crate) struct Status {
    /// Folder of the sweep or of the run, or the run's address.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// Folder of a run, a file of decompositions, or a .spindle file.
    #[arg(value_name = "RUN|FILE")]
    pub(crate) path: PathBuf,
}

#[derive(Args)]
pub(crate) struct Bars {
    /// Folder of the run.
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// At all checkpoints, and not only before training, where orders are lowest and at the end.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Args)]
pub(crate) struct Export {
    /// Folder of the run; with --tables also of a sweep.
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// The .spindle file; - is standard output. With --tables a folder, which is written whole and
    /// replaces one of these.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// All tables as Parquet in place of a file for the page, in folders by model, seed, run and
    /// checkpoint.
    #[arg(long, conflicts_with = "weights")]
    pub(crate) tables: bool,
    /// Pack weights too: of all checkpoints, or of the boundary of the phases and the last one
    /// (then the rest is packed more tightly, so that the file stays under 3.3 MB).
    #[arg(long, value_enum, value_name = "WHICH", num_args = 0..=1, default_missing_value = "all")]
    pub(crate) weights: Option<PackedWeights>,
}

/// Checkpoints whose weights are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PackedWeights {
    /// All.
    All,
    /// The boundary of the phases and the last one.
    Ends,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Folders of runs, or .spindle files; the first one is shown first.
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// Port; the next one that is free where it is taken.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// Address of this machine to listen on; on another than this one, all who reach it can read
    /// the runs.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) address: IpAddr,
    /// Open the browser.
    #[arg(long)]
    pub(crate) open: bool,
    /// Folder with the page as cargo xtask web builds it; without it the page in the program, where
    /// it was built with one, or web/dist.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) page: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Compare {
    /// Folders of two to six runs, or their .spindle files.
    #[arg(value_name = "RUN", num_args = 2..=6, required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// Where the comparison goes, one self-contained HTML file; - is standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Args)]
pub(crate) struct Data {
    #[command(subcommand)]
    pub(crate) command: DataCommand,
}

#[derive(Subcommand)]
pub(crate) enum DataCommand {
    /// What data sets there are, what they need and where people get them.
    #[command(after_help = "Example:\n  spindle data list --data-dir ~/data")]
    List {
        /// Folder to look for them in: their files, or a folder with a data set's name and its
        /// files.
        #[arg(long, value_name = "ROOT")]
        data_dir: Option<PathBuf>,
    },
    /// Read a data set and tell its counts and digest.
    #[command(after_help = "Example:\n  spindle data check mnist --data-dir ~/mnist")]
    Check {
        /// The data set.
        #[arg(value_enum)]
        data: Dataset,
        #[command(flatten)]
        files: DataFiles,
    },
}
