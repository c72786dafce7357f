//! Tables and figure data of a small run, as snapshots; and of runs with pieces missing.

mod demo;

use spindle_run::{
    experiment::{Dataset, Model},
    figure::{
        self, figures,
        universality::{self, Status},
    },
    record::Analysis,
    table::{self, Table},
};

#[test]
fn tables_of_the_record() {
    let record = demo::record();
    for table in table::of_record(&record) {
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
    for table in table::of_record(&record) {
        assert!(table.rows() > 0, "{}", table.name);
        table.to_parquet().unwrap();
    }
    record.checkpoints.clear();
    record.losses.clear();
    record.samples.clear();
    record.dynamics = None;
    for table in table::of_record(&record) {
        assert_eq!(table.rows(), 0, "{}", table.name);
        table.to_parquet().unwrap();
    }
}

#[test]
fn figures_of_the_record() {
    insta::assert_json_snapshot!("figures", figures(&demo::record()));
}

#[test]
fn five_checkpoints_are_the_ends_the_boundary_and_what_lies_between() {
    let figure = figures(&demo::record()).two_phases.unwrap();
    let chosen: Vec<_> = figure.panels.iter().map(|panel| panel.checkpoint).collect();
    assert_eq!(chosen, [0, 1, 2, 3, 5]);
    assert_eq!(figure.panels[2].title, "epoch 1, boundary");
}

#[test]
fn a_run_that_was_not_analysed_has_losses_and_no_figures() {
    let mut record = demo::record();
    record.dynamics = None;
    for checkpoint in &mut record.checkpoints {
        checkpoint.analysis = None;
    }
    let found = figures(&record);
    assert!(found.two_phases.is_none() && found.mean_order.is_none() && found.similarity.is_none());
    assert!(found.solvers.is_none() && found.theory.is_none() && found.checkpoints.is_empty());
    assert_eq!(figure::losses(&record).epochs.len(), 10);
}

#[test]
fn captions_claim_no_more_than_there_is() {
    let mut record = demo::record();
    record.dynamics = None;
    let caption = |record: &_| figures(record).two_phases.unwrap().caption;
    let text = caption(&record);
    assert!(!text.contains("phases") && !text.contains("gap"), "{text}");

    for checkpoint in &mut record.checkpoints {
        silence(checkpoint.analysis.as_mut().unwrap());
    }
    assert!(caption(&record).contains("No interaction is salient at any checkpoint."));

    let mut single = demo::record();
    single.dynamics = None;
    single.checkpoints.truncate(1);
    assert!(
        caption(&single)
            .starts_with("The share of orders of 3 and more is 0.25 [0.12, 0.38] before training."),
        "{}",
        caption(&single)
    );
}

fn silence(analysis: &mut Analysis) {
    for group in &mut analysis.strengths {
        group.strength.share = None;
        group.strength.mean_order = None;
    }
}

#[test]
fn the_table_of_universality_has_a_row_for_every_pair() {
    let (lenet, mut snippets) = (demo::record(), demo::record());
    snippets.experiment.training.model = Model::BertTiny;
    snippets.experiment.training.data = Dataset::Sst2;
    snippets.experiment.training.data_dir = Some("movie-snippets".into());
    let runs = [("lenet".to_owned(), &lenet), ("bert".to_owned(), &snippets)];
    let rows = universality::rows(&runs);
    assert_eq!(rows.len(), universality::PAIRS.len());
    assert_eq!(rows[0].status, Status::RealRun);
    assert_eq!(rows[0].moments.len(), 3);
    assert_eq!(rows[0].phases.as_deref(), Some("1 [0.25, 2]"));
    let of = |data| {
        rows.iter()
            .find(|row| row.model == "BERT-Tiny" && row.data == data)
    };
    // A stand-in is no run on what it stands in for.
    assert!(of("SST-2").is_some_and(|row| row.status == Status::LayoutOnly && row.run.is_none()));
    assert!(of("movie snippets").is_some_and(|row| row.run.as_deref() == Some("bert")));
    let total: f64 = rows[0].moments[0]
        .positive
        .iter()
        .chain(&rows[0].moments[0].negative)
        .map(|share| share.abs())
        .sum();
    assert!((total - 1.0).abs() < 0.01);
}

#[test]
fn the_table_in_markdown_says_what_a_row_rests_on() {
    let mut record = demo::record();
    record.dynamics = None;
    let rows = universality::rows(&[("lenet".to_owned(), &record)]);
    let table = universality::markdown(&rows, |run| format!("runs/{run}"));
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 2 + universality::PAIRS.len());
    assert!(
        lines[2].starts_with("| LeNet | MNIST | [real run](runs/lenet) | not tested | not found |"),
        "{}",
        lines[2]
    );
    // The first and the last checkpoint, an order a bar, the strongest one full.
    let bars = lines[2].rsplit(" | ").next().unwrap_or_default();
    let bars: Vec<_> = bars.trim_end_matches(" |").split(" → ").collect();
    assert_eq!(bars.len(), 2, "{bars:?}");
    for (bars, moment) in bars.iter().zip(&rows[0].moments) {
        assert_eq!(bars.chars().count(), 2 + moment.positive.len());
        assert!(bars.contains('█'));
    }
    assert!(lines[3].contains("not run on the data set itself"));
    assert!(table.contains("| solids (for ShapeNet) | not run yet |"));
}
