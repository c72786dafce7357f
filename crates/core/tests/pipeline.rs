//! The course of a run: what is told in which order, that every store holds the same to the bit,
//! and that a run that was stopped anywhere ends as one that was not.

use std::{
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use pollster::block_on;
use spindle_core::{
    Error,
    network::Answer,
    pipeline::{
        AfterSample, Description, EncodedBench, Goal, Lab, Quiet, Run, Stretch, Training, Watch,
        analyze, conduct, extract, lab, train,
    },
};
use spindle_data::mnist;
use spindle_run::{
    Experiment, MemoryStore, RunFolder, RunWriter, Store,
    content::Contents,
    device::Place,
    each::Each,
    event::{Event, Outputs, Tensors, TrainingState},
    record::RunRecord,
};

type Outcome = Result<(), Error>;

fn experiment() -> Experiment {
    let mut experiment = Experiment::default();
    experiment.training.train_size = Some(300);
    experiment.training.epochs = 3;
    experiment.measurement.checkpoints = 4;
    experiment.measurement.samples = 3;
    experiment.measurement.train_samples = 3;
    experiment.measurement.players = 5;
    experiment.decomposition.resamples = 100;
    experiment
}

fn digits() -> Result<Box<dyn Lab>, Error> {
    let data = Each::Pictures(mnist::embedded()?);
    lab(experiment().check()?, data, Place::CPU)
}

fn all_events(training: &mut dyn Training) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    while !matches!(events.last(), Some(Event::Finished)) {
        events.extend(block_on(training.advance(100))?);
    }
    Ok(events)
}

#[test]
fn a_training_tells_losses_then_checkpoint_then_state() -> Outcome {
    let lab = digits()?;
    let events = all_events(&mut *lab.train(None)?)?;
    let names: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Event::Epoch(_) => Some("losses"),
            Event::Checkpoint { .. } => Some("checkpoint"),
            Event::State(_) => Some("state"),
            Event::Progress { .. } | Event::Finished => None,
        })
        .collect();
    assert_eq!(names[..3], ["losses", "checkpoint", "state"]);
    let checkpoints = names.iter().filter(|name| **name == "checkpoint");
    assert_eq!(checkpoints.count(), 4);
    Ok(())
}

#[test]
fn a_training_from_a_state_tells_what_an_unbroken_one_does() -> Outcome {
    let lab = digits()?;
    let unbroken = all_events(&mut *lab.train(None)?)?;
    let states = unbroken.iter().enumerate();
    let mut states = states.filter_map(|(index, event)| match event {
        Event::State(state) => Some((index, state)),
        _ => None,
    });
    let Some((index, state)) = states.nth(1) else {
        return Err(Error::Data("a second state was expected".to_owned()));
    };
    let rest = &unbroken[index + 1..];
    assert!(rest.len() > 3);
    assert_eq!(rest, all_events(&mut *lab.train(Some(state))?)?);
    Ok(())
}

/// A record without what differs from run to run: the times.
fn timeless(record: &RunRecord) -> RunRecord {
    let mut record = record.clone();
    let provenance = &mut record.provenance;
    provenance.train_seconds = 0.0;
    provenance.extract_seconds = 0.0;
    provenance.decompose_seconds = 0.0;
    record
}

fn assert_same<A: Store, B: Store>(a: &Run<A>, b: &Run<B>) -> Outcome {
    let (left, right) = (timeless(a.record()), timeless(b.record()));
    let text = |record: &RunRecord| serde_json::to_string(record).unwrap_or_default();
    assert_eq!(text(&left), text(&right));
    assert_eq!(left.checkpoints.len(), 4);
    for step in a.steps() {
        let (a, b) = (a.store(), b.store());
        assert_eq!(a.weights(step)?, b.weights(step)?);
        assert_eq!(a.losses(step)?, b.losses(step)?);
        assert_eq!(a.outputs(&left, step)?, b.outputs(&right, step)?);
        assert_eq!(a.interactions(&left, step)?, b.interactions(&right, step)?);
    }
    Ok(())
}

fn in_memory(lab: &dyn Lab) -> Result<Run<MemoryStore>, Error> {
    Run::begin(MemoryStore::default(), lab.description()?)
}

fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    path
}

#[test]
fn a_folder_holds_what_memory_holds() -> Outcome {
    let lab = digits()?;
    let mut memory = in_memory(&*lab)?;
    block_on(conduct(&mut memory, &*lab, Goal::Analysed, &Quiet))?;
    let path = folder("pipeline-folder");
    let (writer, _) = RunWriter::create(&path, &experiment().check()?)?;
    let mut disk = Run::begin(writer, lab.description()?)?;
    block_on(conduct(&mut disk, &*lab, Goal::Analysed, &Quiet))?;
    assert_same(&memory, &disk)?;
    let (_, record) = RunFolder::open(&path)?;
    assert_eq!(
        serde_json::to_string(&record).unwrap_or_default(),
        serde_json::to_string(disk.record()).unwrap_or_default()
    );
    Ok(())
}

/// A lab on a device whose outputs are too coarse at every second checkpoint.
struct Coarse {
    lab: Box<dyn Lab>,
    extractions: AtomicUsize,
}

impl Lab for Coarse {
    fn description(&self) -> Result<Description, Error> {
        self.lab.description()
    }

    fn contents(&self) -> Result<Contents, Error> {
        self.lab.contents()
    }

    fn encode(&self) -> Result<EncodedBench, Error> {
        self.lab.encode()
    }

    fn train(&self, state: Option<&TrainingState>) -> Result<Box<dyn Training>, Error> {
        self.lab.train(state)
    }

