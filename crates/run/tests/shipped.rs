//! The runs that come with the page hold what their first numbers are computed from: the headline
//! again, from the exports alone.

use std::{fs, path::Path};

use spindle_interactions::{
    bootstrap::Resamples,
    decompose::{RangeBounds, Statistic},
    phase::{self, Measured},
    strength,
};
use spindle_run::{
    export::Export,
    record::{Group, RangedEstimate, RunRecord},
};

fn shipped() -> Vec<(String, Export)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/public/runs");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "spindle") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            found.push((name, Export::unpack(&fs::read(path).unwrap()).unwrap()));
        }
    }
    found
}

/// What ranges of the test samples follow from; `None` where a sample with effects has none.
fn ranges(record: &RunRecord, checkpoint: usize) -> Option<Vec<RangeBounds>> {
    let certificates = &record.checkpoints[checkpoint]
        .summary
        .as_ref()?
        .certificates;
    let test = record
        .samples
        .iter()
        .zip(certificates)
        .filter(|(s, _)| s.group == Group::Test);
    test.map(|(_, c)| {
        if c.primal > 0.0 {
            c.ranges
        } else {
            Some(RangeBounds::default())
        }
    })
    .collect()
}

fn measured(export: &Export) -> Vec<Measured> {
    let strengths = export.strengths.as_ref().unwrap();
    let checkpoints = 0..export.record.checkpoints.len();
    checkpoints
        .map(|checkpoint| Measured {
            strengths: strengths.of(&export.record, checkpoint, Group::Test),
            ranges: ranges(&export.record, checkpoint),
        })
        .collect()
}

fn assert_near(found: f64, told: f64, tolerance: f64, what: &str) {
    assert!(
        (found - told).abs() <= tolerance,
        "{what}: {found} is told as {told}"
    );
}

#[test]
fn all_five_come_with_strengths_and_tested_phases() {
    let runs = shipped();
    assert_eq!(runs.len(), 5);
    for (name, export) in runs {
        assert!(export.strengths.is_some(), "{name}");
        assert!(export.record.deciding_phases().is_some(), "{name}");
    }
}

#[test]
fn both_statistics_follow_from_the_export_with_sampling_and_range() {
    let resamples = Resamples::new(1000, 99);
    for (name, export) in shipped() {
        let players = export.record.experiment.measurement.players;
        for (at, measured) in measured(&export).iter().enumerate() {
            let told = export.record.checkpoints[at]
                .summary
                .as_ref()
                .unwrap()
                .all_effects;
            let pooled = RangeBounds::pooled(measured.ranges.as_ref().unwrap());
            let check = |statistic, told: Option<RangedEstimate>, found: Option<_>, width| {
                let (Some(told), Some(found)) = (told, found) else {
                    panic!("{name}, checkpoint {at}: no {statistic:?}")
                };
                let spindle_interactions::bootstrap::Estimate { value, low, high } = found;
                assert_near(value, told.value, 1e-5, &name);
                // Other draws: the ends of the interval are near, not the same.
                assert_near(low, told.low, width, &name);
                assert_near(high, told.high, width, &name);
                let (lowest, highest) = pooled.range(statistic, players).unwrap();
                assert_near(lowest, told.lowest.unwrap(), 1e-4, &name);
                assert_near(highest, told.highest.unwrap(), 1e-4, &name);
            };
            let share = strength::share_of_high_orders(&measured.strengths, &resamples);
            check(
                Statistic::ShareOfHighOrders,
                told.share_of_order_3_and_more,
                share,
                0.03,
            );
            let order = strength::by_order(&measured.strengths, &resamples).mean_order;
            check(Statistic::MeanOrder, told.mean_order, order, 0.12);
        }
    }
}

#[test]
fn phases_follow_from_the_exports_with_other_draws() {
    let resamples = Resamples::new(1000, 99);
    for (name, export) in shipped() {
        let measured = measured(&export);
        let told = export.record.phases().unwrap().by_statistic;
        for (place, told) in told.iter().enumerate() {
            let (found, _) = phase::two_phases(told.statistic, &measured, &resamples);
            // A verdict on an edge may hang on the draws; that of the statistic which decides is on
            // none.
            if place == 0 {
                assert_eq!(found.verdict, told.verdict, "{name}");
            }
            assert_eq!(
                found.lowest.unwrap().index,
                told.lowest.unwrap().index,
                "{name}"
            );
            for (found, told) in [(found.fall, told.fall), (found.rise, told.rise)] {
                let [found, told] = [found, told].map(|change| change.unwrap());
                let both = [
                    (found.answer, told.answer),
                    (found.least.unwrap(), told.least.unwrap()),
                ];
                for (found, told) in both {
                    assert_near(found.value, told.value, 1e-4, &name);
                    let width = told.high - told.low;
                    assert_near(found.low, told.low, 0.2 * width, &name);
                    assert_near(found.high, told.high, 0.2 * width, &name);
                }
            }
        }
    }
}

#[test]
fn every_run_has_some_samples_to_be_taken_apart() {
    for (name, export) in shipped() {
        let shown = &export.outputs.samples;
        assert!(shown.len() >= 4 && shown.contains(&0), "{name}: {shown:?}");
        let last = export.history.steps.len() - 1;
        let found = export.history.effects(last, 0);
        assert!(!found.is_empty(), "{name}: nothing is kept of the first");
    }
}
