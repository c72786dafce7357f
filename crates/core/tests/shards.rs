//! A run by several workers: it is the one that a single worker makes, whatever is lost on the way.
#![allow(
    clippy::print_stdout,
    reason = "the test on demand tells what it measured"
)]

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use pollster::block_on;
use spindle_core::{
    Error,
    network::Answer,
    pipeline::{
        AfterSample, Description, EncodedBench, Goal, Lab, Quiet, Run, Stretch, Training, Watch,
        Worker, analyze, conduct, lab, merge, train,
    },
};
use spindle_data::mnist;
use spindle_run::{
    Experiment, RunFolder, RunWriter,
    content::Contents,
    device::Place,
    each::Each,
    event::{Outputs, Tensors, TrainingState},
    folder::{Found, Making, StepState},
    record::RunRecord,
    shard::Shard,
};

type Outcome = Result<(), Error>;

fn experiment() -> Experiment {
    let mut experiment = Experiment::default();
    experiment.training.train_size = Some(200);
    experiment.training.epochs = 2;
    experiment.measurement.checkpoints = 6;
    experiment.measurement.samples = 3;
    experiment.measurement.train_samples = 0;
    experiment.measurement.players = 5;
    experiment.decomposition.resamples = 100;
    experiment
}

fn digits() -> Result<Box<dyn Lab>, Error> {
    let data = Each::Pictures(mnist::embedded()?);
    lab(experiment().check()?, data, Place::CPU)
}

/// A run that is trained and no more, in a folder of this test's own.
fn trained(name: &str, lab: &dyn Lab) -> Result<PathBuf, Error> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    let (writer, _) = RunWriter::create(&path, &experiment().check()?)?;
    let mut run = Run::begin(writer, lab.description()?)?;
    block_on(train(&mut run, lab, &Quiet))?;
    Ok(path)
}

fn shard(text: &str) -> Shard {
    text.parse().expect("a shard")
}

/// All arrays of a run, and its record without times.
fn contents(path: &Path) -> Result<(Vec<Vec<u8>>, String), Error> {
    let (folder, mut record) = RunFolder::open(path)?;
    let mut files = Vec::new();
    for at in &record.checkpoints {
        for kind in ["outputs", "interactions"] {
            let name = format!("{kind}/{}.safetensors", at.losses.step);
            files.push(std::fs::read(folder.path().join(name)).expect("a file of a checkpoint"));
        }
    }
    let provenance = &mut record.provenance;
    provenance.train_seconds = 0.0;
    provenance.extract_seconds = 0.0;
    provenance.decompose_seconds = 0.0;
    let json = serde_json::to_string(&record).expect("a record");
    Ok((files, json))
}

fn work(path: &Path, part: &str, lab: &dyn Lab, watch: &dyn Watch) -> Outcome {
    let (writer, record) = RunWriter::open_shared(path)?;
    let worker = Worker::new(&writer, &record, shard(part));
    block_on(worker.extract(lab, watch))?;
    block_on(worker.decompose(watch))?;
    Ok(())
}

fn merged(path: &Path) -> Outcome {
    let (writer, record) = RunWriter::open(path)?;
    let mut run = Run::open(writer, record);
    merge(&mut run, &Quiet)?;
    analyze(&mut run, &Quiet)
}

/// Somebody who stops at a look.
struct Impatient(AtomicUsize);

impl Watch for Impatient {
    fn progress(&self, _stretch: Stretch<'_>) {}

    fn warn(&self, _warning: &str) {}

    fn wants_to_stop(&self) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
        left == 0
    }
}

#[test]
fn workers_that_are_lost_and_begin_again_make_the_run_of_one() -> Outcome {
    let lab = digits()?;
    let alone = trained("shards-alone", &*lab)?;
    let (writer, record) = RunWriter::open(&alone)?;
    block_on(conduct(
        &mut Run::open(writer, record),
        &*lab,
        Goal::Analysed,
        &Quiet,
    ))?;
    let together = trained("shards-together", &*lab)?;
    let mut stops = 0;
    // Of three parts at first, of two later: what is made is made.
    for part in ["1/3", "2/3", "1/2", "2/2"] {
        let mut looks = 1;
        while let Err(error) = work(&together, part, &*lab, &Impatient(looks.into())) {
            assert!(matches!(error, Error::Stopped), "{error}");
            (stops, looks) = (stops + 1, looks + 3);
        }
    }
    assert!(stops > 5, "{stops} stops");
    let (folder, record) = RunFolder::open(&together)?;
    for making in Making::ALL {
        for at in &record.checkpoints {
            assert_eq!(folder.step_state(making, at.losses.step), StepState::Done);
        }
    }
    merged(&together)?;
    assert!(!folder.has_shards());
    let (expected, found) = (contents(&alone)?, contents(&together)?);
    assert_eq!(found.0, expected.0);
    assert_eq!(found.1, expected.1);
    // Once more there is nothing to merge.
    merged(&together)
}