    fn extract<'a>(
        &'a self,
        step: usize,
        weights: &'a Tensors,
        on_cpu: bool,
        each: AfterSample<'a>,
    ) -> Answer<'a, Outputs> {
        let is_fine = on_cpu
            || self
                .extractions
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(2);
        if is_fine {
            return self.lab.extract(step, weights, on_cpu, each);
        }
        Box::pin(async move {
            Err(Error::Coarse {
                engine: "a card".to_owned(),
                step,
                noise_floor: 1.0,
                noise_bound: 2.0,
            })
        })
    }
}

#[test]
fn what_a_device_computes_too_coarsely_is_computed_on_the_cpu_and_said() -> Outcome {
    let lab = digits()?;
    let mut exact = in_memory(&*lab)?;
    block_on(conduct(&mut exact, &*lab, Goal::Extracted, &Quiet))?;
    let coarse = Coarse {
        lab,
        extractions: AtomicUsize::new(0),
    };
    let mut run = in_memory(&coarse)?;
    block_on(conduct(&mut run, &coarse, Goal::Extracted, &Quiet))?;
    let record = run.record();
    assert_eq!(record.warnings.len(), 2, "{:?}", record.warnings);
    let words = "more than a third of the noise bound of 2.0e0";
    assert!(record.warnings[0].contains(words), "{:?}", record.warnings);
    let has_flags = record.warnings.iter().any(|warning| warning.contains("--"));
    assert!(!has_flags, "{:?}", record.warnings);
    for step in run.steps() {
        let [outputs, expected] = [&run, &exact].map(|run| run.store().outputs(record, step));
        assert_eq!(outputs?, expected?);
    }
    Ok(())
}

/// Somebody who stops a course at a look, and remembers what was told.
struct Impatient {
    looks_left: AtomicUsize,
    stretches: Mutex<Vec<String>>,
}

impl Watch for Impatient {
    fn progress(&self, stretch: Stretch<'_>) {
        if let Ok(mut stretches) = self.stretches.lock()
            && stretches.last().is_none_or(|last| last != stretch.name)
        {
            stretches.push(stretch.name.to_owned());
        }
    }

    fn warn(&self, _warning: &str) {}

    fn wants_to_stop(&self) -> bool {
        let left = self.looks_left.load(Ordering::Relaxed);
        self.looks_left
            .store(left.saturating_sub(1), Ordering::Relaxed);
        left == 0
    }
}

#[test]
fn a_run_that_is_stopped_again_and_again_ends_as_an_unbroken_one() -> Outcome {
    let lab = digits()?;
    let mut unbroken = in_memory(&*lab)?;
    block_on(conduct(&mut unbroken, &*lab, Goal::Analysed, &Quiet))?;
    let mut broken = in_memory(&*lab)?;
    let (mut stops, mut told) = (0, Vec::new());
    loop {
        let watch = Impatient {
            looks_left: AtomicUsize::new(5 << stops),
            stretches: Mutex::new(Vec::new()),
        };
        let outcome = block_on(conduct(&mut broken, &*lab, Goal::Analysed, &watch));
        told.extend(watch.stretches.into_inner().unwrap_or_default());
        match outcome {
            Err(Error::Stopped) => {
                stops += 1;
                // Whoever goes on knows no more than what is in the store.
                let (store, record) = broken.into_parts();
                broken = Run::open(store, record);
            }
            outcome => break outcome?,
        }
    }
    assert!(stops > 3, "{stops} stops");
    for name in ["train", "extract", "decompose"] {
        assert!(told.iter().any(|told| told == name), "{told:?}");
    }
    assert_same(&unbroken, &broken)
}

/// What a stretch of a course took by the record lies within what it took by the clock.
#[test]
fn training_extraction_and_decomposition_are_timed_apart() -> Outcome {
    let lab = digits()?;
    let mut run = in_memory(&*lab)?;
    let start = Instant::now();
    block_on(train(&mut run, &*lab, &Quiet))?;
    let trained = run.record().provenance.train_seconds;
    assert!(0.0 < trained && trained <= start.elapsed().as_secs_f64());
    let start = Instant::now();
    block_on(extract(&mut run, &*lab, &Quiet))?;
    let extracted = run.record().provenance.extract_seconds;
    assert!(0.0 < extracted && extracted <= start.elapsed().as_secs_f64());
    let start = Instant::now();
    analyze(&mut run, &Quiet)?;
    let provenance = &run.record().provenance;
    let decomposed = provenance.decompose_seconds;
    assert!(0.0 < decomposed && decomposed <= start.elapsed().as_secs_f64());
    assert_eq!(
        [provenance.train_seconds, provenance.extract_seconds],
        [trained, extracted]
    );
    Ok(())
}

#[test]
fn every_game_is_certified_and_matches_on_every_mask() -> Outcome {
    let lab = digits()?;
    let mut run = in_memory(&*lab)?;
    block_on(conduct(&mut run, &*lab, Goal::Analysed, &Quiet))?;
    for checkpoint in &run.record().checkpoints {
        let summary = checkpoint.summary.as_ref();
        let certificates = summary.map(|summary| &summary.certificates[..]);
        let certificates = certificates.unwrap_or_default();
        assert_eq!(certificates.len(), 6);
        for certificate in certificates {
            assert!(certificate.gap <= experiment().decomposition.tolerance);
            let rounding = 1e-9 * certificate.primal.max(1.0);
            assert!(certificate.residual <= certificate.noise_bound + rounding);
        }
    }
    Ok(())
}
