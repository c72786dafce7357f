//! A function a format, which takes any bytes and panics where something does not hold.
//!
//! How much memory each may take stands beside it; docs/security.md says the same.

use std::{fs, path::Path};

use spindle_data::{mnist, outputs, players as brought_players, weights as brought_weights};
use spindle_run::{Experiment, encoding, experiment::Dataset, export::Export, record::RunRecord};

use crate::{
    memory::{Allowed, within},
    read, seeds, zip,
};

/// Arrays, one copy of which is in another type.
const ARRAYS: Allowed = Allowed::times(16);
/// Arrays with classes, up to 65,535 of which have a name.
const CLASSES: Allowed = Allowed {
    times: 16,
    base: 8 << 20,
};
/// JSON, whose values take more room than their text.
const JSON: Allowed = Allowed::times(64);
/// Tables of texts, whose words have numbers and places.
const TABLES: Allowed = Allowed::times(256);
/// Most that a byte of a compressed stream unpacks to.
const DENSEST: usize = 1032;
/// Compressed arrays.
const COMPRESSED: Allowed = Allowed {
    times: 4 * DENSEST,
    base: 8 << 20,
};
/// Pickles, whose objects take more room than their bytes, and may be repeated up to a limit.
const PICKLES: Allowed = Allowed {
    times: 256,
    base: 300 << 20,
};

/// Outputs of any model.
pub fn npy(bytes: &[u8]) {
    let found = within(ARRAYS, bytes.len(), || outputs::decode(bytes, None));
    let Some(games) = read(found) else { return };
    let samples = games.values.len() >> games.players;
    let again = outputs::encode(&games.values, samples).unwrap();
    let again = outputs::decode(&again, None).unwrap();
    assert_eq!(again.players, games.players);
    assert!(same_bits(&again.values, &games.values));
}

fn same_bits(left: &[f64], right: &[f64]) -> bool {
    let bits = |values: &[f64]| {
        values
            .iter()
            .map(|value| value.to_bits())
            .collect::<Vec<_>>()
    };
    bits(left) == bits(right)
}

/// Arrays of one's own in an archive, and outputs of any model in one.
pub fn npz(bytes: &[u8]) {
    for name in ["x", "v"] {
        read(within(COMPRESSED, bytes.len(), || {
            outputs::decode(bytes, Some(name))
        }));
    }
    let files = ["train.npz", "test.npz"].map(|name| (name, bytes));
    data(Dataset::Own, COMPRESSED, &files);
}

/// An array of an archive whose checksums hold.
pub fn npz_array(bytes: &[u8]) {
    let labels = &seeds::npz_array()[1];
    for [x, y] in [[bytes, labels], [bytes, bytes]] {
        let parts = [("x.npy", x), ("y.npy", y)];
        let parts = parts.map(|(name, part)| (name.to_owned(), part.to_vec()));
        let archive = zip::stored(&parts);
        let files = ["train.npz", "test.npz"].map(|name| (name, &archive[..]));
        data(Dataset::Own, CLASSES, &files);
    }
}

/// Arrays of one's own as safetensors.
pub fn arrays(bytes: &[u8]) {
    let files = ["train.safetensors", "test.safetensors"].map(|name| (name, bytes));
    data(Dataset::Own, CLASSES, &files);
}

/// Reads a data set of these files.
fn data(data: Dataset, allowed: Allowed, files: &[(&str, &[u8])]) {
    let size = files.iter().map(|(_, contents)| contents.len()).sum();
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        fs::write(folder.path().join(name), contents).unwrap();
    }
    let mut experiment = Experiment::default();
    experiment.training.data = data;
    experiment.training.data_dir = Some(folder.path().display().to_string());
    experiment.training.points = 8;
    read(within(allowed, size, || spindle_data::load(&experiment)));
}

/// Weights as safetensors.
pub fn weights(bytes: &[u8]) {
    let path = Path::new("weights.safetensors");
    let found = within(ARRAYS, bytes.len(), || brought_weights::decode(path, bytes));
    read(found).inspect(written_and_read);
}

