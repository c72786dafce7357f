//! What is changed or damaged after it was written, and what mends it.

mod demo;

use std::fs;

use spindle_run::{RunWriter, encoding, record::RunRecord};
use tempfile::TempDir;

fn run() -> (TempDir, RunWriter) {
    let folder = TempDir::new().unwrap();
    let (writer, _) = RunWriter::create(folder.path(), &demo::checked()).unwrap();
    writer.save_record(&demo::record()).unwrap();
    (folder, writer)
}

#[test]
fn no_bit_of_a_record_or_of_a_description_changes_unnoticed() {
    let json = demo::record().to_json().unwrap();
    assert_eq!(RunRecord::from_json(&json).unwrap(), demo::record());
    let changed =
        String::from_utf8(json.clone())
            .unwrap()
            .replacen("\"seed\": 0", "\"seed\": 2", 1);
    assert_ne!(changed.as_bytes(), json);
    let text = RunRecord::from_json(changed.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("changed by hand") && text.contains("`seal`"),
        "{text}"
    );
    // Without the seal, as earlier versions write it, it is used as it is.
    let unsealed: String = changed
        .lines()
        .filter(|line| !line.contains("\"seal\""))
        .collect();
    assert_eq!(
        RunRecord::from_json(unsealed.as_bytes())
            .unwrap()
            .experiment
            .training
            .seed,
        2
    );
    for at in (0..json.len()).step_by(97) {
        let mut flipped = json.clone();
        flipped[at] ^= 1;
        let found = RunRecord::from_json(&flipped);
        assert!(
            found.is_err() || found.unwrap() == demo::record(),
            "byte {at}"
        );
    }
    let outputs = encoding::encode_outputs(&demo::outputs(2)).unwrap();
    let end = 8 + u64::from_le_bytes(outputs[..8].try_into().unwrap()) as usize;
    for at in 8..end {
        let mut flipped = outputs.clone();
        flipped[at] ^= 1;
        let found = encoding::decode_outputs(&flipped);
        assert!(
            found.is_err() || found.unwrap() == demo::outputs(2),
            "byte {at}"
        );
    }
}

#[test]
fn a_damaged_checkpoint_is_told_by_name() {
    let (folder, writer) = run();
    let record = demo::record();
    writer.save_checkpoint(40, &demo::weights(0.0)).unwrap();
    assert!(writer.damaged(&record, 40).is_empty());
    fs::write(folder.path().join("checkpoints/40.safetensors"), "").unwrap();
    let damaged = writer.damaged(&record, 40);
    assert_eq!(damaged.len(), 1);
    let text = damaged[0].to_string();
    assert!(
        damaged[0].is_damage() && text.contains("40.safetensors: "),
        "{text}"
    );
    assert!(text.contains("the command that made the run"), "{text}");
}
