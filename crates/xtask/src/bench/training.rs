//! Training beside PyTorch and Burn.

use super::{
    machine, ours,
    peers::Peers,
    quantity::number,
    section::{Block, Section, Table},
    target::{Bound, Target},
    turns,
};

const ABOUT: &str = "\
Steps a second of LeNet on 32x32 pictures, batch 128, SGD 0.01 with momentum 0.9, by the fused kernels, by PyTorch and by Burn's flex
backend (the same network in Burn), with all cores. Ours go through the embedded digits with seed 0, fetching their batches included; PyTorch takes the
same random batch again and again.";

pub(crate) fn measure() -> anyhow::Result<Section> {
    let peers = Peers::installed();
    let [ours, theirs] = turns::take([&mut |_| ours::engine("training"), &mut |_| {
        peers.run("lenet.py training")
    }])?;
    let rate = ours.median("/steps_per_second");
    let row = |name: &str, other: f64| vec![name.to_owned(), number(other), number(rate / other)];
    let pytorch = theirs.median("/steps_per_second");
    let rows = vec![
        row("Spindle", rate),
        row("PyTorch", pytorch),
        row("Burn flex", ours.median("/flex_steps_per_second")),
    ];
    let table = Table::new(["", "training, steps/s", "ours over it"], rows);
    Ok(Section {
        name: "training",
        about: ABOUT.to_owned(),
        machine: machine::describe(&[theirs.text("/about")]),
        body: peers
            .missing()
            .map(Block::Text)
            .into_iter()
            .chain([Block::Table(table)])
            .collect(),
        targets: vec![Target {
            what: "training, times PyTorch's rate",
            bound: Bound::AtLeast(1.0),
            measured: rate / pytorch,
            unit: "",
        }],
    })
}
