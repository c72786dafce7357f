//! The run's folder: round trips, what it refuses, and what is left when writing fails or the
//! process is killed.

mod demo;

use std::{fs, path::Path};

use spindle_run::{
    Error, RunFolder, RunWriter, encoding,
    event::{SampleLosses, Tensors},
    experiment::Dataset,
    record::RunRecord,
};
use tempfile::{TempDir, tempdir};

/// A folder with a record in it.
fn run() -> (TempDir, RunWriter) {
    let folder = tempdir().unwrap();
    let (writer, record) = RunWriter::create(folder.path(), &demo::checked()).unwrap();
    assert!(record.is_none());
    writer.save_record(&demo::record()).unwrap();
    (folder, writer)
}

fn message(error: Error, folder: &Path) -> String {
    error.to_string().replace(folder.to_str().unwrap(), "RUN")
}

#[test]
fn losses_come_back_and_those_of_reset_labels_are_told_apart() {
    let (_folder, writer) = run();
    let losses = SampleLosses {
        step: 40,
        train: vec![0.5, 4.0, 0.25],
        is_reset: vec![false, true, false],
        test: vec![1.0],
    };
    writer.save_losses(&losses).unwrap();
    let found = writer.losses(40).unwrap();
    assert_eq!(found, losses);
    assert_eq!(found.rightly_labelled().collect::<Vec<_>>(), [0.5, 0.25]);
    // Where a file does not say which labels were reset, all count.
    let silent = SampleLosses {
        is_reset: Vec::new(),
        ..losses
    };
    assert_eq!(silent.rightly_labelled().count(), 3);
}

#[test]
fn phases_of_earlier_versions_are_left_out_with_a_warning() {
    let older = FORMAT_4.replacen("\"schema\":4", "\"schema\":3", 1);
    let found = RunRecord::from_json(older.as_bytes()).unwrap();
    assert_eq!(found.phases(), None);
    assert!(
        found
            .warnings
            .iter()
            .any(|warning| warning.contains("without a test"))
    );
    // Once all of it is measured again, nothing is left out any more.
    let mut found = found;
    assert!(!found.is_current());
    for checkpoint in 0..found.checkpoints.len() {
        found.put_summary(checkpoint, demo::summary(checkpoint));
    }
    found.make_current();
    assert!(found.is_current() && found.warnings == demo::record().warnings);
}

/// Analyses that came after version 4.
const LATER: [&str; 10] = [
    "contributions",
    "controls",
    "fate-losses",
    "fates",
    "first-phase",
    "landscape",
    "other-answers",
    "sparsity",
    "stopping",
    "tangent",
];

/// `run.json` of the demo as version 4 wrote it.
const FORMAT_4: &str = include_str!("older/run-4.json");

#[test]
fn a_record_of_version_4_is_read_to_the_same_numbers() {
    let found = RunRecord::from_json(FORMAT_4.as_bytes()).unwrap();
    let mut expected = demo::record();
    let all = expected.checkpoints.iter_mut().map(|at| &mut at.analyses);
    for parts in all.chain([&mut expected.analyses]) {
        LATER.iter().for_each(|name| parts.remove(name));
    }
    assert_eq!(found, expected);
    assert!(found.is_current());
    let again = RunRecord::from_json(&found.to_json().unwrap()).unwrap();
    assert_eq!(again, found);
}

#[test]
fn data_of_version_4_that_stand_in_for_others_are_known() {
    let with = |model: &str, data: &str, folder: &str| {
        let fields = format!("\"data\":\"{data}\",\"data_dir\":\"{folder}\"");
        let json = FORMAT_4
            .replacen("\"data\":\"mnist\",\"data_dir\":null", &fields, 1)
            .replacen("\"model\":\"lenet\"", &format!("\"model\":\"{model}\""), 1);
        RunRecord::from_json(json.as_bytes()).unwrap()
    };
    let snippets = with("bert-tiny", "sst-2", "/data/movie-snippets/part");
    assert_eq!(snippets.data_name(), "movie snippets");
    let solids = with("dgcnn", "solids", "/data");
    let stand_in = solids.provenance.stand_in.as_ref().unwrap();
    assert_eq!(stand_in.stands_for, Dataset::ShapeNet);
    let plain = with("bert-tiny", "sst-2", "/data/glue");
    assert_eq!(plain.data_name(), "SST-2");
}

