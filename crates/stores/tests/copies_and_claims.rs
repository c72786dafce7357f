//! Copies and claims over a store in memory and one in a folder.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use object_store::{
    Attribute, Attributes, ObjectStore as _, PutOptions, memory::InMemory, path::Path as Place,
};
use spindle_run::{
    Experiment, RunFolder, RunWriter,
    event::{SampleLosses, Tensors},
    folder::{Found, Making, StepState, ending::files},
    record::{CheckpointRecord, LossRecord, Provenance, RunRecord},
};
use spindle_stores::{
    Bucket, Claims, Error, RemoteRun, RemoteRuns, RunState, RunTurn, Taken, Turn, Watch, download,
    upload,
};
use tempfile::TempDir;

const STEPS: [usize; 3] = [0, 10, 20];
const LIFE: Duration = Duration::from_millis(1500);

/// Who stops after some looks.
struct Looks(AtomicUsize);

impl Looks {
    fn all() -> Self {
        Self(usize::MAX.into())
    }
}

impl Watch for Looks {
    fn progress(&self, done: usize, total: usize) {
        assert!(done <= total, "{done} of {total}");
    }

    fn wants_to_stop(&self) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
        left == 0
    }
}

fn experiment() -> Experiment {
    let mut experiment = Experiment::default();
    experiment.training.epochs = 2;
    experiment
}

fn losses(step: usize) -> LossRecord {
    LossRecord {
        step,
        epoch: step as f64,
        train_loss: 1.0,
        right_train_loss: Some(1.0),
        test_loss: 1.0,
        train_accuracy: 0.5,
        test_accuracy: 0.5,
    }
}

fn record() -> RunRecord {
    let provenance = Provenance {
        version: "0.1.0".into(),
        engine: "none".into(),
        data: "none".into(),
        data_digest: "0".into(),
        train_size: 1,
        mislabelled: 0,
        test_size: 1,
        chance_loss: None,
        stand_in: None,
        train_seconds: 1.0,
        extract_seconds: 0.0,
        decompose_seconds: 0.0,
    };
    let mut record = RunRecord::new(experiment(), provenance, Vec::new(), Vec::new());
    for step in STEPS {
        record.put_losses(losses(step));
        record.put_checkpoint(CheckpointRecord::new(losses(step)));
    }
    record
}

/// A run that is trained, with one file that goes in parts.
fn trained(path: &Path) {
    let (writer, _) = RunWriter::create(path, &experiment().check().unwrap()).unwrap();
    for step in STEPS {
        writer.save_checkpoint(step, &Tensors::default()).unwrap();
        let losses = SampleLosses {
            step,
            train: vec![0.5],
            is_reset: vec![false],
            test: vec![1.0],
        };
        writer.save_losses(&losses).unwrap();
    }
    let large: Vec<u8> = (0..20 << 20).map(|at: u32| (at % 251) as u8).collect();
    writer.save_figure("large.svg", &large).unwrap();
    writer.save_record(&record()).unwrap();
}

/// A run in a folder, and a store in memory or in a folder.
struct Setting {
    folder: TempDir,
    memory: Option<Arc<InMemory>>,
}

