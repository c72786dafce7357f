//! Experiments: defaults, checks, differences, command line flags.

use spindle_run::{
    Error, Experiment,
    experiment::{RANGES, Solver},
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
fn every_field_out_of_range_is_named_with_its_value_and_what_is_allowed() {
    type Change = fn(&mut Experiment);
    let cases: [(Change, &str); 27] = [
        (
            |e| e.train_size = Some(0),
            "train_size is 0; it must be at least 1 and",
        ),
        (
            |e| e.label_noise = 1.0,
            "label_noise is 1; it must be at least 0 and below 1",
        ),
        (|e| e.label_noise = -0.1, "label_noise is -0.1;"),
        (|e| e.label_noise = f64::NAN, "label_noise is NaN;"),
        (|e| e.epochs = 0, "epochs is 0; it must be at least 1"),
        (|e| e.batch = 0, "batch is 0; it must be at least 1"),
        (
            |e| e.learning_rate = 0.0,
            "learning_rate is 0; it must be above 0",
        ),
        (|e| e.learning_rate = f64::INFINITY, "learning_rate is inf;"),
        (
            |e| e.momentum = 1.0,
            "momentum is 1; it must be at least 0 and below 1",
        ),
        (|e| e.seed = u64::MAX, "seed is 18446744073709552000;"),
        (
            |e| e.checkpoints = 1,
            "checkpoints is 1; it must be at least 2",
        ),
        (|e| e.samples = 0, "samples is 0; it must be at least 1"),
        (|e| e.train_samples = 10_001, "train_samples is 10001;"),
        (
            |e| e.mislabelled_samples = 10_001,
            "mislabelled_samples is 10001;",
        ),
        (
            |e| e.players = 1,
            "players is 1; it must be at least 2 and at most 20",
        ),
        (
            |e| e.players = 21,
            "players is 21; it must be at least 2 and at most 20",
        ),
        (
            |e| e.noise_ratio = 1.5,
            "noise_ratio is 1.5; it must be at least 0 and at most 1",
        ),
        (
            |e| e.tolerance = 0.0,
            "tolerance is 0; it must be at least 0.000000001 and below 1",
        ),
        (|e| e.tolerance = 1.0, "tolerance is 1;"),
        (
            |e| e.salience = -1.0,
            "salience is -1; it must be at least 0 and at most 1",
        ),
        (
            |e| e.sgd_learning_rate = 0.0,
            "sgd_learning_rate is 0; it must be above 0",
        ),
        (|e| e.sgd_steps = 0, "sgd_steps is 0; it must be at least 1"),
        (|e| e.sgd_steps = 10_000_001, "sgd_steps is 10000001;"),
        (
            |e| e.resamples = 99,
            "resamples is 99; it must be at least 100",
        ),
        (
            |e| e.points = 31,
            "points is 31; it must be at least 32 and at most 4096",
        ),
        (
            |e| e.data_dir = Some(String::new()),
            "data_dir is empty; it must be a path, or absent",
        ),
        (
            |e| e.batch = 65_537,
            "batch is 65537; it must be at least 1 and at most 65536",
        ),
    ];
    for (change, message) in cases {
        let text = refused(change);
        assert!(text.contains(message), "{text} does not say {message}");
    }
    for range in RANGES {
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
        seed: 3,
        train_size: Some(500),
        solver: Solver::Sgd,
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
        data_dir: Some("here".into()),
        ..embedded.clone()
    };
    let there = Experiment {
        data_dir: Some("there".into()),
        ..embedded.clone()
    };
    assert!(here.decisive_differences(&there).is_empty());
    assert_eq!(here.differences(&there).len(), 1);
    assert_eq!(embedded.decisive_differences(&here).len(), 1);
}

#[cfg(feature = "clap")]
mod flags {
    use clap::{CommandFactory, Parser};
    use spindle_run::{Experiment, experiment::Placement};

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
            learning_rate: 0.1,
            label_noise: 0.05,
            placement: Placement::PerSample,
            data_dir: Some("d".into()),
            train_size: Some(7),
            ..Experiment::default()
        };
        assert_eq!(parsed(&flags), expected);
        assert_eq!(parsed(&["--learning-rate", "0.1"]).learning_rate, 0.1);
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
