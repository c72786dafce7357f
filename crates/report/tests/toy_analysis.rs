//! An analysis is one module and one row: here is the module, and its row is all that record,
//! tables, report and page are told of it.

mod demo;

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use spindle_interactions::{bootstrap::Estimate, decompose::Decomposition};
use spindle_report::{figures_of, html_of};
use spindle_run::{
    Error,
    analysis::{
        self, Analysis, AtCheckpoint, Finding, Scope, Shown, Watch, Work, missing, phases,
        samples::{group_strengths, resamples},
        summarize,
    },
    event::Outputs,
    figure::{
        Axis, BarPanel, BarPanels, Curve, Curves, Drawn, Figure, FigureKind, Series, Tone, marks,
    },
    record::{Group, Recorded, RunRecord, recorded},
    table::{self, Table, at_checkpoints, estimates},
};

/// The share of strength that speaks against the label.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct NegativeShare {
    share: Estimate,
}

impl Recorded for NegativeShare {
    const NAME: &'static str = "negative-share";
    const VERSION: u32 = 1;
}

struct Negative;

const AXIS: Axis = Axis {
    label: "share of negative strength",
    unit: "",
};

impl Shown for Negative {
    fn figures(&self, record: &RunRecord) -> Vec<Figure> {
        let checkpoints = record.checkpoints.iter();
        let found: Vec<(f64, Estimate)> = checkpoints
            .filter_map(|at| {
                let NegativeShare { share } = at.analyses.get()?;
                Some((at.losses.epoch, share))
            })
            .collect();
        if found.is_empty() {
            return Vec::new();
        }
        vec![over_training(record, &found), at_the_end(&found)]
    }
}

fn over_training(record: &RunRecord, found: &[(f64, Estimate)]) -> Figure {
    Figure {
        name: "negative-share",
        title: "Share of negative strength over training".into(),
        caption: "What speaks against the label.".into(),
        kind: FigureKind::Curves(Curves {
            y: AXIS,
            has_zero: true,
            epochs: found.iter().map(|(epoch, _)| *epoch).collect(),
            curves: vec![Curve {
                name: "negative".into(),
                tone: Tone::Series(0),
                drawn: Drawn::Line,
                unscaled: None,
                values: found.iter().map(|(_, share)| Some(*share)).collect(),
            }],
            marks: marks(record),
        }),
    }
}

fn at_the_end(found: &[(f64, Estimate)]) -> Figure {
    let last = found.last().map(|(_, share)| vec![*share]);
    Figure {
        name: "negative-share-at-the-end",
        title: "Share of negative strength at the end".into(),
        caption: "The same at the last checkpoint.".into(),
        kind: FigureKind::Bars(BarPanels {
            x: Axis {
                label: "group",
                unit: "",
            },
            y: AXIS,
            categories: vec!["test samples".into()],
            series: vec![Series {
                name: "negative".into(),
                tone: Tone::Series(1),
            }],
            overlay: None,
            panels: vec![BarPanel {
                title: "at the end".into(),
                note: "all effects".into(),
                bars: vec![last],
                overlay: None,
            }],
        }),
    }
}

impl Analysis for Negative {
    fn name(&self) -> &'static str {
        NegativeShare::NAME
    }

    fn scopes(&self) -> &'static [Scope] {
        &[Scope::EveryCheckpoint]
    }

    fn at_checkpoint(&self, at: &AtCheckpoint<'_>, _: Watch<'_>) -> Result<Value, Error> {
        let strengths = group_strengths(at.samples, at.decompositions, Group::Test, 0.0);
        let parts: Vec<[f64; 2]> = strengths
            .iter()
            .map(|strength| [&strength.negative, &strength.positive].map(|side| side.iter().sum()))
            .collect();
        let share = resamples(at.experiment).estimate(parts.len(), |draw| {
            let sum = |side: usize| draw.iter().map(|&i| parts[i][side].abs()).sum::<f64>();
            let (negative, positive) = (sum(0), sum(1));
            (negative + positive > 0.0).then(|| negative / (negative + positive))
        });
        recorded(&share.map(|share| NegativeShare { share }))
    }

    fn tables(&self, record: &RunRecord) -> Vec<Table> {
        let rows: Vec<(usize, NegativeShare)> = table::parts(record).collect();
        let table = Table::new("negative_share");
        let table = at_checkpoints(table, record, rows.iter().map(|row| row.0));
        let shares = rows.iter().map(|row| Some(row.1.share));
        vec![estimates(table, "share", "", shares)]
    }

    fn findings(&self, record: &RunRecord) -> Vec<Finding> {
        let last = table::parts(record).last();
        let finding = last.map(|(_, NegativeShare { share })| Finding {
            about: "Negative strength",
            text: format!("At the end {} is negative.", phases::interval(share)),
        });
        finding.into_iter().collect()
    }
}

const ROWS: &[&dyn Analysis] = &[&Negative];