impl Setting {
    fn all() -> [Self; 2] {
        [Some(Arc::default()), None].map(|memory| {
            let folder = TempDir::new().unwrap();
            trained(&folder.path().join("run"));
            Self { folder, memory }
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn bucket(&self) -> Bucket {
        let Some(memory) = &self.memory else {
            let path = self.path("store");
            fs::create_dir_all(&path).unwrap();
            return Bucket::open(&format!("file://{}", path.display()), |_| ()).unwrap();
        };
        let url = "memory://store/run";
        Bucket::of(memory.clone(), true, Place::from("run"), url, |_| ()).unwrap()
    }

    fn remote(&self, cache: &str) -> RemoteRun {
        let run = RemoteRun::open(self.bucket(), &self.path(cache), cache).unwrap();
        run.with_life(LIFE)
    }
}

/// Files of a run, without those of the process that writes.
fn contents(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let found = files(path).unwrap().into_iter();
    found
        .filter(|(name, _)| *name != Path::new(".lock"))
        .collect()
}

#[test]
fn a_run_comes_back_as_it_went_wherever_copies_are_broken_off() {
    for setting in Setting::all() {
        let (run, bucket) = (setting.path("run"), setting.bucket());
        assert!(matches!(
            download(&bucket, &setting.path("back"), &Looks::all()),
            Err(Error::NoRun(_))
        ));
        for looks in 0..7 {
            let stopped = upload(&run, &bucket, &Looks(looks.into()));
            assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
            assert!(
                bucket.get("run.json").unwrap().is_none(),
                "the record is last"
            );
        }
        let copied = upload(&run, &bucket, &Looks::all()).unwrap();
        assert_eq!((copied.copied, copied.kept), (2, 6));
        let again = upload(&run, &bucket, &Looks::all()).unwrap();
        assert_eq!((again.copied, again.bytes, again.kept), (0, 0, 8));

        let back = setting.path("back");
        for looks in 0..8 {
            let stopped = download(&bucket, &back, &Looks(looks.into()));
            assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
            assert!(!back.join("run.json").exists(), "the record is last");
        }
        download(&bucket, &back, &Looks::all()).unwrap();
        assert_eq!(contents(&back), contents(&run));
    }
}

#[test]
fn damaged_and_lost_objects_are_told_and_copied_again() {
    for setting in Setting::all() {
        let (run, bucket) = (setting.path("run"), setting.bucket());
        upload(&run, &bucket, &Looks::all()).unwrap();
        let name = "checkpoints/10.safetensors";
        let whole = bucket.get(name).unwrap().unwrap();
        let mut flipped = whole.to_vec();
        flipped[9] ^= 1;
        bucket.put(name, flipped.into()).unwrap();
        let refused = download(&bucket, &setting.path("back"), &Looks::all());
        let said = refused.unwrap_err().to_string();
        assert!(said.contains(name) && said.contains("is damaged"), "{said}");
        bucket.remove(name).unwrap();
        let refused = download(&bucket, &setting.path("back"), &Looks::all());
        let said = refused.unwrap_err().to_string();
        assert!(said.contains(name) && said.contains("is lost"), "{said}");
        let refused = setting.remote("cache").take(Making::Outputs, 10).err();
        let said = refused.unwrap().to_string();
        assert!(said.contains("spindle copy RUN"), "{said}");
        let copied = upload(&run, &bucket, &Looks::all()).unwrap();
        assert_eq!(copied.copied, 1);
        download(&bucket, &setting.path("back"), &Looks::all()).unwrap();
        assert_eq!(contents(&setting.path("back")), contents(&run));
    }
}

#[test]
fn what_a_worker_has_put_there_is_checked_by_what_it_carries() {
    let [setting, _] = Setting::all();
    let bucket = setting.bucket();
    upload(&setting.path("run"), &bucket, &Looks::all()).unwrap();
    bucket.put("outputs/0.safetensors", "whole".into()).unwrap();
    download(&bucket, &setting.path("back"), &Looks::all()).unwrap();
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::Metadata("sha256".into()), "of another".into());
    let options = PutOptions {
        attributes,
        ..PutOptions::default()
    };
    let place = Place::from("run/outputs/0.safetensors");
    let put = setting
        .memory
        .as_ref()
        .unwrap()
        .put_opts(&place, "half".into(), options);
    pollster::block_on(put).unwrap();
    let refused = download(&bucket, &setting.path("other"), &Looks::all());
    assert!(matches!(refused, Err(Error::Damaged { .. })), "{refused:?}");
}

#[test]
fn what_was_merged_and_is_not_published_yet_stays_in_its_folder() {
    for setting in Setting::all() {
        upload(&setting.path("run"), &setting.bucket(), &Looks::all()).unwrap();
        let folder = setting.remote("cache").folder().to_owned();
        let (writer, mut record) = RunWriter::open(&folder).unwrap();
        record.put_checkpoint(CheckpointRecord::new(losses(30)));
        writer.save_record(&record).unwrap();
        drop(writer);
        assert_eq!(setting.remote("cache").record().checkpoints.len(), 3);
        assert_eq!(RunFolder::open(&folder).unwrap().1.checkpoints.len(), 4);
        // A merge begins with what is in the store.
        let run = setting.remote("cache");
        assert!(matches!(
            run.begin_merge(&Looks::all()).unwrap(),
            Turn::Mine(_)
        ));
        assert_eq!(RunFolder::open(&folder).unwrap().1.checkpoints.len(), 3);
    }
}

#[test]
fn only_names_that_a_run_has_become_names_of_files() {
    for setting in Setting::all() {
        let (run, bucket) = (setting.path("run"), setting.bucket());
        fs::write(run.join("notes.txt"), "of mine").unwrap();
        upload(&run, &bucket, &Looks::all()).unwrap();
        assert!(bucket.get("notes.txt").unwrap().is_none());
        fs::remove_file(run.join("notes.txt")).unwrap();
        for name in [
            "letter.txt",
            "figures/.bashrc",
            "tables/a/b",
            "shards/else/0.json",
            "home/x",
        ] {
            bucket.put(name, "x".into()).unwrap();
        }
        download(&bucket, &setting.path("back"), &Looks::all()).unwrap();
        assert_eq!(contents(&setting.path("back")), contents(&run));
    }
}

#[test]
fn nothing_else_and_nothing_that_is_further_on_is_replaced() {
    for setting in Setting::all() {
        let (run, bucket) = (setting.path("run"), setting.bucket());
        bucket.put("letter.txt", "x".into()).unwrap();
        let said = upload(&run, &bucket, &Looks::all())
            .unwrap_err()
            .to_string();
        assert!(said.contains("found letter.txt"), "{said}");
        bucket.remove("letter.txt").unwrap();
        upload(&run, &bucket, &Looks::all()).unwrap();
        fs::create_dir(setting.path("full")).unwrap();
        fs::write(setting.path("full/letter.txt"), "x").unwrap();
        let refused = download(&bucket, &setting.path("full"), &Looks::all());
        assert!(matches!(refused, Err(Error::ForeignFolder { .. })));

        let change = |change: fn(&mut RunRecord)| {
            let (writer, mut record) = RunWriter::open(&run).unwrap();
            change(&mut record);
            writer.save_record(&record).unwrap();
        };
        change(|record| drop(record.checkpoints.pop()));
        let refused = upload(&run, &bucket, &Looks::all());
        assert!(matches!(refused, Err(Error::Further { .. })), "{refused:?}");
        change(|record| record.experiment.training.epochs = 3);
        let said = upload(&run, &bucket, &Looks::all())
            .unwrap_err()
            .to_string();
        assert!(said.contains("epochs is 2 there, 3 here"), "{said}");
    }
}

#[test]
fn a_claim_is_the_firsts_and_ends_with_its_holder() {
    for setting in Setting::all() {
        let bucket = setting.bucket();
        let [one, other] = ["one", "other"].map(|by| Claims::new(&bucket, by.into(), LIFE));
        let Taken::Mine(held) = one.take("extract/0").unwrap() else {
            panic!("nobody has it");
        };
        // As long as it is renewed it is held, longer than a life.
        for _ in 0..4 {
            thread::sleep(LIFE / 2);
            let Taken::Theirs(heard) = other.take("extract/0").unwrap() else {
                panic!("it is held");
            };
            assert_eq!((&*heard.by, heard.is_lost), ("one", false));
        }
        // Its holder dies without a word; in a folder, times are as fine as here.
        drop(held);
        assert!(matches!(other.take("extract/0").unwrap(), Taken::Theirs(_)));
        thread::sleep(LIFE * 2);
        let heard = other.heard("extract/0").unwrap().unwrap();
        assert!(heard.is_lost && heard.ago > LIFE, "{heard:?}");
        let Taken::Mine(held) = other.take("extract/0").unwrap() else {
            panic!("its holder is lost");
        };
        assert!(matches!(one.take("extract/0").unwrap(), Taken::Theirs(_)));
        held.release().unwrap();
        assert!(bucket.list("shards").unwrap().is_empty(), "nothing is left");
    }
}

#[test]
fn of_many_who_claim_at_once_one_wins() {
    for setting in Setting::all() {
        let won: usize = thread::scope(|scope| {
            let take = |by: usize| {
                let bucket = setting.bucket();
                let claims = Claims::new(&bucket, format!("worker {by}"), LIFE * 100);
                let is_mine = matches!(claims.take("extract/0").unwrap(), Taken::Mine(_));
                usize::from(is_mine)
            };
            let workers: Vec<_> = (0..8).map(|by| scope.spawn(move || take(by))).collect();
            let won = workers.into_iter().map(|worker| worker.join().unwrap());
            won.sum()
        });
        assert_eq!(won, 1);
    }
}

/// Makes a checkpoint's outputs in a worker's folder, as files that nothing reads here.
fn make(run: &RemoteRun, step: usize) {
    let (writer, record) = RunWriter::open_shared(run.folder()).unwrap();
    let name = format!("outputs/{step}.safetensors");
    fs::create_dir_all(run.folder().join("outputs")).unwrap();
    fs::write(run.folder().join(name), format!("outputs of {step}")).unwrap();
    let claim = writer.claim(&record, Making::Outputs, step).unwrap();
    claim.unwrap().made(Found::default()).unwrap();
}

#[test]
fn checkpoints_are_made_once_and_the_first_note_stands() {
    for setting in Setting::all() {
        upload(&setting.path("run"), &setting.bucket(), &Looks::all()).unwrap();
        let [one, other] = ["one", "other"].map(|cache| setting.remote(cache));
        let Turn::Mine(held) = one.take(Making::Outputs, 0).unwrap() else {
            panic!("nobody has it");
        };
        let fetched = one.folder().join("checkpoints/0.safetensors");
        assert!(fetched.is_file() && !one.folder().join("checkpoints/10.safetensors").exists());
        assert!(matches!(
            other.take(Making::Outputs, 0).unwrap(),
            Turn::Theirs(_)
        ));
        let states = other.states(Making::Outputs).unwrap();
        assert!(matches!(&states[0], (0, StepState::Running { by, .. }) if by == "one"));
        assert_eq!(states[1], (10, StepState::Missing));
        // It is taken to be lost, and comes back when the other has made it.
        make(&one, 0);
        drop(held);
        thread::sleep(LIFE * 2);
        let states = one.states(Making::Outputs).unwrap();
        assert!(matches!(&states[0].1, StepState::Failed { error } if error.contains("lost")));
        let Turn::Mine(theirs) = other.take(Making::Outputs, 0).unwrap() else {
            panic!("its holder is lost");
        };
        make(&other, 0);
        other.publish(Making::Outputs, 0, theirs).unwrap();
        let bucket = setting.bucket();
        let first = bucket.get("shards/extract/0.json").unwrap().unwrap();
        let late = Claims::new(&bucket, "one".into(), LIFE);
        let Taken::Mine(late) = late.take("extract/0").unwrap() else {
            panic!("it was given back");
        };
        one.publish(Making::Outputs, 0, late).unwrap();
        assert_eq!(bucket.get("shards/extract/0.json").unwrap().unwrap(), first);
        assert!(matches!(one.take(Making::Outputs, 0).unwrap(), Turn::Made));
        let note = fs::read(one.folder().join("shards/extract/0.json")).unwrap();
        assert_eq!(note, *first, "the note that stands was brought");

        let Turn::Mine(held) = one.take(Making::Outputs, 10).unwrap() else {
            panic!("nobody has it");
        };
        one.publish_failure(Making::Outputs, 10, "the disk is on fire", held)
            .unwrap();
        let states = other.states(Making::Outputs).unwrap();
        assert_eq!(states[0], (0, StepState::Done));
        assert!(
            matches!(&states[1].1, StepState::Failed { error } if error.ends_with("on fire")),
            "{states:?}"
        );
    }
}

#[test]
fn notes_of_another_experiment_and_damaged_ones_are_refused_by_name() {
    for setting in Setting::all() {
        let bucket = setting.bucket();
        upload(&setting.path("run"), &bucket, &Looks::all()).unwrap();
        let run = setting.remote("one");
        let Turn::Mine(held) = run.take(Making::Outputs, 0).unwrap() else {
            panic!("nobody has it");
        };
        make(&run, 0);
        run.publish(Making::Outputs, 0, held).unwrap();
        let name = "shards/extract/0.json";
        let whole = String::from_utf8(bucket.get(name).unwrap().unwrap().to_vec()).unwrap();
        let refused = |text: String| {
            bucket.put(name, text.into()).unwrap();
            let refused = setting.remote("other").take(Making::Outputs, 0).err();
            refused.unwrap().to_string()
        };
        let said = refused(whole.replace("\"version\":1", "\"version\":9"));
        assert!(said.contains("format 9") && said.contains(name), "{said}");
        let said = refused(whole.replace("\"seconds\":0", "\"seconds\":1"));
        assert!(said.contains("changed by hand"), "{said}");
        // The same address becomes another run.
        bucket.put(name, whole.into()).unwrap();
        let (writer, mut record) = RunWriter::open(setting.path("run")).unwrap();
        record.experiment.training.epochs = 3;
        writer.save_record(&record).unwrap();
        let json = fs::read(setting.path("run/run.json")).unwrap();
        bucket.put("run.json", json.into()).unwrap();
        let refused = setting.remote("other").take(Making::Outputs, 0).err();
        let said = refused.unwrap().to_string();
        assert!(said.contains("epochs"), "{said}");
        let (folder, _) = RunFolder::open(setting.remote("other").folder()).unwrap();
        assert!(
            folder.path() != run.folder(),
            "another experiment, another folder"
        );
    }
}

#[test]
fn whole_runs_are_made_once_and_brought_back() {
    for setting in Setting::all() {
        let [one, other] = ["one", "other"].map(|by| RemoteRuns::new(setting.bucket(), by));
        let name = "label-noise=0.1,seed=0";
        let RunTurn::Mine(held) = one.take(name, &experiment()).unwrap() else {
            panic!("nobody has it");
        };
        let turn = other.take(name, &experiment()).unwrap();
        assert!(matches!(&turn, RunTurn::Theirs(heard) if heard.by == "one"));
        assert!(matches!(other.state(name).unwrap(), RunState::Claimed(_)));
        one.publish_failure(name, "the disk is on fire", held)
            .unwrap();
        let state = other.state(name).unwrap();
        assert_eq!(state, RunState::Failed("one: the disk is on fire".into()));
        assert!(
            !other
                .bring(name, &setting.path("back"), &Looks::all())
                .unwrap()
        );
        let RunTurn::Mine(held) = other.take(name, &experiment()).unwrap() else {
            panic!("it was given back");
        };
        let run = setting.path("run");
        other.publish(name, &run, &Looks::all(), held).unwrap();
        assert_eq!(one.state(name).unwrap(), RunState::Done);
        assert!(matches!(
            one.take(name, &experiment()).unwrap(),
            RunTurn::Done
        ));
        assert!(
            one.bring(name, &setting.path("back"), &Looks::all())
                .unwrap()
        );
        assert_eq!(contents(&setting.path("back")), contents(&run));
        let mut another = experiment();
        another.training.epochs = 3;
        let said = one.take(name, &another).err().unwrap().to_string();
        assert!(said.contains("epochs is 2 there, 3 here"), "{said}");
        assert_eq!(one.state("seed=1").unwrap(), RunState::Missing);
    }
}

#[test]
fn addresses_that_are_none_are_refused() {
    for (url, needle) in [("nonsense", "nonsense"), ("ftp://host/run", "file:///PATH")] {
        let said = Bucket::open(url, |_| ()).err().unwrap().to_string();
        assert!(said.contains(needle), "{said}");
    }
}
