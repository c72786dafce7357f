//! Masked outputs beside PyTorch and Burn.

use super::{
    machine, ours,
    peers::Peers,
    quantity::{number, time},
    section::{Block, Section, Table},
    target::{Bound, Target},
    turns::{self, Turns},
};

const ABOUT: &str = "\
The outputs of LeNet for one picture on all 1,024 masks of ten players (patches of the feature map behind the first convolution), with all
cores: the first test sample of the default experiment (seed 0, random weights), and seven more pictures with players of their own, whose median
is told. The plan by which they are evaluated ([local-patterns.md](local-patterns.md)) is made once for the first, as in a run whose samples share their players, and anew each time for the
seven. PyTorch takes its best of six batch sizes and two ways: the whole network on every masked copy, or the first convolution once and the rest on every copy. Burn's
flex backend runs the same network in Burn.";

pub(crate) fn measure() -> anyhow::Result<Section> {
    let peers = Peers::installed();
    let [ours, theirs] = turns::take([&mut |_| ours::engine("masked"), &mut |_| {
        peers.run("lenet.py masked")
    }])?;
    let seconds = |turns: &Turns, pointer: &str| turns.median(pointer) / 1e3;
    let (first, sets) = (
        seconds(&ours, "/milliseconds"),
        seconds(&ours, "/sets_median_milliseconds"),
    );
    let pytorch = seconds(&theirs, "/milliseconds");
    let best = format!(
        "PyTorch: {}, batch {}",
        theirs.text("/way"),
        theirs.last()["batch"].as_u64().unwrap_or_default()
    );
    let ratios = |time: f64| [time / first, time / sets].map(number);
    let row = |name: &str, seconds: f64| {
        let [to_first, to_sets] = ratios(seconds);
        vec![name.to_owned(), time(seconds), to_first, to_sets]
    };
    let rows = vec![
        row("Spindle, players of the default experiment", first),
        row("Spindle, median of seven other sets of players", sets),
        row(&best, pytorch),
        row("Burn flex", seconds(&ours, "/flex_milliseconds")),
    ];
    let head = [
        "",
        "1,024 masked outputs",
        "over ours",
        "over ours, other players",
    ];
    let table = Table::new(head, rows);
    Ok(Section {
        name: "masked",
        about: ABOUT.to_owned(),
        machine: machine::describe(&[theirs.text("/about")]),
        body: peers.under_notice(Block::Table(table)),
        targets: vec![Target {
            what: "1,024 masked outputs, times as fast as PyTorch; with the slower of both sets of players",
            bound: Bound::AtLeast(8.0),
            measured: pytorch / first.max(sets),
            unit: "",
        }],
    })
}