#[test]
fn what_is_saved_is_loaded() {
    let (folder, writer) = run();
    let record = demo::record();
    assert!(
        !writer.has_state()
            && !writer.has_checkpoint(40)
            && !writer.has_outputs(40)
            && !writer.has_interactions(40)
    );
    writer.save_state(&demo::state()).unwrap();
    writer.save_checkpoint(40, &demo::weights(2.0)).unwrap();
    writer.save_outputs(&demo::outputs(2)).unwrap();
    writer
        .save_interactions(40, &demo::decompositions(2))
        .unwrap();
    writer.save_table("losses", b"rows").unwrap();
    writer.save_figure("losses.svg", b"<svg/>").unwrap();

    // Reading needs no lock: the writer is still there.
    let (reader, found) = RunFolder::open(folder.path()).unwrap();
    assert_eq!(found, record);
    assert!(
        reader.has_state()
            && reader.has_checkpoint(40)
            && reader.has_outputs(40)
            && reader.has_interactions(40)
    );
    assert_eq!(reader.state().unwrap().unwrap(), demo::state());
    assert_eq!(reader.checkpoint(40).unwrap(), demo::weights(2.0));
    assert_eq!(reader.outputs(&record, 40).unwrap(), demo::outputs(2));
    assert_eq!(
        reader.interactions(&record, 40).unwrap(),
        demo::decompositions(2)
    );
    assert_eq!(fs::read(reader.table_path("losses")).unwrap(), b"rows");
    assert_eq!(
        fs::read(reader.figure_path("losses.svg")).unwrap(),
        b"<svg/>"
    );
}

#[test]
fn a_state_before_the_first_step_has_no_momentum() {
    let (_folder, writer) = run();
    assert!(writer.state().unwrap().is_none());
    let state = spindle_run::event::TrainingState {
        momentum: Tensors::new(),
        step: 0,
        ..demo::state()
    };
    writer.save_state(&state).unwrap();
    assert_eq!(writer.state().unwrap().unwrap(), state);
}

#[test]
fn the_same_contents_are_the_same_bytes() {
    let once = encoding::encode_outputs(&demo::outputs(1)).unwrap();
    assert_eq!(once, encoding::encode_outputs(&demo::outputs(1)).unwrap());
}

#[test]
fn the_same_experiment_continues_and_another_is_refused_with_what_differs() {
    let (folder, writer) = run();
    drop(writer);
    let (writer, record) = RunWriter::create(folder.path(), &demo::checked()).unwrap();
    assert_eq!(record.unwrap(), demo::record());
    drop(writer);

    let other = {
        let mut e = demo::experiment();
        e.training.seed = 9;
        e.training.learning_rate = 0.5;
        e.check().unwrap()
    };
    let error = RunWriter::create(folder.path(), &other).unwrap_err();
    assert_eq!(
        message(error, folder.path()),
        "RUN holds a run of another experiment: learning_rate is 0.01 there, 0.5 asked for; \
         seed is 0 there, 9 asked for; choose another folder, or the same values to continue this run"
    );
    assert_eq!(RunFolder::open(folder.path()).unwrap().1, demo::record());
}

