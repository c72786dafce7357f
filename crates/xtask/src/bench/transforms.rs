//! Möbius transforms beside shapiq and NumPy.

use std::ops::RangeInclusive;

use anyhow::bail;

use super::{
    machine, ours,
    peers::Peers,
    quantity::{number, setting, time},
    section::{Block, Section, Table},
    turns::{self, Turns},
};

/// Numbers of players.
const PLAYERS: RangeInclusive<usize> = 8..=20;
/// Largest relative difference between results: rounding, in another order of additions.
const AGREEMENT: f64 = 1e-9;

const ABOUT: &str = "\
The exact Möbius transform of one table of 2^n values, on one core, the copy of the table included. Beside it stand shapiq's `ExactComputer`, asked for \"Moebius\" of a game that it has evaluated already, and NumPy with one
vectorised pass a player, `tests/peers/transforms.py`. The values are the same for all, from a hash of the mask; it is an error if the sums of absolute effects differ by more than 1e-9.";

pub(crate) fn measure() -> anyhow::Result<Section> {
    let peers = Peers::installed();
    let command = format!("transforms.py {} {}", PLAYERS.start(), PLAYERS.end());
    let [ours, theirs] = turns::take([&mut |_| ours::mathematics("transforms"), &mut |_| {
        peers.run(&command)
    }])?;
    for peer in ["numpy", "shapiq"] {
        check_agreement(peer, &ours, &theirs)?;
    }
    let about = ["/about/numpy", "/about/shapiq"].map(|peer| theirs.text(peer));
    let mut body: Vec<Block> = peers.missing().map(Block::Text).into_iter().collect();
    body.push(Block::Table(table(&ours, &theirs)));
    body.extend(shapiq_stops(&theirs).map(Block::Text));
    Ok(Section {
        name: "transforms",
        about: ABOUT.to_owned(),
        machine: machine::describe(&about),
        body,
        targets: Vec::new(),
    })
}

fn table(ours: &Turns, theirs: &Turns) -> Table {
    let rows = PLAYERS.map(|players| {
        let of = |turns: &Turns, peer: &str| {
            turns.median(&format!("{peer}/{players}/microseconds")) / 1e6
        };
        let own = of(ours, "");
        let [numpy, shapiq] = ["/numpy", "/shapiq"].map(|peer| of(theirs, peer));
        vec![
            players.to_string(),
            time(own),
            time(numpy),
            number(numpy / own),
            time(shapiq),
            number(shapiq / own),
        ]
    });
    Table::new(
        ["n", "Spindle", "NumPy", "ratio", "shapiq", "ratio"],
        rows.collect(),
    )
}

fn check_agreement(peer: &str, ours: &Turns, theirs: &Turns) -> anyhow::Result<()> {
    for players in PLAYERS {
        let own = ours.median(&format!("/{players}/sum_of_effects"));
        let other = theirs.median(&format!("/{peer}/{players}/sum_of_effects"));
        // What was not asked of the peer is no number, and no difference.
        if (other / own - 1.0).abs() > AGREEMENT {
            bail!("n = {players}: the effects add up to {own} in ours and to {other} in {peer}");
        }
    }
    Ok(())
}

/// Where shapiq was asked no more.
fn shapiq_stops(theirs: &Turns) -> Option<String> {
    let measured = |players: &usize| {
        !theirs
            .all(&format!("/shapiq/{players}/microseconds"))
            .is_empty()
    };
    let last = PLAYERS
        .filter(measured)
        .max()
        .filter(|last| last < PLAYERS.end())?;
    let limit = theirs.median("/about/limit_seconds");
    Some(format!(
        "shapiq goes through all pairs of a coalition and its subsets, 3^n, in Python: it is asked no more after n = {last}, where a transform takes more than {} s.",
        setting(limit)
    ))
}
