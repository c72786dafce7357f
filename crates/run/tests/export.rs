//! `.spindle` files: round trip, size, what they refuse.

mod demo;

use spindle_interactions::decompose::Decomposition;
use spindle_run::{
    Error,
    content::{Contents, PictureStack},
    export::{Budget, Export, Kind},
    record::RunRecord,
};

fn pictures(record: &RunRecord) -> Contents {
    stack(record.samples.len())
}

fn stack(count: usize) -> Contents {
    let pixels = (0..count * 32 * 32).map(|pixel| (pixel % 251) as u8);
    Contents::Pictures(PictureStack::new(32, 1, pixels.collect()).unwrap())
}

fn at(step: usize) -> Result<Vec<Decomposition>, Error> {
    Ok(demo::decompositions(
        demo::STEPS.iter().position(|&s| s == step).unwrap(),
    ))
}

fn export() -> Export {
    let record = demo::record();
    let mut export = Export::new(record.clone(), pictures(&record), Budget::default(), at).unwrap();
    export.weights.insert(40, demo::weights(1.0));
    export
}

#[test]
fn what_is_packed_is_unpacked() {
    let export = export();
    let bytes = export.pack().unwrap();
    assert_eq!(Export::unpack(&bytes).unwrap(), export);
    assert_eq!(bytes, export.pack().unwrap());
}

#[test]
fn where_the_maker_keeps_the_data_is_not_told() {
    for (path, told) in [
        ("/home/me/data/mnist/", "mnist"),
        (r"C:\Users\me\mnist", "mnist"),
        ("mnist", "mnist"),
    ] {
        let mut record = demo::record();
        record.experiment.training.data_dir = Some(path.to_owned());
        let pictures = pictures(&record);
        let export = Export::new(record, pictures, Budget::default(), at).unwrap();
        assert_eq!(
            export.record.experiment.training.data_dir.as_deref(),
            Some(told)
        );
    }
}

#[test]
fn interactions_that_are_salient_somewhere_are_there_at_every_checkpoint() {
    let export = export();
    assert_eq!(export.history.steps, demo::STEPS);
    let threshold = 0.125;
    for sample in 0..demo::SAMPLES {
        for mask in 1..1 << demo::PLAYERS {
            for kind in [Kind::And, Kind::Or] {
                let effect = |d: &Decomposition| {
                    if kind == Kind::And {
                        d.and[mask]
                    } else {
                        d.or[mask]
                    }
                };
                let expected: Vec<f64> = (0..6)
                    .map(|at| effect(&demo::decompositions(at)[sample]))
                    .collect();
                let salient = expected.iter().any(|effect| effect.abs() >= threshold);
                let found = export.history.over_training(sample, kind, mask as u32);
                // Eighths and sixteenths are exact in f32.
                let expected = salient.then(|| {
                    expected
                        .iter()
                        .map(|&effect| effect as f32)
                        .collect::<Vec<_>>()
                });
                assert_eq!(found, expected, "sample {sample}, mask {mask}");
            }
        }
    }
}

#[test]
fn effects_come_strongest_first() {
    let export = export();
    let effects = export.history.effects(2, 1);
    assert!(effects.len() > 5);
    assert!(
        effects
            .windows(2)
            .all(|pair| pair[0].effect.abs() >= pair[1].effect.abs())
    );
    assert_eq!(export.history.baseline(2, 1), Some(1.25));
    assert!(export.history.effects(99, 0).is_empty() && export.history.effects(0, 99).is_empty());
    assert_eq!(export.history.baseline(0, 99), None);
}

#[test]
fn outputs_on_all_masks_are_within_half_a_step() {
    let export = export();
    for checkpoint in 0..6 {
        let exact = demo::outputs(checkpoint).values;
        for (sample, exact) in exact.chunks(1 << demo::PLAYERS).enumerate() {
            let found = export.outputs.values(checkpoint, sample).unwrap();
            let range = exact.iter().copied().fold(f64::MIN, f64::max)
                - exact.iter().copied().fold(f64::MAX, f64::min);
            let step = range / 65_534.0;
            assert!(range > 0.1);
            for (found, exact) in found.iter().zip(exact) {
                assert!((found - exact).abs() <= step * 0.501, "{found} {exact}");
            }
        }
    }
    assert_eq!(export.outputs.values(0, 99), None);
}