fn written_and_read(weights: &brought_weights::Weights) {
    let again = encoding::encode_weights(&weights.tensors, None).unwrap();
    assert_eq!(encoding::decode_weights(&again).unwrap(), weights.tensors);
}

/// Weights as PyTorch writes them.
pub fn torch(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.pt");
    fs::write(&path, bytes).unwrap();
    let found = within(PICKLES, bytes.len(), || {
        brought_weights::decode(&path, bytes)
    });
    read(found).inspect(written_and_read);
}

/// A pickle in an archive whose checksums hold.
pub fn torch_pickle(bytes: &[u8]) {
    let mut parts = seeds::torch_parts();
    for (name, part) in &mut parts {
        if name.ends_with("data.pkl") {
            *part = bytes.to_vec();
        }
    }
    torch(&zip::stored(&parts));
}

/// A run's files of arrays, all kinds of them.
pub fn encodings(bytes: &[u8]) {
    use encoding as e;
    macro_rules! round_trip {
        ($decode:expr, $encode:expr) => {
            if let Some(found) = read(within(ARRAYS, bytes.len(), || $decode(bytes))) {
                let first = $encode(&found).unwrap();
                let again = $encode(&$decode(&first).unwrap()).unwrap();
                assert_eq!(first, again, "it is not read as it was written");
            }
        };
    }
    round_trip!(e::decode_state, e::encode_state);
    round_trip!(e::decode_losses, e::encode_losses);
    round_trip!(e::decode_outputs, e::encode_outputs);
    round_trip!(e::decode_decompositions, |found: &Vec<_>| {
        e::encode_decompositions(found, None, Some(0))
    });
    read(within(ARRAYS, bytes.len(), || {
        e::decode_decomposed_outputs(bytes)
    }));
}

/// `run.json`.
pub fn record(bytes: &[u8]) {
    let found = within(JSON, bytes.len(), || RunRecord::from_json(bytes));
    let Some(record) = read(found) else { return };
    let first = record.to_json().unwrap();
    let again = RunRecord::from_json(&first).unwrap().to_json().unwrap();
    assert_eq!(text(&first), text(&again));
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// `.spindle` files.
pub fn export(bytes: &[u8]) {
    let found = within(JSON, bytes.len(), || Export::unpack(bytes));
    let Some(export) = read(found) else { return };
    let first = export.pack().unwrap();
    let again = Export::unpack(&first).unwrap().pack().unwrap();
    assert!(first == again, "it is not read as it was written");
}

/// A part of a `.spindle` file whose checksums hold, with its number before it.
pub fn export_part(bytes: &[u8]) {
    let Some((&number, part)) = bytes.split_first() else {
        return;
    };
    let mut parts = seeds::export_parts();
    let number = usize::from(number) % parts.len();
    parts[number].1 = part.to_vec();
    export(&zip::stored(&parts));
}

/// Players as JSON.
pub fn players(bytes: &[u8]) {
    read(within(JSON, bytes.len(), || brought_players::decode(bytes)));
}

/// Pictures and labels of MNIST.
pub fn idx(bytes: &[u8]) {
    let files = seeds::idx();
    let [images, labels] = [("images", &files[0][..]), ("labels", &files[1][..])];
    let damaged = ("damaged", bytes);
    let allowed = match bytes.starts_with(b"\x1f\x8b") {
        true => COMPRESSED,
        false => ARRAYS,
    };
    for training in [[damaged, labels], [images, damaged]] {
        let [first, second] = training;
        let files = [first, second, images, labels];
        read(within(allowed, bytes.len(), || mnist::subset(files)));
    }
}

/// A table of texts with tabs between columns.
pub fn table(bytes: &[u8]) {
    texts(Dataset::Own, bytes, "tsv");
}

/// A table of texts with commas between columns.
pub fn csv(bytes: &[u8]) {
    texts(Dataset::AgNews, bytes, "csv");
}

fn texts(dataset: Dataset, bytes: &[u8], ending: &str) {
    let names = ["train", "test"].map(|name| format!("{name}.{ending}"));
    let [train, test] = names.each_ref().map(|name| (name.as_str(), bytes));
    let files = [train, test, ("vocab.txt", &seeds::VOCABULARY)];
    data(dataset, TABLES, &files);
}