/// A lab that cannot measure at a step.
struct Failing {
    lab: Box<dyn Lab>,
    step: usize,
}

impl Lab for Failing {
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
        if step != self.step {
            return self.lab.extract(step, weights, on_cpu, each);
        }
        Box::pin(async { Err(Error::Data("the disk is on fire".into())) })
    }
}

#[test]
fn what_fails_is_noted_and_holds_nobody_up() -> Outcome {
    let lab = digits()?;
    let path = trained("shards-failing", &*lab)?;
    let (writer, record) = RunWriter::open_shared(&path)?;
    let steps: Vec<usize> = record.checkpoints.iter().map(|at| at.losses.step).collect();
    let worker = Worker::new(&writer, &record, Shard::WHOLE);
    let failing = Failing {
        lab,
        step: steps[2],
    };
    let worked = block_on(worker.extract(&failing, &Quiet))?;
    assert_eq!((worked.made, worked.failed.len()), (steps.len() - 1, 1));
    assert_eq!(worked.failed[0].0, steps[2]);
    let state = writer.step_state(Making::Outputs, steps[2]);
    let StepState::Failed { error } = state else {
        panic!("{state:?}");
    };
    assert!(error.contains("the disk is on fire"), "{error}");
    // Its outputs are wanted for what follows.
    let worked = block_on(worker.decompose(&Quiet))?;
    assert_eq!(worked.failed.len(), 1);
    drop(writer);
    let refused = merged(&path)
        .expect_err("a checkpoint is missing")
        .to_string();
    assert!(refused.contains("1 of"), "{refused}");
    assert!(refused.contains("spindle status"), "{refused}");
    work(&path, "1/1", &*failing.lab, &Quiet)?;
    merged(&path)
}

#[test]
fn a_checkpoint_has_one_worker_and_is_made_once() -> Outcome {
    let lab = digits()?;
    let path = trained("shards-claims", &*lab)?;
    let (one, record) = RunWriter::open_shared(&path)?;
    let (other, _) = RunWriter::open_shared(&path)?;
    let step = record.checkpoints[1].losses.step;
    let claim = one.claim(&record, Making::Outputs, step)?.expect("free");
    assert!(other.claim(&record, Making::Outputs, step)?.is_none());
    let state = other.step_state(Making::Outputs, step);
    assert!(
        matches!(&state, StepState::Running { by, seconds: Some(_) } if by.starts_with("process ")),
        "{state:?}"
    );
    // Another part of the same checkpoint is another matter.
    assert!(other.claim(&record, Making::Interactions, step)?.is_some());
    let found = Found {
        seconds: 1.5,
        warnings: vec!["a warning".into()],
        ..Found::default()
    };
    claim.made(found.clone())?;
    assert!(other.claim(&record, Making::Outputs, step)?.is_none());
    let made = other.made(&record, Making::Outputs, step)?.expect("made");
    assert_eq!(made.found, found);
    // Who writes all of it and who writes a part are not there at once.
    assert!(matches!(
        RunWriter::open(&path),
        Err(spindle_run::Error::Locked(_))
    ));
    drop((one, other));
    let (whole, _) = RunWriter::open(&path)?;
    assert!(matches!(
        RunWriter::open_shared(&path),
        Err(spindle_run::Error::Locked(_))
    ));
    drop(whole);
    Ok(())
}

/// Changes a note of a worker, and says what a merge makes of it.
fn merged_with(path: &Path, change: impl Fn(&mut String)) -> String {
    let (folder, record) = RunFolder::open(path).expect("a run");
    let step = record.checkpoints[0].losses.step;
    let note = folder.path().join(format!("shards/extract/{step}.json"));
    let whole = std::fs::read_to_string(&note).expect("a note");
    let mut text = whole.clone();
    change(&mut text);
    std::fs::write(&note, text).expect("it can be written");
    let error = merged(path).expect_err("the note is not right").to_string();
    std::fs::write(&note, whole).expect("it can be written");
    error
}

