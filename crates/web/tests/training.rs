//! A worker's training, natively: what it tells, and that it rests when it is told to.
#![cfg(feature = "engine")]

use std::{
    cell::RefCell,
    ops::Range,
    pin::pin,
    task::{Context, Poll, Waker},
};

use serde_bytes::ByteBuf;
use spindle_core::pipeline::EncodedBench;
use spindle_run::{Experiment, device::Place, experiment};
use spindle_web::{
    Error,
    engine::{measure, record::Recorders, train::Training},
    protocol::{
        Command, Event, MeasuredCheckpoint, MeasuredPart, Recorded, RunView, SampleAddress,
        SampleSolver,
    },
    viewer::Viewer,
};

macro_rules! digits {
    ($name:literal) => {
        ByteBuf::from(include_bytes!(concat!("../../data/assets/mnist/", $name)).to_vec())
    };
}

fn data() -> Vec<ByteBuf> {
    vec![
        digits!("train-images-idx3-ubyte.gz"),
        digits!("train-labels-idx1-ubyte.gz"),
        digits!("t10k-images-idx3-ubyte.gz"),
        digits!("t10k-labels-idx1-ubyte.gz"),
    ]
}

/// Ten steps an epoch.
fn small() -> Experiment {
    Experiment {
        training: experiment::Training {
            train_size: Some(320),
            batch: 32,
            epochs: 2,
            ..experiment::Training::default()
        },
        measurement: experiment::Measurement {
            checkpoints: 2,
            samples: 3,
            train_samples: 2,
            players: 5,
            ..experiment::Measurement::default()
        },
        decomposition: experiment::Solving {
            resamples: 100,
            sgd_steps: 50,
            ..experiment::Solving::default()
        },
    }
}

/// Steps at which the training rested, of what it told.
fn rests(told: &[Event]) -> Vec<usize> {
    let rest = |event: &Event| match event {
        Event::Paused { step } => Some(*step),
        _ => None,
    };
    told.iter().filter_map(rest).collect()
}

#[test]
fn a_training_goes_as_far_as_it_is_let_and_leaves_a_state_where_it_rests() -> Result<(), Error> {
    let (training, _) = Training::new(small(), Place::CPU, &data(), None, true)?;
    let control = training.control();
    let told = RefCell::new(Vec::new());
    let mut run = pin!(training.run(|event| told.borrow_mut().push(event), async || ()));
    let mut context = Context::from_waker(Waker::noop());
    let mut poll = || run.as_mut().poll(&mut context);

    assert!(poll().is_pending());
    assert_eq!(rests(&told.borrow()), [0]);
    control.go(Some(7));
    assert!(poll().is_pending());
    assert_eq!(rests(&told.borrow()), [0, 7]);
    assert!(matches!(
        told.borrow()[told.borrow().len() - 2],
        Event::State { step: 7, .. }
    ));
    control.go(None);
    assert!(matches!(poll(), Poll::Ready(Ok(()))));
    assert!(matches!(told.borrow().last(), Some(Event::Finished)));
    Ok(())
}

#[test]
fn a_training_that_was_ended_tells_nothing_more() -> Result<(), Error> {
    let (training, _) = Training::new(small(), Place::CPU, &data(), None, false)?;
    training.control().cancel();
    let told = RefCell::new(Vec::new());
    pollster::block_on(training.run(|event| told.borrow_mut().push(event), async || ()))?;
    assert!(told.borrow().is_empty());
    Ok(())
}

#[test]
fn what_cannot_be_is_said_before_anything_is_done() {
    let refused = |experiment, data: &[ByteBuf]| {
        Training::new(experiment, Place::CPU, data, None, false)
            .err()
            .map_or_else(String::new, |error| error.to_string())
    };
    let zero = Experiment {
        training: experiment::Training {
            batch: 0,
            ..small().training
        },
        ..small()
    };
    assert!(refused(zero, &data()).contains("batch is 0"));
    assert!(refused(small(), &data()[..3]).contains("four files, 3 were given"));
    let foreign = vec![ByteBuf::from(b"Dear reader".to_vec()); 4];
    assert!(refused(small(), &foreign).contains("the training images"));
}