#[test]
fn what_does_not_fit_is_left_out_the_most_prominent_stays() {
    let record = demo::record();
    let budget = Budget {
        interactions: 3 * demo::SAMPLES * (5 + 4 * 6),
        values: 0,
    };
    let export = Export::new(record.clone(), pictures(&record), budget, at).unwrap();
    assert_eq!(export.history.interactions(), 3 * demo::SAMPLES);
    assert!(export.outputs.samples.is_empty());
    let largest = |effects: &[f64]| {
        effects
            .iter()
            .fold(0.0, |largest: f64, effect| largest.max(effect.abs()))
    };
    for sample in 0..demo::SAMPLES {
        let all = (0..6).map(|at| demo::decompositions(at).swap_remove(sample));
        let all = all
            .map(|d| largest(&d.and[1..]).max(largest(&d.or)))
            .fold(0.0, f64::max);
        let kept = (0..6).flat_map(|at| export.history.effects(at, sample));
        let kept = kept.map(|e| f64::from(e.effect).abs()).fold(0.0, f64::max);
        assert_eq!(kept, all);
    }
    assert_eq!(Export::unpack(&export.pack().unwrap()).unwrap(), export);
}

#[test]
fn a_large_run_stays_under_3_mb() {
    let mut record = demo::record();
    record.experiment.measurement.players = 10;
    record.samples = record.samples.iter().cloned().cycle().take(120).collect();
    record.checkpoints = record
        .checkpoints
        .iter()
        .cloned()
        .cycle()
        .take(12)
        .collect();
    for (index, checkpoint) in record.checkpoints.iter_mut().enumerate() {
        checkpoint.losses.step = index;
        let summary = checkpoint.summary.as_mut().unwrap();
        summary.certificates = summary
            .certificates
            .iter()
            .copied()
            .cycle()
            .take(120)
            .collect();
    }
    // The worst case: every interaction is salient.
    let dense = |step: usize| {
        let game = |sample: usize| {
            let effect = |mask: usize| 1.0 + ((mask * 31 + sample * 17 + step) % 97) as f64 / 97.0;
            let mut game = demo::decompositions(0).swap_remove(0);
            game.and = (0..1024).map(effect).collect();
            game.or = (0..1024).map(effect).collect();
            game.noise = vec![0.0; 1024];
            game
        };
        Ok((0..120).map(game).collect())
    };
    let export = Export::new(record.clone(), pictures(&record), Budget::default(), dense).unwrap();
    let size = export.pack().unwrap().len();
    assert!((2_000_000..3_000_000).contains(&size), "{size} bytes");
    assert!(export.history.interactions() > 120 * 200 && export.outputs.samples.len() == 40);
}

#[test]
fn broken_and_foreign_files_say_what_they_are() {
    let bytes = export().pack().unwrap();
    for broken in [
        &b""[..],
        b"not a zip",
        &bytes[..bytes.len() - 1],
        &bytes[..bytes.len() / 2],
    ] {
        let text = Export::unpack(broken).unwrap_err().to_string();
        assert!(text.starts_with("not a complete .spindle file: "), "{text}");
    }
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    assert!(Export::unpack(&flipped).is_err());
}

#[test]
fn a_newer_file_says_what_reads_it() {
    let mut export = export();
    export.record.schema = 7;
    export.record.provenance.version = "9.9.9".into();
    let text = Export::unpack(&export.pack().unwrap())
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("run.json: written in format 7 by Spindle 9.9.9;"),
        "{text}"
    );
}

#[test]
fn pictures_must_be_of_the_samples() {
    let record = demo::record();
    let text = Export::new(record, stack(2), Budget::default(), at)
        .unwrap_err()
        .to_string();
    assert_eq!(text, "number of samples with content is 2, expected 3");
}

#[test]
fn decompositions_of_another_run_are_refused() {
    let record = demo::record();
    let fewer = |step| at(step).map(|all| all[1..].to_vec());
    let text = Export::new(record.clone(), pictures(&record), Budget::default(), fewer)
        .unwrap_err()
        .to_string();
    assert_eq!(text, "number of samples is 2, expected 3");
}