#[test]
fn notes_of_another_experiment_or_version_and_damaged_ones_are_refused() -> Outcome {
    let lab = digits()?;
    let path = trained("shards-notes", &*lab)?;
    work(&path, "1/1", &*lab, &Quiet)?;
    let flipped = merged_with(&path, |text| {
        *text = text.replace("\"seconds\":0", "\"seconds\":1");
    });
    assert!(flipped.contains("damaged or changed by hand"), "{flipped}");
    let newer = merged_with(&path, |text| {
        *text = text.replace("\"version\":1", "\"version\":9");
    });
    assert!(newer.contains("format 9"), "{newer}");
    let half = merged_with(&path, |text| text.truncate(text.len() / 2));
    assert!(half.contains("shards/extract/0.json"), "{half}");
    // The run is begun anew with other players while notes of it are there.
    let (writer, mut record) = RunWriter::open(&path)?;
    record.experiment.training.learning_rate *= 2.0;
    writer.save_record(&record)?;
    drop(writer);
    let other = merged(&path).expect_err("another experiment").to_string();
    assert!(other.contains("learning_rate"), "{other}");
    let record_of = |path: &Path| -> Result<RunRecord, Error> { Ok(RunFolder::open(path)?.1) };
    assert!(
        record_of(&path)?
            .checkpoints
            .iter()
            .all(|at| at.summary.is_none())
    );
    Ok(())
}

/// Most memory that this process has had, bytes.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    1e3 * kilobytes.unwrap_or(f64::NAN)
}

/// A run of so many checkpoints, two notes each, with what a real one says. Arrays are empty files,
/// which nothing of this reads.
fn of_many_checkpoints(name: &str, lab: &dyn Lab, count: usize) -> Result<PathBuf, Error> {
    let path = trained(name, lab)?;
    work(&path, "1/1", lab, &Quiet)?;
    let (writer, mut record) = RunWriter::open(&path)?;
    let one = record.checkpoints[1].clone();
    record.checkpoints = (0..count)
        .map(|step| {
            let mut at = one.clone();
            at.losses.step = step;
            at
        })
        .collect();
    writer.save_record(&record)?;
    for making in ["extract", "decompose"] {
        let folder = path.join("shards").join(making);
        let note = std::fs::read(folder.join("0.json")).expect("a note");
        for step in 0..count {
            std::fs::write(folder.join(format!("{step}.json")), &note).expect("space for a note");
        }
    }
    for kind in ["outputs", "interactions"] {
        for step in 0..count {
            let file = path.join(kind).join(format!("{step}.safetensors"));
            std::fs::File::create(file).expect("space for a name");
        }
    }
    Ok(path)
}

#[test]
#[ignore = "a minute; cargo test -p spindle-core --release --test shards -- --ignored --nocapture"]
fn a_hundred_thousand_notes_are_read_in_a_minute_and_a_gigabyte() -> Outcome {
    const RUNS: usize = 5;
    const CHECKPOINTS: usize = 10_000;
    let lab = digits()?;
    let (mut seen, mut merged, mut size) = (Duration::ZERO, Duration::ZERO, 0);
    for run in 0..RUNS {
        let path = of_many_checkpoints(&format!("shards-many-{run}"), &*lab, CHECKPOINTS)?;
        let start = Instant::now();
        let (folder, _) = RunFolder::open(&path)?;
        let is_done = |making, step| folder.step_state(making, step) == StepState::Done;
        for making in Making::ALL {
            assert!((0..CHECKPOINTS).all(|step| is_done(making, step)));
        }
        seen += start.elapsed();
        let start = Instant::now();
        let (writer, record) = RunWriter::open(&path)?;
        merge(&mut Run::open(writer, record), &Quiet)?;
        merged += start.elapsed();
        size = std::fs::metadata(path.join("run.json")).map_or(0, |about| about.len());
        std::fs::remove_dir_all(&path).expect("it can go");
    }
    println!(
        "{} notes: status {:.1} s, merge {:.1} s; {:.0} MB of run.json a run, at most {:.0} MB of memory",
        2 * RUNS * CHECKPOINTS,
        seen.as_secs_f64(),
        merged.as_secs_f64(),
        size as f64 / 1e6,
        peak_memory() / 1e6
    );
    assert!(seen + merged < Duration::from_secs(60));
    assert!(peak_memory() < 1e9);
    Ok(())
}