#[test]
fn a_folder_with_something_else_is_refused_and_stays_as_it_is() {
    let folder = tempdir().unwrap();
    for name in ["thesis.tex", "a.txt", "b.txt", "c.txt"] {
        fs::write(folder.path().join(name), "mine").unwrap();
    }
    let error = RunWriter::create(folder.path(), &demo::checked()).unwrap_err();
    assert_eq!(
        message(error, folder.path()),
        "RUN is not empty and holds no run (found a.txt, b.txt, c.txt and 1 more); choose an empty or a new folder"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[test]
fn a_folder_without_a_run_is_not_opened_and_stays_as_it_is() {
    let folder = tempdir().unwrap();
    let expected = "RUN holds no run: there is no run.json in it; `spindle run --out` makes a run";
    assert_eq!(
        message(RunFolder::open(folder.path()).unwrap_err(), folder.path()),
        expected
    );
    assert_eq!(
        message(RunWriter::open(folder.path()).unwrap_err(), folder.path()),
        expected
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(matches!(
        RunFolder::open(folder.path().join("nowhere")),
        Err(Error::NoRun(_))
    ));
}

#[test]
fn a_file_in_the_place_of_the_folder_is_named() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "mine").unwrap();
    let text = message(
        RunWriter::create(&path, &demo::checked()).unwrap_err(),
        folder.path(),
    );
    assert!(text.starts_with("cannot make folder RUN/file: "), "{text}");
}

#[test]
fn two_processes_do_not_write_one_run() {
    let (folder, writer) = run();
    for error in [
        RunWriter::open(folder.path()).unwrap_err(),
        RunWriter::create(folder.path(), &demo::checked()).unwrap_err(),
    ] {
        assert_eq!(
            message(error, folder.path()),
            "another process works on RUN; wait until it is done, or stop it"
        );
    }
    drop(writer);
    RunWriter::open(folder.path()).unwrap();
}

#[test]
fn a_newer_run_says_what_reads_it() {
    let (folder, writer) = run();
    let json = fs::read_to_string(folder.path().join("run.json")).unwrap();
    // A newer format need not be one that this program could read otherwise.
    let json = json
        .replacen("\"schema\": 6", "\"schema\": 7, \"news\": true", 1)
        .replacen("\"version\": \"0.1.0\"", "\"version\": \"3.4.5\"", 1);
    fs::write(folder.path().join("run.json"), json).unwrap();
    assert_eq!(
        message(writer.record().unwrap_err(), folder.path()),
        "RUN/run.json: written in format 7 by Spindle 3.4.5; this is Spindle 0.1.0, which reads formats up to 6: \
         use Spindle 3.4.5 or newer"
    );
}

#[test]
fn a_broken_record_says_where() {
    let (folder, writer) = run();
    let json = fs::read_to_string(folder.path().join("run.json")).unwrap();
    let cases = [
        (json[..json.len() / 2].to_owned(), "line"),
        (
            json.replacen("\"epochs\": 8", "\"epochs\": \"eight\"", 1),
            "expected usize at line",
        ),
        (String::new(), "line 1"),
    ];
    for (text, expected) in cases {
        fs::write(folder.path().join("run.json"), text).unwrap();
        let text = message(writer.record().unwrap_err(), folder.path());
        assert!(
            text.starts_with("RUN/run.json: not a run's description: ") && text.contains(expected),
            "{text}"
        );
    }
}

#[test]
fn an_experiment_edited_out_of_range_is_named() {
    let (folder, writer) = run();
    let json = fs::read_to_string(folder.path().join("run.json")).unwrap();
    fs::write(
        folder.path().join("run.json"),
        json.replacen("\"players\": 4", "\"players\": 64", 1),
    )
    .unwrap();
    assert_eq!(
        message(writer.record().unwrap_err(), folder.path()),
        "RUN/run.json: players is 64; it must be at least 2 and at most 20"
    );
}

#[test]
fn a_training_that_diverged_leaves_a_run_that_opens() {
    let (_folder, writer) = run();
    let mut record = demo::record();
    record.losses[3].train_loss = f64::NAN;
    record.losses[3].test_loss = f64::INFINITY;
    writer.save_record(&record).unwrap();
    let found = writer.record().unwrap();
    assert!(found.losses[3].train_loss.is_nan() && found.losses[3].test_loss.is_nan());
    assert_eq!(found.losses[4], record.losses[4]);
}

#[test]
fn a_record_that_could_not_be_read_again_is_not_written() {
    let (_folder, writer) = run();
    let mut record = demo::record();
    record.checkpoints[0].summary.as_mut().unwrap().threshold = f64::NAN;
    let text = writer.save_record(&record).unwrap_err().to_string();
    assert!(text.contains("not finite"), "{text}");
    assert_eq!(writer.record().unwrap(), demo::record());
}

#[test]
fn a_failing_write_names_the_file_and_leaves_the_old_one() {
    let (folder, writer) = run();
    let mut record = demo::record();
    record.warnings.clear();
    // A folder in the place of the temporary file: it cannot be made.
    let obstacle = folder.path().join(".run.json.tmp");
    fs::create_dir(&obstacle).unwrap();
    let text = message(writer.save_record(&record).unwrap_err(), folder.path());
    assert!(text.starts_with("cannot write RUN/run.json: "), "{text}");
    assert_eq!(writer.record().unwrap(), demo::record());

    fs::remove_dir(&obstacle).unwrap();
    writer.save_record(&record).unwrap();
    assert_eq!(writer.record().unwrap(), record);
}

#[test]
fn a_full_disk_is_said_in_words() {
    let source = std::io::ErrorKind::StorageFull.into();
    let error = Error::Io {
        action: "write",
        path: "RUN/run.json".into(),
        source,
    };
    assert!(
        error.to_string().starts_with(
            "cannot write RUN/run.json: the disk is full; what was there before is kept"
        )
    );
}

#[test]
fn what_a_killed_process_left_is_removed_and_the_rest_is_kept() {
    let (folder, writer) = run();
    writer.save_checkpoint(40, &demo::weights(2.0)).unwrap();
    drop(writer);
    let leftovers = [
        ".run.json.tmp",
        "checkpoints/.80.safetensors.tmp",
        "outputs/.80.safetensors.tmp",
    ];
    fs::create_dir_all(folder.path().join("outputs")).unwrap();
    for name in leftovers {
        fs::write(folder.path().join(name), "half a fi").unwrap();
    }
    let (writer, record) = RunWriter::open(folder.path()).unwrap();
    assert_eq!(record, demo::record());
    assert!(writer.has_checkpoint(40) && !writer.has_checkpoint(80) && !writer.has_outputs(80));
    for name in leftovers {
        assert!(!folder.path().join(name).exists(), "{name} is left");
    }
}

#[test]
fn killed_before_the_first_record_the_folder_is_still_free() {
    let folder = tempdir().unwrap();
    drop(RunWriter::create(folder.path(), &demo::checked()).unwrap());
    fs::write(folder.path().join(".run.json.tmp"), "{").unwrap();
    let (_writer, record) = RunWriter::create(folder.path(), &demo::checked()).unwrap();
    assert!(record.is_none());
}

#[test]
fn every_truncation_of_a_file_is_noticed() {
    let bytes = encoding::encode_decompositions(&demo::decompositions(0), None, Some(0)).unwrap();
    for length in (0..bytes.len()).step_by(7) {
        let error = encoding::decode_decompositions(&bytes[..length]).unwrap_err();
        assert!(matches!(error, Error::Safetensors(_)), "{length}: {error}");
    }
}

#[test]
fn damaged_and_foreign_files_are_named() {
    let (folder, writer) = run();
    let record = demo::record();
    writer.save_outputs(&demo::outputs(2)).unwrap();
    let path = folder.path().join("outputs/40.safetensors");

    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len() - 3;
    bytes[end] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let text = message(writer.outputs(&record, 40).unwrap_err(), folder.path());
    assert!(
        text.starts_with("RUN/outputs/40.safetensors: damaged: "),
        "{text}"
    );

    fs::write(
        &path,
        encoding::encode_weights(&demo::weights(0.0), None).unwrap(),
    )
    .unwrap();
    assert_eq!(
        message(writer.outputs(&record, 40).unwrap_err(), folder.path()),
        "RUN/outputs/40.safetensors: this is a file of weights, expected outputs"
    );

    fs::write(&path, encoding::encode_outputs(&demo::outputs(3)).unwrap()).unwrap();
    assert_eq!(
        message(writer.outputs(&record, 40).unwrap_err(), folder.path()),
        "RUN/outputs/40.safetensors: step is 80, expected 40"
    );

    let mut fewer = demo::decompositions(2);
    fewer.pop();
    writer.save_interactions(40, &fewer).unwrap();
    assert_eq!(
        message(writer.interactions(&record, 40).unwrap_err(), folder.path()),
        "RUN/interactions/40.safetensors: number of samples is 2, expected 3"
    );
    assert!(matches!(
        writer.checkpoint(40).unwrap_err(),
        Error::Io { action: "read", .. }
    ));
}

#[test]
fn tensors_that_do_not_fill_their_shape_are_not_written() {
    let (_folder, writer) = run();
    let mut weights = demo::weights(0.0);
    weights.get_mut("conv1.bias").unwrap().data.push(1.0);
    let text = writer
        .save_checkpoint(40, &weights)
        .unwrap_err()
        .to_string();
    assert!(
        text.ends_with("array `conv1.bias` is 3 values, expected [2]"),
        "{text}"
    );
    assert!(!writer.has_checkpoint(40));
}

#[test]
fn weights_of_others_are_read() {
    use safetensors::tensor::{Dtype, TensorView};
    let f64s: Vec<u8> = [1.5f64, -2.0]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let view = TensorView::new(Dtype::F64, vec![2], &f64s).unwrap();
    let bytes = safetensors::serialize([("w", view)], None).unwrap();
    assert_eq!(
        encoding::decode_weights(&bytes).unwrap()["w"].data,
        [1.5, -2.0]
    );

    let view = TensorView::new(Dtype::I32, vec![4], &f64s).unwrap();
    let bytes = safetensors::serialize([("w", view)], None).unwrap();
    let text = encoding::decode_weights(&bytes).unwrap_err().to_string();
    assert_eq!(text, "array `w` is I32, expected F32, F64, F16 or BF16");
}
