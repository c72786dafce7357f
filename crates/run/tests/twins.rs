//! The rule that watches two networks: planted courses of what they have in common.

mod demo;

use serde_json::json;
use spindle_interactions::decompose::Decomposition;
use spindle_run::{
    event::SampleLosses,
    record::{Group, Players, RunRecord, SampleRecord},
    sweep::{CellRecord, Sweep, TestEffects, Twins, Watched},
};

const MEASURED: usize = 8;
/// Of the ten interactions of each network, those that both have, by checkpoint.
const COMMON: [usize; 6] = [2, 8, 9, 5, 3, 1];
/// Loss of every test sample by checkpoint.
const LOSSES: [f32; 6] = [2.0, 1.0, 0.75, 1.25, 1.5, 2.0];

fn sweep(more: &str) -> Sweep {
    let mut file = json!({ "grid": { "seed": [0, 1, 2], "label-noise": [0.0, 0.25] } });
    file[more] = json!(true);
    Sweep::read(file).unwrap()
}

fn record(seed: u64, label_noise: f64, players: &[[usize; 2]]) -> RunRecord {
    let mut record = demo::record();
    record.experiment.training.seed = seed;
    record.experiment.training.label_noise = label_noise;
    let sample = |position| SampleRecord {
        group: Group::Test,
        position,
        label: 1,
        true_label: 1,
        players: Players::Patches(players.to_vec()),
    };
    record.samples = (0..MEASURED).map(sample).collect();
    record
}

const PLAYERS: [[usize; 2]; 4] = [[1, 1], [2, 5], [4, 3], [6, 6]];

/// Ten salient interactions a sample; a network's own ones are of the sign of its seed.
fn effects(record: &RunRecord, checkpoint: usize, common: usize) -> TestEffects {
    let own = match record.experiment.training.seed {
        0 => 0.5,
        _ => -0.5,
    };
    let mut decomposition: Decomposition = demo::decompositions(0).remove(0);
    decomposition.or.fill(0.0);
    decomposition.and.fill(0.0);
    for mask in 1..=10 {
        decomposition.and[mask] = if mask <= common { 0.5 } else { own };
    }
    TestEffects::new(record, checkpoint, &vec![decomposition; MEASURED])
}

/// What the rule does with two networks that have so many interactions in common.
fn judged(common: [usize; 6], records: &[RunRecord; 2]) -> Vec<Watched> {
    let sweep = sweep("twins");
    let [one, other] = records;
    let runs = [
        CellRecord::new(&sweep, "one", one),
        CellRecord::new(&sweep, "other", other),
    ];
    let mut twins = Twins::new(&runs);
    for (checkpoint, common) in common.into_iter().enumerate() {
        let at = |record| Some(effects(record, checkpoint, common));
        twins.look(&[at(one), at(other)]);
    }
    let losses = LOSSES.iter().zip(demo::STEPS);
    let losses = losses.map(|(&loss, step)| SampleLosses {
        step,
        train: vec![loss; 4],
        is_reset: vec![false; 4],
        test: vec![loss; 40],
    });
    let losses: Vec<SampleLosses> = losses.collect();
    twins.judged(&runs, &[losses.clone(), losses])
}

#[test]
fn a_training_ends_where_its_twin_has_less_in_common() {
    let found = judged(COMMON, &[0, 1].map(|seed| record(seed, 0.0, &PLAYERS)));
    assert_eq!(found.len(), 2);
    for (watched, names) in found.iter().zip([["one", "other"], ["other", "one"]]) {
        assert_eq!([&*watched.run, &*watched.twin], names);
        // 5 of 10 in common behind 9 of 10, at step 80.
        assert_eq!((watched.ends, watched.kept), (Some(2.0), 2.0));
        assert!((watched.regret.value - 0.5).abs() < 1e-9);
        // 8 samples, 16 masks, 4 checkpoints, 2 networks.
        assert_eq!(watched.passes, 1024.0);
    }
}

#[test]
fn what_never_falls_ends_no_training() {
    let found = judged(
        [1, 2, 2, 3, 4, 9],
        &[0, 1].map(|seed| record(seed, 0.0, &PLAYERS)),
    );
    let whole: Vec<_> = found.iter().map(|found| (found.ends, found.kept)).collect();
    assert_eq!(whole, [(None, 8.0); 2]);
    assert!((found[0].regret.value - 1.25).abs() < 1e-9);
    // What is most in common before training has no first phase.
    let found = judged(
        [9, 5, 4, 3, 2, 1],
        &[0, 1].map(|seed| record(seed, 0.0, &PLAYERS)),
    );
    assert_eq!(found[0].ends, None);
}

#[test]
fn only_networks_that_differ_in_the_seed_alone_are_twins() {
    let one = record(0, 0.0, &PLAYERS);
    let mut elsewhere = PLAYERS;
    elsewhere[3] = [6, 5];
    for other in [
        record(0, 0.0, &PLAYERS),
        record(1, 0.25, &PLAYERS),
        record(1, 0.0, &elsewhere),
    ] {
        assert_eq!(judged(COMMON, &[one.clone(), other]), []);
    }
    let mut shorter = record(1, 0.0, &PLAYERS);
    shorter.checkpoints.pop();
    assert_eq!(judged(COMMON, &[one, shorter]), []);
}

#[test]
fn a_run_has_the_mean_over_its_twins_as_a_number() {
    let sweep = sweep("twins");
    let records = [0, 1].map(|seed| record(seed, 0.0, &PLAYERS));
    let mut watched = judged(COMMON, &records);
    let mut third = watched[0].clone();
    third.twin = "third".into();
    third.regret.value = 1.0;
    watched.push(third);
    let mut run = CellRecord::new(&sweep, "one", &records[0]);
    run.add_watched(&watched);
    let tables = spindle_run::sweep::own_tables(&sweep, &[run], &[], &watched);
    let csv = |name| {
        tables
            .iter()
            .find(|table| table.name == name)
            .unwrap()
            .to_csv()
    };
    let runs = csv("runs");
    let column = runs.lines().next().unwrap().split(',');
    let place = column.clone().position(|name| name == "regret_twins_nats");
    let value = runs.lines().nth(1).unwrap().split(',').nth(place.unwrap());
    assert_eq!(value, Some("0.75"));
    assert_eq!(csv("twins").lines().count(), 4);
}
