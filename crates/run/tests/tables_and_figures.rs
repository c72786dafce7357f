//! Tables and figure data of a small run, as snapshots; and of runs with pieces missing.

mod demo;

use spindle_run::{
    analysis::{self, figures},
    figure::{self, Figure, FigureKind},
    record::{Parts, RunRecord, Summary},
    table::{self, OfOneRun, Partition, Table},
};

#[test]
fn tables_of_the_record() {
    let record = demo::record();
    for table in analysis::tables(&record) {
        insta::assert_snapshot!(table.name, table.to_csv());
    }
}

#[test]
fn interactions_are_the_salient_ones_strongest_first() {
    let record = demo::record();
    let rows: Vec<_> = [0, 2]
        .into_iter()
        .flat_map(|checkpoint| {
            table::interactions_rows(&record, checkpoint, &demo::decompositions(checkpoint))
        })
        .collect();
    assert!(
        rows.iter()
            .all(|row| row.effect.abs() >= 0.125 && row.mask != 0)
    );
    let salient = demo::decompositions(0)
        .iter()
        .flat_map(|d| d.and[1..].iter().chain(&d.or[1..]))
        .filter(|effect| effect.abs() >= 0.125)
        .count();
    assert_eq!(
        rows.iter().filter(|row| row.checkpoint == 0).count(),
        salient
    );
    insta::assert_snapshot!("interactions", table::interactions(&record, &rows).to_csv());
}

#[test]
fn csv_quotes_what_needs_it() {
    let table = Table::new("t")
        .text("a,b", ["say \"hi\"", "plain"])
        .real("x", [Some(0.1), None])
        .real("y", [f64::NAN, 1.0]);
    assert_eq!(
        table.to_csv(),
        "\"a,b\",x,y\n\"say \"\"hi\"\"\",0.1,\nplain,,1\n"
    );
}

/// The columns and rows of a table that its parts have, with what their paths say put back.
fn put_together(name: &'static str, parts: &[Partition]) -> Table {
    let parts = parts.iter().map(|part| {
        let mut table = part.table.clone();
        let rows = table.rows();
        let folders = part.path.split('/').filter_map(|at| at.split_once('='));
        let folders: Vec<_> = folders.collect();
        assert_eq!(folders[0], ("model", "lenet"), "{}", part.path);
        assert_eq!(folders[1], ("seed", "5"), "{}", part.path);
        assert_eq!(folders[2], ("run", "label-noise%3D0.1%2Cseed%3D5"));
        if let Some((_, checkpoint)) = folders.get(3) {
            let checkpoint: usize = checkpoint.parse().unwrap();
            let column = Table::new(name).integer("checkpoint", vec![checkpoint; rows]);
            table.columns.splice(1..1, column.columns);
        }
        assert_eq!(table.columns.remove(0).name, "label_noise");
        table
    });
    Table::below_each_other(parts.collect())
}

#[test]
fn parts_of_tables_have_all_rows_and_their_paths_say_the_rest() {
    let mut record = demo::record();
    record.experiment.training.seed = 5;
    let leading = Table::new("")
        .real("label_noise", [0.1])
        .integer("seed", [5])
        .columns;
    let run = OfOneRun {
        name: "label-noise=0.1,seed=5",
        record: &record,
        leading: &leading,
    };
    let parts = run.of_record();
    let of = |table: &Table| {
        let prefix = format!("{}/", table.name);
        let of = parts.iter().filter(|part| part.path.starts_with(&prefix));
        of.cloned().collect::<Vec<_>>()
    };
    let mut names = std::collections::BTreeSet::new();
    for table in analysis::tables(&record) {
        let parts = of(&table);
        names.extend(parts.iter().map(|part| part.path.clone()));
        if table.rows() == 0 {
            assert!(parts.is_empty());
            continue;
        }
        // In a table of the whole run, rows of one checkpoint need not lie together.
        let sorted = |table: &Table| {
            let csv = table.to_csv();
            let mut lines: Vec<String> = csv.lines().map(str::to_owned).collect();
            lines[1..].sort_unstable();
            lines
        };
        assert_eq!(sorted(&put_together(table.name, &parts)), sorted(&table));
    }
    assert_eq!(names.len(), parts.len(), "two parts have one path");
    let folder = "strength/model=lenet/seed=5/run=label-noise%3D0.1%2Cseed%3D5";
    assert!(names.contains(&format!("{folder}/checkpoint=2/part-0.parquet")));

    let found = demo::decompositions(2);
    let part = run.of_interactions(2, &found).unwrap();
    let rows = table::interactions_rows(&record, 2, &found);
    let whole = table::interactions(&record, &rows);
    assert_eq!(put_together("interactions", &[part]), whole);
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_holds_the_table() {
    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::Field,
    };
    let table = Table::new("t")
        .integer("n", [3, 4])
        .real("x", [Some(0.1), None])
        .text("s", ["ä", ""]);
    let reader =
        SerializedFileReader::new(bytes::Bytes::from(table.to_parquet().unwrap())).unwrap();
    let rows: Vec<Vec<Field>> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| {
            row.unwrap()
                .get_column_iter()
                .map(|(_, field)| field.clone())
                .collect()
        })
        .collect();
    assert_eq!(
        rows,
        [
            vec![Field::Long(3), Field::Double(0.1), Field::Str("ä".into())],
            vec![Field::Long(4), Field::Null, Field::Str(String::new())],
        ]
    );
}