/// A game in which the AND effect of all players is -1 and each player's is +1.
fn games(record: &RunRecord) -> (Outputs, Vec<Decomposition>) {
    let players = record.experiment.measurement.players;
    let and: Vec<f64> = (0..1_usize << players)
        .map(|mask: usize| match mask.count_ones() as usize {
            1 => 1.0,
            order if order == players => -1.0,
            _ => 0.0,
        })
        .collect();
    let values: Vec<f64> = (0..1_usize << players)
        .map(|mask: usize| {
            let within = (1..and.len()).filter(|&of| of & !mask == 0);
            within.map(|of| and[of]).sum()
        })
        .collect();
    let params = record.experiment.decomposition.params();
    let decomposition = spindle_interactions::decompose::decompose(&values, &params)
        .expect("a small game is solved");
    let samples = record.samples.len();
    let outputs = Outputs {
        step: record.checkpoints[0].losses.step,
        players,
        classes: 0,
        logits: Vec::new(),
        values: values.repeat(samples),
        noise_floor: 0.0,
    };
    (outputs, vec![decomposition; samples])
}

/// The demo with the toy's findings in it.
fn analysed() -> RunRecord {
    let mut record = demo::run();
    record.experiment.measurement.players = 4;
    let (outputs, found) = games(&record);
    for checkpoint in 0..record.checkpoints.len() {
        let summary = summarize(&record.experiment, &record.samples, &outputs, &found)
            .expect("they fit each other");
        record.put_summary(checkpoint, summary);
    }
    let work: Vec<Work<'_>> = missing(ROWS, &record);
    assert_eq!(work.len(), record.checkpoints.len());
    let go_on = |_| ControlFlow::Continue(());
    for (checkpoint, work) in work.iter().enumerate() {
        let at = AtCheckpoint::new(&record, checkpoint, &outputs, &found).expect("summed up");
        let value = work.at_checkpoint(&at, &go_on).expect("it is computed");
        work.put(&mut record, value);
    }
    record
}

#[test]
fn it_is_recorded_under_its_name_and_computed_once() {
    let record = analysed();
    assert!(missing(ROWS, &record).is_empty());
    let json = record.to_json().expect("it is written");
    let again = RunRecord::from_json(&json).expect("it is read");
    assert_eq!(again, record);
    let NegativeShare { share } = again.checkpoints[0].analyses.get().expect("it is there");
    assert!(share.value > 0.0 && share.value < 0.5, "{share:?}");
    // One that is found with another version is computed again.
    let mut older = record;
    let json = String::from_utf8(json).expect("JSON is text");
    let json = json.replace(
        "\"negative-share\": {\n          \"version\": 1",
        "\"negative-share\": {\n          \"version\": 0",
    );
    // What is changed by hand has no seal.
    let json: String = json
        .lines()
        .filter(|line| !line.contains("\"seal\""))
        .collect();
    older.clone_from(&RunRecord::from_json(json.as_bytes()).expect("it is read"));
    assert_eq!(missing(ROWS, &older).len(), older.checkpoints.len());
    assert!(
        older.checkpoints[0]
            .analyses
            .get::<NegativeShare>()
            .is_none()
    );
}

#[test]
fn whoever_does_not_know_it_keeps_it() {
    let record = analysed();
    let json = record.to_json().expect("it is written");
    let known = RunRecord::from_json(&json).expect("it is read");
    assert!(
        analysis::tables(&known)
            .iter()
            .all(|table| table.name != "negative_share")
    );
    assert_eq!(known.to_json().expect("it is written"), json);
}

#[test]
fn it_has_a_table() {
    let tables = analysis::tables_of(ROWS, &analysed());
    let table = tables.iter().find(|table| table.name == "negative_share");
    assert_eq!(table.expect("it is among them").rows(), 12);
}

#[test]
fn it_is_drawn_and_reported() {
    let record = analysed();
    let drawn = figures_of(ROWS, &record).expect("it is drawn");
    let names: Vec<&str> = drawn.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(names, ["negative-share", "negative-share-at-the-end"]);
    for figure in &drawn {
        assert!(figure.svg.contains("hare of negative strength"));
    }
    let html = html_of(ROWS, &record).expect("it is reported");
    assert!(html.contains("<figure id=\"negative-share\">"));
    assert!(html.contains("<dt>Negative strength</dt>"));
    assert!(html.contains("<summary>Negative share as a table</summary>"));
}

#[test]
fn the_page_gets_it_by_its_kind() {
    let shown: Vec<&dyn Shown> = ROWS.iter().map(|&row| row as &dyn Shown).collect();
    let figures = analysis::figures_of(&shown, &analysed());
    let json = serde_json::to_value(figures).expect("it is written");
    assert_eq!(json[0]["name"], "negative-share");
    assert_eq!(json[0]["kind"]["type"], "curves");
    assert_eq!(json[0]["kind"]["curves"][0]["tone"]["series"], 0);
    assert_eq!(json[1]["kind"]["type"], "bars");
}
