//! Experiments: defaults, checks, differences, command line flags.

use spindle_interactions::{decompose, reference};
use spindle_run::{
    Error, Experiment,
    experiment::{PARAMETERS, Range, Solver, Solving, Training, ranges},
};

fn refused(change: impl FnOnce(&mut Experiment)) -> String {
    let mut experiment = Experiment::default();
    change(&mut experiment);
    match experiment.check() {
        Err(error @ Error::Field { .. }) => error.to_string(),
        other => format!("not refused: {other:?}"),
    }
}

#[test]
fn defaults_are_allowed() {
    Experiment::default().check().unwrap();
}

#[test]
fn missing_fields_of_json_are_the_defaults() {
    assert_eq!(
        serde_json::from_str::<Experiment>("{}").unwrap(),
        Experiment::default()
    );
}

#[test]
fn unknown_fields_of_json_are_named() {
    let error = serde_json::from_str::<Experiment>(r#"{"epoch": 3}"#)
        .unwrap_err()
        .to_string();
    assert!(error.contains("`epoch`"), "{error}");
}

#[test]
fn fields_are_read_in_groups_or_beside_each_other_but_not_both() {
    let read = serde_json::from_str::<Experiment>;
    let grouped = read(r#"{"training": {"epochs": 3}, "decomposition": {"salience": 0.5}}"#);
    let flat = read(r#"{"salience": 0.5, "epochs": 3}"#).unwrap();
    assert_eq!(grouped.unwrap(), flat);
    assert_eq!(
        (flat.training.epochs, flat.decomposition.salience),
        (3, 0.5)
    );
    for (json, message) in [
        (
            r#"{"training": {}, "epochs": 3}"#,
            "`epochs` is outside of its group",
        ),
        (r#"{"training": {"players": 3}}"#, "unknown field `players`"),
        (r#"{"epochs": 3, "epochs": 3}"#, "duplicate field `epochs`"),
        (r#"{"epochs": "many"}"#, "line 1 column 17"),
    ] {
        let error = read(json).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn what_is_written_is_in_groups_and_is_read() {
    let experiment = Experiment {
        training: Training {
            skip_broken: true,
            vocabulary: Some("words".into()),
            ..Training::default()
        },
        ..Experiment::default()
    };
    let json = serde_json::to_value(&experiment).unwrap();
    assert_eq!(json["training"]["skip_broken"], true);
    assert_eq!(
        serde_json::from_value::<Experiment>(json).unwrap(),
        experiment
    );
}

#[test]
fn no_field_has_the_name_of_another() {
    assert_eq!(Experiment::default().fields().len(), PARAMETERS.len());
}

#[test]
fn defaults_of_the_decomposition_are_those_of_the_solvers() {
    let decomposition = Solving::default();
    assert_eq!(decomposition.params(), decompose::Params::default());
    assert_eq!(decomposition.published_sgd(), reference::Params::default());
}

/// A bound as docs write it.
fn bound(value: f64) -> String {
    if value == (1_u64 << 53) as f64 - 1.0 {
        return "2^53 - 1".into();
    }
    if 0.0 < value && value < 1e-3 {
        return format!("{value:e}");
    }
    let digits = value.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().collect();
    String::from_utf8(groups.join(&b","[..])).unwrap()
}

fn as_docs_write_it(range: &Range) -> String {
    let above = if range.min_excluded { "above " } else { "" };
    let below = if range.max_excluded { "below " } else { "" };
    format!("{above}{} to {below}{}", bound(range.min), bound(range.max))
}

#[test]
fn docs_tell_the_range_that_is_checked() {
    for parameter in PARAMETERS {
        if let Some(range) = &parameter.range {
            let words = as_docs_write_it(range);
            let name = parameter.field;
            assert!(
                parameter.help.contains(&words),
                "{name} does not say {words}"
            );
        }
    }
}

#[test]
fn every_field_out_of_range_is_named_with_its_value_and_what_is_allowed() {
    type Change = fn(&mut Experiment);
    let cases: [(Change, &str); 32] = [
        (
            |e| e.training.train_size = Some(0),
            "train_size is 0; it must be at least 1 and",
        ),
        (
            |e| e.training.label_noise = 1.0,
            "label_noise is 1; it must be at least 0 and below 1",
        ),
        (|e| e.training.label_noise = -0.1, "label_noise is -0.1;"),
        (|e| e.training.label_noise = f64::NAN, "label_noise is NaN;"),
        (
            |e| e.training.epochs = 0,
            "epochs is 0; it must be at least 1",
        ),
        (
            |e| e.training.batch = 0,
            "batch is 0; it must be at least 1",
        ),
        (
            |e| e.training.learning_rate = 0.0,
            "learning_rate is 0; it must be above 0",
        ),
        (
            |e| e.training.learning_rate = f64::INFINITY,
            "learning_rate is inf;",
        ),
        (
            |e| e.training.momentum = 1.0,
            "momentum is 1; it must be at least 0 and below 1",
        ),
        (
            |e| e.training.seed = u64::MAX,
            "seed is 18446744073709552000;",
        ),
        (
            |e| e.measurement.checkpoints = 1,
            "checkpoints is 1; it must be at least 2",
        ),
        (
            |e| e.measurement.samples = 0,
            "samples is 0; it must be at least 1",
        ),
        (
            |e| e.measurement.train_samples = 10_001,
            "train_samples is 10001;",
        ),
        (
            |e| e.measurement.mislabelled_samples = 10_001,
            "mislabelled_samples is 10001;",
        ),
        (
            |e| e.measurement.players = 1,
            "players is 1; it must be at least 2 and at most 20",
        ),
        (
            |e| e.measurement.players = 21,
            "players is 21; it must be at least 2 and at most 20",
        ),
        (
            |e| e.decomposition.noise_ratio = 1.5,
            "noise_ratio is 1.5; it must be at least 0 and at most 1",
        ),
        (
            |e| e.decomposition.tolerance = 0.0,
            "tolerance is 0; it must be at least 0.000000001 and below 1",
        ),
        (|e| e.decomposition.tolerance = 1.0, "tolerance is 1;"),
        (
            |e| e.decomposition.salience = -1.0,
            "salience is -1; it must be at least 0 and at most 1",
        ),
        (
            |e| e.decomposition.sgd_learning_rate = 0.0,
            "sgd_learning_rate is 0; it must be above 0",
        ),
        (
            |e| e.decomposition.sgd_steps = 0,
            "sgd_steps is 0; it must be at least 1",
        ),
        (
            |e| e.decomposition.sgd_steps = 10_000_001,
            "sgd_steps is 10000001;",
        ),
        (
            |e| e.measurement.samples_seed = Some(1 << 54),
            "samples_seed is 18014398509481984;",
        ),
        (
            |e| e.measurement.players_seed = Some(1 << 54),
            "players_seed is 18014398509481984;",
        ),
        (
            |e| e.decomposition.resamples = 99,
            "resamples is 99; it must be at least 100",
        ),
        (
            |e| e.training.points = 31,
            "points is 31; it must be at least 32 and at most 4096",
        ),
        (
            |e| e.training.data_dir = Some(String::new()),
            "data_dir is empty; it must be a path, or absent",
        ),
        (
            |e| e.training.penalty = -1.0,
            "penalty is -1; it must be at least 0 and at most 1000000",
        ),
        (
            |e| e.training.penalty_order = 7,
            "penalty_order is 7; it must be at least 1 and at most 6",
        ),
        (
            |e| {
                e.training.penalty = 1.0;
                e.measurement.players = 2;
            },
            "penalty_order is 3; it must be at most the number of players, 2",
        ),
        (
            |e| e.training.batch = 65_537,
            "batch is 65537; it must be at least 1 and at most 65536",
        ),
    ];
    for (change, message) in cases {
        let text = refused(change);
        assert!(text.contains(message), "{text} does not say {message}");
    }
    for range in ranges() {
        assert!(
            cases
                .iter()
                .any(|(_, message)| message.starts_with(range.field)),
            "{} is untested",
            range.field
        );
    }
}

#[test]
fn differences_name_field_and_both_values() {
    let left = Experiment::default();
    let right = Experiment {
        training: Training {
            seed: 3,
            train_size: Some(500),
            ..left.training.clone()
        },
        decomposition: Solving {
            solver: Solver::Sgd,
            ..left.decomposition.clone()
        },
        ..left.clone()
    };
    let words: Vec<_> = left
        .differences(&right)
        .into_iter()
        .map(|difference| {
            format!(
                "{}: {} / {}",
                difference.field, difference.left, difference.right
            )
        })
        .collect();
    assert_eq!(
        words,
        [
            "seed: 0 / 3",
            "solver: certified / sgd",
            "train_size: not given / 500"
        ]
    );
    assert!(left.differences(&left).is_empty());
}

#[test]
fn where_the_original_files_lie_makes_no_other_run() {
    let embedded = Experiment::default();
    let here = Experiment {
        training: Training {
            data_dir: Some("here".into()),
            ..embedded.training.clone()
        },
        ..embedded.clone()
    };
    let there = Experiment {
        training: Training {
            data_dir: Some("there".into()),
            ..embedded.training.clone()
        },
        ..embedded.clone()
    };
    assert!(here.decisive_differences(&there).is_empty());
    assert_eq!(here.differences(&there).len(), 1);
    assert_eq!(embedded.decisive_differences(&here).len(), 1);
}

#[cfg(feature = "clap")]
mod flags {
    use clap::{CommandFactory, Parser};
    use spindle_run::{
        Experiment,
        experiment::{Measurement, Placement, Training},
    };

    /// What the command says of itself.
    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        experiment: Experiment,
    }

    fn parsed(flags: &[&str]) -> Experiment {
        Command::try_parse_from([&["spindle"], flags].concat())
            .unwrap()
            .experiment
    }

    #[test]
    fn no_flags_are_the_defaults() {
        assert_eq!(parsed(&[]), Experiment::default());
    }

    #[test]
    fn flags_set_their_fields() {
        let flags = [
            "--lr",
            "0.1",
            "--label-noise",
            "0.05",
            "--placement",
            "per-sample",
            "--data-dir",
            "d",
            "--train-size",
            "7",
        ];
        let expected = Experiment {
            training: Training {
                learning_rate: 0.1,
                label_noise: 0.05,
                data_dir: Some("d".into()),
                train_size: Some(7),
                ..Training::default()
            },
            measurement: Measurement {
                placement: Placement::PerSample,
                ..Measurement::default()
            },
            ..Experiment::default()
        };
        assert_eq!(parsed(&flags), expected);
        assert_eq!(
            parsed(&["--learning-rate", "0.1"]).training.learning_rate,
            0.1
        );
    }

    #[test]
    fn every_flag_has_help_and_the_command_keeps_its_own_description() {
        let mut command = Command::command();
        assert_eq!(
            command.get_about().unwrap().to_string(),
            "What the command says of itself"
        );
        for argument in command.get_arguments() {
            assert!(
                argument.get_help().is_some(),
                "{} has no help",
                argument.get_id()
            );
        }
        insta::assert_snapshot!(command.render_help());
    }
}