/// Trains and begins a record as the page does; what it gave, with the bench and all checkpoints.
fn begun(
    viewer: &mut Viewer,
) -> Result<(Recorders, Event, EncodedBench, Vec<MeasuredCheckpoint>), Error> {
    let (training, started) = Training::new(small(), Place::CPU, &data(), None, false)?;
    let Event::Started {
        provenance,
        classes,
        bench,
        ..
    } = started
    else {
        return Err(Error::Input("nothing was started".to_owned()));
    };
    let told = RefCell::new(Vec::new());
    pollster::block_on(training.run(|event| told.borrow_mut().push(event), async || ()))?;
    let checkpoint = |event| match event {
        Event::Checkpoint {
            losses,
            sample_losses,
            weights,
        } => Some(MeasuredCheckpoint {
            losses,
            sample_losses,
            weights,
            train_seconds: 1.0,
        }),
        _ => None,
    };
    let checkpoints = told
        .into_inner()
        .into_iter()
        .filter_map(checkpoint)
        .collect();
    let of = Recorded {
        experiment: small(),
        provenance: *provenance,
        classes,
    };
    let mut recorders = Recorders::default();
    let shown = recorders.begin("live".to_owned(), of, bench.clone(), viewer)?;
    Ok((recorders, shown, bench, checkpoints))
}

/// Measures some samples of a checkpoint.
fn measured(
    bench: &EncodedBench,
    samples: Range<usize>,
    at: &MeasuredCheckpoint,
) -> Result<MeasuredPart, Error> {
    let bench = EncodedBench {
        samples: bench.samples[samples].to_vec(),
        ..bench.clone()
    };
    pollster::block_on(measure::measure(
        &small(),
        at.losses.step,
        &at.weights,
        bench,
    ))
}

/// Trains, measures and records as the page does.
fn recorded(viewer: &mut Viewer) -> Result<(Recorders, RunView), Error> {
    let (mut recorders, mut shown, bench, checkpoints) = begun(viewer)?;
    for checkpoint in checkpoints {
        let step = checkpoint.losses.step;
        for (index, samples) in [0..3, 3..5].into_iter().enumerate() {
            recorders.part(
                "live",
                step,
                index,
                &measured(&bench, samples, &checkpoint)?,
            )?;
        }
        shown = recorders.checkpoint("live".to_owned(), &checkpoint, false, viewer)?;
    }
    match shown {
        Event::Run(view) => Ok((recorders, *view)),
        _ => Err(Error::Input("no run was shown".to_owned())),
    }
}

#[test]
fn what_was_measured_in_parts_is_a_run_that_can_be_looked_at_and_packed() -> Result<(), Error> {
    let mut viewer = Viewer::default();
    let (_, view) = recorded(&mut viewer)?;
    assert_eq!(view.checkpoints.len(), 2);
    assert_eq!(view.figures[0].name, "strength-by-order");
    assert!(view.samples.iter().all(|sample| sample.has_outputs));
    assert_eq!(view.weights, [0, 20]);

    let at = SampleAddress {
        run: "live".to_owned(),
        checkpoint: 1,
        sample: 4,
    };
    let solver = SampleSolver::Certified;
    let sample = Command::Sample { at, solver };
    let Some(Ok(Event::Sample(sample))) = viewer.answer(sample) else {
        return Err(Error::Input("no sample was shown".to_owned()));
    };
    assert!(sample.certificate.is_some_and(|found| found.gap <= 1e-3));

    let pack = Command::Pack {
        run: "live".to_owned(),
    };
    let Some(Ok(Event::File { bytes })) = viewer.answer(pack) else {
        return Err(Error::Input("no file was packed".to_owned()));
    };
    let open = Command::Open {
        run: "again".to_owned(),
        bytes,
    };
    let Some(Ok(Event::Run(again))) = viewer.answer(open) else {
        return Err(Error::Input("the file did not open".to_owned()));
    };
    assert_eq!(again.figures, view.figures);
    Ok(())
}