#[cfg(feature = "parquet")]
#[test]
fn every_table_can_be_parquet_even_without_rows() {
    let mut record = demo::record();
    for table in analysis::tables(&record) {
        assert!(table.rows() > 0, "{}", table.name);
        table.to_parquet().unwrap();
    }
    record.checkpoints.clear();
    record.losses.clear();
    record.samples.clear();
    record.analyses = Parts::default();
    for table in analysis::tables(&record) {
        assert_eq!(table.rows(), 0, "{}", table.name);
        table.to_parquet().unwrap();
    }
}

#[test]
fn figures_of_the_record() {
    insta::assert_json_snapshot!("figures", figures(&demo::record()));
}

fn curves(record: &RunRecord, name: &str) -> figure::Curves {
    let found = figures(record).into_iter();
    let mut curves = found
        .filter(|figure| figure.name == name)
        .filter_map(|figure| match figure.kind {
            FigureKind::Curves(curves) => Some(curves),
            _ => None,
        });
    curves.next().expect("curves of this name")
}

#[test]
fn curves_that_share_an_axis_keep_what_was_measured() {
    let record = demo::record();
    let figure = curves(&record, "sharpness");
    let table = analysis::tables(&record);
    let table = table
        .iter()
        .find(|table| table.name == "landscape")
        .unwrap();
    let column = table
        .columns
        .iter()
        .find(|column| column.name == "eigenvalue_nats");
    let table::Values::Real(measured) = &column.unwrap().values else {
        panic!("eigenvalues are numbers");
    };
    let curve = figure
        .curves
        .iter()
        .find(|curve| curve.name == "largest eigenvalue");
    let unscaled = curve.unwrap().unscaled.as_ref().unwrap();
    let kept: Vec<Option<f64>> = unscaled
        .values
        .iter()
        .map(|at| at.map(|at| at.value))
        .collect();
    assert_eq!((&kept, unscaled.unit), (measured, "nats"));
}

#[test]
fn what_the_choice_of_an_answer_gives_is_drawn_below_the_instability() {
    let record = demo::record();
    let figure = curves(&record, "instability");
    let floors = figure
        .curves
        .iter()
        .filter(|curve| curve.name.starts_with("floor of "));
    let floors: Vec<_> = floors.collect();
    assert!(
        floors
            .iter()
            .all(|floor| floor.drawn == figure::Drawn::Dotted)
    );
    let found: Vec<Option<f64>> = floors
        .iter()
        .map(|floor| floor.values.iter().flatten().last().map(|at| at.value))
        .collect();
    assert_eq!(found, [Some(0.5), Some(0.375), None, Some(0.25)]);
    for floor in floors {
        let of = floor.name.trim_start_matches("floor of ");
        let above = figure.curves.iter().find(|curve| curve.name == of).unwrap();
        assert_eq!(above.tone, floor.tone);
    }
}

#[test]
fn five_checkpoints_are_the_ends_the_boundary_and_what_lies_between() {
    let figure = analysis::two_phases(&demo::record()).unwrap();
    let chosen: Vec<_> = figure.panels.iter().map(|panel| panel.checkpoint).collect();
    assert_eq!(chosen, [0, 1, 2, 3, 5]);
    assert_eq!(figure.panels[2].title, "epoch 1, boundary");
}

#[test]
fn a_run_that_was_not_analysed_has_losses_and_no_figures() {
    let mut record = demo::record();
    record.analyses = Parts::default();
    for checkpoint in &mut record.checkpoints {
        checkpoint.summary = None;
        checkpoint.analyses = Parts::default();
    }
    assert!(figures(&record).is_empty());
    assert_eq!(figure::losses(&record).epochs.len(), 10);
}

#[test]
fn captions_claim_no_more_than_there_is() {
    let mut record = demo::record();
    record.analyses = Parts::default();
    let text = caption(&record);
    assert!(!text.contains("phases") && !text.contains("gap"), "{text}");

    for checkpoint in &mut record.checkpoints {
        silence(checkpoint.summary.as_mut().unwrap());
    }
    assert!(caption(&record).contains("No interaction is salient at any checkpoint."));

    let mut single = demo::record();
    single.analyses = Parts::default();
    single.checkpoints.truncate(1);
    assert!(
        caption(&single)
            .starts_with("The share of orders of 3 and more is 0.25 [0.12, 0.38] before training."),
        "{}",
        caption(&single)
    );
}

/// Caption of the two phases.
fn caption(record: &RunRecord) -> String {
    let is_two_phases = |figure: &Figure| matches!(figure.kind, FigureKind::TwoPhases(_));
    let figures = figures(record).into_iter();
    figures.filter(is_two_phases).map(|f| f.caption).collect()
}

fn silence(summary: &mut Summary) {
    for group in &mut summary.strengths {
        group.strength.share = None;
        group.strength.mean_order = None;
    }
}
