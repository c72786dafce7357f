//! Training beside PyTorch and Burn.

use super::{
    machine, ours,
    peers::Peers,
    quantity::{number, time},
    section::{Block, Section, Table},
    target::{Bound, Target},
    turns,
};

const ABOUT: &str = "\
Steps a second of LeNet on 32x32 pictures, batch 128, SGD 0.01 with momentum 0.9, and a pass forward of as many pictures, by the fused kernels, by PyTorch and by Burn's flex
backend (the same network in Burn), with all cores. Ours go through the embedded digits with seed 0, fetching their batches included; PyTorch takes the
same random batch again and again.";

pub(crate) fn measure() -> anyhow::Result<Section> {
    let peers = Peers::installed();
    let [ours, theirs] = turns::take([&mut |_| ours::engine("training"), &mut |_| {
        peers.run("lenet.py training")
    }])?;
    let rate = ours.median("/steps_per_second");
    let pass = ours.median("/forward_milliseconds");
    let row = |name: &str, steps: f64, forward: f64| {
        let cells = [
            number(steps),
            number(rate / steps),
            time(forward / 1e3),
            number(forward / pass),
        ];
        [name.to_owned()].into_iter().chain(cells).collect()
    };
    let pytorch = theirs.median("/steps_per_second");
    let rows = vec![
        row("Spindle", rate, pass),
        row("PyTorch", pytorch, theirs.median("/forward_milliseconds")),
        row(
            "Burn flex",
            ours.median("/flex_steps_per_second"),
            ours.median("/flex_forward_milliseconds"),
        ),
    ];
    let head = ["", "training, steps/s", "ratio", "a pass forward", "ratio"];
    let table = Table::new(head, rows);
    Ok(Section {
        name: "training",
        about: ABOUT.to_owned(),
        machine: machine::describe(&[theirs.text("/about")]),
        body: peers.under_notice(Block::Table(table)),
        targets: vec![Target {
            what: "training, times PyTorch's rate",
            bound: Bound::AtLeast(1.0),
            measured: rate / pytorch,
            unit: "",
        }],
    })
}
