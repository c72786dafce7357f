//! Processes that are killed, power that fails, and files that are damaged: before every step that a
//! run does to the disk, and in every file that it leaves. Nothing is lost but what was being made,
//! and the same command goes on to the results of a run that nothing happened to.

#![allow(
    clippy::print_stdout,
    reason = "what was survived is told with --nocapture"
)]

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use pollster::block_on;
use spindle_core::{
    Error,
    pipeline::{Goal, Lab, Quiet, Run, Stretch, Watch, conduct, lab},
};
use spindle_data::mnist;
use spindle_run::{
    Experiment, RunWriter, analysis,
    device::Place,
    each::Each,
    export::Budget,
    folder::{
        Disk,
        ending::{self, End, Survived},
        write_on,
    },
};
use tempfile::TempDir;

type Outcome<T = ()> = Result<T, Error>;

/// The smallest run that has every kind of file.
fn experiment() -> Experiment {
    let mut experiment = Experiment::default();
    experiment.training.train_size = Some(96);
    experiment.training.epochs = 2;
    experiment.measurement.checkpoints = 2;
    experiment.measurement.samples = 2;
    experiment.measurement.train_samples = 2;
    experiment.measurement.players = 3;
    experiment.decomposition.resamples = 100;
    experiment
}

fn digits() -> Outcome<Box<dyn Lab>> {
    lab(
        experiment().check()?,
        Each::Pictures(mnist::embedded()?),
        Place::CPU,
    )
}

/// All that the library does to a run's folder: train, extract, analyze, tables, a figure, export.
/// The command line tool's own figures and report are ended in `crates/cli/src/command/report.rs`.
fn made(folder: &Path, disk: &Disk, lab: &dyn Lab, watch: &dyn Watch) -> Outcome {
    let (writer, found) =
        RunWriter::create_on(disk.clone(), folder.join("run"), &experiment().check()?)?;
    let mut run = match found {
        Some(record) => Run::open(writer, record),
        None => Run::begin(writer, lab.description()?)?,
    };
    block_on(conduct(&mut run, lab, Goal::Analysed, watch))?;
    let (store, record) = (run.store(), run.record());
    for table in analysis::tables(record) {
        // How tables are written down is another crate's.
        store.save_table(table.name, format!("{table:?}").as_bytes())?;
    }
    store.save_figure("one.svg", b"<svg/>")?;
    let mut timeless = record.clone();
    timeless.provenance.train_seconds = 0.0;
    timeless.provenance.extract_seconds = 0.0;
    timeless.provenance.decompose_seconds = 0.0;
    let export = store.export(timeless, lab.contents()?, Budget::default())?;
    Ok(write_on(
        disk,
        &folder.join("run.spindle"),
        &export.pack()?,
    )?)
}

/// Every file below a folder. Of the record what does not change with time, which the export has;
/// temporary files too, of which none may be left.
fn contents(folder: &Path) -> io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = ending::files(folder)?;
    for (name, bytes) in &mut found {
        if name.ends_with("run.json") {
            bytes.clear();
        }
    }
    Ok(found)
}

/// In memory where that is possible: there are hundreds of runs, each of which syncs many files.
fn in_memory() -> io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => TempDir::new_in(memory),
        false => TempDir::new(),
    }
}

fn temporary() -> Outcome<TempDir> {
    in_memory().map_err(|error| Error::Data(error.to_string()))
}

fn read(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    contents(folder).expect("a folder that can be read")
}

/// Ends a run before every step, and goes on.
fn survives(end: End) -> Outcome {
    let lab = digits()?;
    let work = |folder: &Path, disk: &Disk| made(folder, disk, &*lab, &Quiet);
    let Survived { steps, ended } =
        ending::at_every_step(end, in_memory, work, contents).map_err(Error::Data)?;
    println!("{end:?}: {ended} of {steps} steps, nothing lost");
    // Every step there is, and a run has hundreds.
    assert!(ended == steps && steps > 200, "{ended} of {steps}");
    Ok(())
}

#[test]
fn a_run_that_is_killed_before_any_step_goes_on_to_the_same_files() -> Outcome {
    survives(End::Killed)
}

#[test]
fn a_run_that_loses_power_at_any_step_goes_on_to_the_same_files() -> Outcome {
    survives(End::PowerLoss)
}

/// What a watcher was warned of.
#[derive(Default)]
struct Warned(Mutex<Vec<String>>);

impl Watch for Warned {
    fn progress(&self, _stretch: Stretch<'_>) {}

    fn warn(&self, warning: &str) {
        self.0.lock().expect("one thread").push(warning.to_owned());
    }

    fn wants_to_stop(&self) -> bool {
        false
    }
}

/// Ways to damage a file of some length: a bit at places all over it, and its end.
fn damages(len: usize) -> Vec<Damage> {
    let bits = [0, 9, len / 3, len - 1]
        .into_iter()
        .filter(|place| *place < len);
    let cuts = [0, len / 2];
    bits.map(Damage::Bit).chain(cuts.map(Damage::Cut)).collect()
}

#[derive(Clone, Copy, Debug)]
enum Damage {
    Bit(usize),
    Cut(usize),
}

impl Damage {
    fn done_to(self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Bit(place) => bytes[place] ^= 4,
            Self::Cut(len) => bytes.truncate(len),
        }
        bytes
    }
}

#[test]
fn damage_in_any_file_is_found_and_said_and_made_again() -> Outcome {
    let lab = digits()?;
    let folder = temporary()?;
    made(folder.path(), &Disk::default(), &*lab, &Quiet)?;
    let expected = read(folder.path());
    let parts = expected.keys().filter(|name| {
        name.extension()
            .is_some_and(|extension| extension == "safetensors")
    });
    let mut damaged = 0;
    for name in parts {
        let path = folder.path().join(name);
        for damage in damages(expected[name].len()) {
            fs::write(&path, damage.done_to(&expected[name])).expect("a file");
            let warned = Warned::default();
            made(folder.path(), &Disk::default(), &*lab, &warned)?;
            let said = warned.0.into_inner().expect("one thread");
            assert!(
                said.iter().any(|said| said.contains("made again")),
                "{name:?} {damage:?}: {said:?}"
            );
            let aside = folder.path().join(format!("{}.damaged", name.display()));
            fs::remove_file(aside).expect("the damaged file, beside the new one");
            assert_eq!(read(folder.path()), expected, "{name:?} {damage:?}");
            damaged += 1;
        }
    }
    println!("{damaged} damages: all found, said and made again");
    assert!(damaged >= 6 * 9, "{damaged}");
    Ok(())
}

#[test]
fn a_damaged_record_is_refused_by_name() -> Outcome {
    let lab = digits()?;
    let folder = temporary()?;
    made(folder.path(), &Disk::default(), &*lab, &Quiet)?;
    let path = folder.path().join("run/run.json");
    let whole = fs::read(&path).expect("a record");
    for damage in damages(whole.len()) {
        let bytes = damage.done_to(&whole);
        // The newline behind it says nothing.
        if bytes.trim_ascii() == whole.trim_ascii() {
            continue;
        }
        fs::write(&path, bytes).expect("a file");
        let refused = made(folder.path(), &Disk::default(), &*lab, &Quiet);
        let words = refused
            .err()
            .map_or_else(String::new, |error| error.to_string());
        assert!(words.contains("run.json"), "{damage:?}: {words}");
    }
    fs::write(&path, whole).expect("a file");
    made(folder.path(), &Disk::default(), &*lab, &Quiet)
}