#[test]
fn a_part_that_is_not_the_next_one_is_refused_and_the_first_one_begins_anew() -> Result<(), Error> {
    let mut viewer = Viewer::default();
    let (mut recorders, _, bench, checkpoints) = begun(&mut viewer)?;
    let first = &checkpoints[0];
    let part = measured(&bench, 0..5, first)?;
    let said = |answer: Result<Event, Error>| answer.err().map(|error| error.to_string());
    let mut add = |recorders: &mut Recorders| {
        recorders.checkpoint("live".to_owned(), first, false, &mut viewer)
    };

    assert_eq!(
        said(recorders.part("live", 0, 1, &part)).as_deref(),
        Some("part 1 of the checkpoint at step 0 came where part 0 was due")
    );
    assert_eq!(
        said(add(&mut recorders)).as_deref(),
        Some("the parts measured at step 0 are not of one checkpoint")
    );
    for _ in 0..2 {
        recorders.part("live", 0, 0, &part)?;
    }
    assert!(matches!(add(&mut recorders)?, Event::Run(view) if view.checkpoints.len() == 1));
    Ok(())
}

#[test]
fn a_sample_that_is_opened_again_is_not_solved_again() -> Result<(), Error> {
    let mut viewer = Viewer::default();
    recorded(&mut viewer)?;
    let mut open = |sample: usize, solver| {
        let at = SampleAddress {
            run: "live".to_owned(),
            checkpoint: 1,
            sample,
        };
        match viewer.answer(Command::Sample { at, solver }) {
            Some(Ok(Event::Sample(view))) => Ok(*view),
            _ => Err(Error::Input("no sample was shown".to_owned())),
        }
    };
    let published = SampleSolver::PublishedSgd {
        learning_rate: 1e-5,
        steps: 100,
    };
    let first = open(0, SampleSolver::Certified)?;
    let other = open(1, SampleSolver::Certified)?;
    let sgd = open(0, published)?;
    // The time that solving took is of the one time that it was done.
    assert_eq!(open(0, SampleSolver::Certified)?, first);
    assert_eq!(open(1, SampleSolver::Certified)?, other);
    assert_eq!(open(0, published)?, sgd);
    assert_ne!(sgd.interactions, first.interactions);

    // A run of the same name is another one.
    let run = "live".to_owned();
    viewer.answer(Command::Close { run });
    recorded(&mut viewer)?;
    let at = SampleAddress {
        run: "live".to_owned(),
        checkpoint: 1,
        sample: 0,
    };
    let solver = SampleSolver::Certified;
    let Some(Ok(Event::Sample(anew))) = viewer.answer(Command::Sample { at, solver }) else {
        return Err(Error::Input("no sample was shown".to_owned()));
    };
    assert_ne!(anew.seconds, first.seconds);
    Ok(())
}

fn figure_names(view: &RunView) -> Vec<&'static str> {
    view.figures.iter().map(|figure| figure.name).collect()
}

#[test]
fn comparisons_are_done_one_at_a_time_until_none_is_left() -> Result<(), Error> {
    let mut viewer = Viewer::default();
    let (mut recorders, view) = recorded(&mut viewer)?;
    assert!(!figure_names(&view).contains(&"noise-bounds"));
    let mut views = Vec::new();
    while let Event::Run(view) = recorders.compare("live".to_owned(), &mut viewer)? {
        views.push(*view);
    }
    // Five comparisons, at the beginning, where orders are lowest and at the end.
    assert!((5..=15).contains(&views.len()), "{} answers", views.len());
    let last = views.last().map(figure_names).unwrap_or_default();
    for compared in ["certified-against-sgd", "noise-bounds"] {
        assert!(last.contains(&compared), "{compared} is not in {last:?}");
    }
    Ok(())
}
