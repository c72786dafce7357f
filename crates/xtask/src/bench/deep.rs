//! Deep networks beside PyTorch.

use super::{
    machine, ours,
    peers::Peers,
    quantity::{number, time},
    section::{Block, Section, Table},
    target::{Bound, Target},
    turns::{self, Turns},
};

const ABOUT: &str = "\
A training step (SGD 0.01 with momentum 0.9, no dropout) and the outputs of one input on all 1,024 masks of ten players, from random weights, with all cores. VGG-11 takes grey 32x32
pictures in batches of 128, BERT-Tiny sentences of 32 word pieces in batches of 128, DGCNN clouds of 128 points in batches of 32. PyTorch runs the same networks, and masked outputs at its best of three
batch sizes: of a picture the part before the masks once, of the others every masked copy whole. Masks share work here too: pictures by local patterns, clouds by points that
coincide.";

/// Models as both sides name them, and their batches.
const MODELS: [(&str, &str, usize); 3] = [
    ("VGG-11", "vgg-11", 128),
    ("BERT-Tiny", "bert-tiny", 128),
    ("DGCNN", "dgcnn", 32),
];

/// What one model took.
struct Found {
    ours: Turns,
    training: Turns,
    masked: Turns,
}

impl Found {
    fn measure(peers: &Peers, model: &str, batch: usize) -> anyhow::Result<Self> {
        let [ours, training, masked] = turns::take([
            &mut |_| ours::engine(&format!("deep --model {model} --batch {batch}")),
            &mut |_| peers.run(&format!("deep.py {model} training")),
            &mut |_| peers.run(&format!("deep.py {model} masked")),
        ])?;
        Ok(Self {
            ours,
            training,
            masked,
        })
    }

    /// Ours and PyTorch's, in seconds: training steps and masked outputs.
    fn seconds(&self) -> [[f64; 2]; 2] {
        [
            [
                self.ours.median("/step_seconds"),
                self.training.median("/seconds"),
            ],
            [
                self.ours.median("/masked_seconds"),
                self.masked.median("/seconds"),
            ],
        ]
    }

    /// How many times as fast ours is: training, masked outputs.
    fn ratios(&self) -> [f64; 2] {
        self.seconds().map(|[ours, theirs]| theirs / ours)
    }

    fn row(&self, name: &str) -> Vec<String> {
        let times = self.seconds().into_iter().zip(self.ratios());
        let cells =
            times.flat_map(|([ours, theirs], ratio)| [time(ours), time(theirs), number(ratio)]);
        [name.to_owned()].into_iter().chain(cells).collect()
    }
}

pub(crate) fn measure() -> anyhow::Result<Section> {
    let peers = Peers::installed();
    let mut found = Vec::new();
    for (_, model, batch) in MODELS {
        found.push(Found::measure(&peers, model, batch)?);
    }
    let rows = MODELS.iter().zip(&found);
    let rows = rows.map(|((name, ..), found)| found.row(name)).collect();
    let head = [
        "",
        "a training step",
        "PyTorch",
        "ratio",
        "1,024 masked outputs",
        "PyTorch",
        "ratio",
    ];
    let ratio = |what, model: usize, column: usize, limit| Target {
        what,
        bound: Bound::AtLeast(limit),
        measured: found[model].ratios()[column],
        unit: "",
    };
    Ok(Section {
        name: "deep",
        about: ABOUT.to_owned(),
        machine: machine::describe(&[found[0].training.text("/about")]),
        body: peers.under_notice(Block::Table(Table::new(head, rows))),
        targets: vec![
            ratio("training of VGG-11, times PyTorch's rate", 0, 0, 0.8),
            ratio(
                "masked outputs of VGG-11, times as fast as PyTorch",
                0,
                1,
                1.5,
            ),
            Target {
                what: "50 samples of VGG-11 on 1,024 masks",
                bound: Bound::AtMost(180.0),
                measured: 50.0 * found[0].seconds()[1][0],
                unit: "s",
            },
            ratio("training of BERT-Tiny, times PyTorch's rate", 1, 0, 0.8),
        ],
    })
}
