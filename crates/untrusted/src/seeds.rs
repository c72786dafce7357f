//! Small files of every format, whole ones: what is damaged.
//!
//! Digests and seals are left out of some, since a reader that trusts them would stop there.

#[path = "../../run/tests/demo/mod.rs"]
mod demo;
#[path = "../../data/tests/layouts/mod.rs"]
mod layouts;

use std::{fs, io::Write, sync::LazyLock};

use layouts::Numbers;
use serde_json::{Map, Value};
use spindle_data::outputs;
use spindle_interactions::decompose::Decomposition;
use spindle_run::{
    content::{Contents, PictureStack},
    encoding,
    event::SampleLosses,
    export::{Budget, Export},
};

use crate::zip;

/// What `torch.save` has written.
const TORCH: &[u8] = include_bytes!("../../cli/tests/fixtures/misfit.pt");
/// Others of its files.
const FURTHER_TORCH: [&[u8]; 2] = [
    include_bytes!("../../cli/tests/fixtures/integers.pt"),
    include_bytes!("../../cli/tests/fixtures/whole_module.pt"),
];
const OLDER_RECORD: &[u8] = include_bytes!("../../run/tests/older/run-4.json");

/// Word pieces of the tables' texts.
pub(crate) static VOCABULARY: LazyLock<Vec<u8>> =
    LazyLock::new(|| written(layouts::vocabulary, "vocab.txt"));

fn written(write: impl FnOnce(&std::path::Path), file: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    fs::read(folder.path().join(file)).unwrap()
}

/// Outputs on all masks.
pub fn npy() -> Vec<Vec<u8>> {
    let values: Vec<f64> = (0..16).map(f64::from).collect();
    let mut files = vec![
        outputs::encode(&values, 2).unwrap(),
        outputs::encode(&values, 1).unwrap(),
    ];
    for (version, width) in [(1, 2), (2, 4), (3, 4)] {
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (8,), }\n";
        let length = header.len().to_le_bytes();
        let begin = [b"\x93NUMPY", &[version, 0][..], &length[..width]].concat();
        files.push([&begin, header.as_bytes(), &[0; 32]].concat());
    }
    files
}

fn pictures() -> [(&'static str, &'static [usize], Numbers); 2] {
    [
        ("x", &[4, 2, 2], Numbers::U8((0..16).collect())),
        ("y", &[4], Numbers::I64(vec![0, 1, 1, 0])),
    ]
}

fn clouds() -> [(&'static str, &'static [usize], Numbers); 2] {
    let points = (0..96_u8).map(|place| f32::from(place) / 8.0);
    [
        ("x", &[2, 16, 3], Numbers::F32(points.collect())),
        ("y", &[2], Numbers::U8(vec![1, 0])),
    ]
}

/// Arrays of one's own.
pub fn npz() -> Vec<Vec<u8>> {
    let files = [pictures(), clouds()];
    let both = |compressed| files.each_ref().map(|file| layouts::npz(file, compressed));
    [both(false), both(true)].concat()
}

/// What is in such archives.
pub fn npz_array() -> Vec<Vec<u8>> {
    let archives = [pictures(), clouds()].map(|file| layouts::npz(&file, false));
    let parts = archives.iter().flat_map(|archive| zip::parts(archive));
    parts.map(|(_, array)| array).chain(npy()).collect()
}

/// Arrays of one's own as safetensors.
pub fn arrays() -> Vec<Vec<u8>> {
    [pictures(), clouds()]
        .map(|file| layouts::safetensors(&file))
        .to_vec()
}

/// Weights.
pub fn weights() -> Vec<Vec<u8>> {
    let weights = encoding::encode_weights(&demo::weights(0.5), Some(40)).unwrap();
    vec![unsealed(&weights), weights]
}

/// Weights as PyTorch writes them.
pub fn torch() -> Vec<Vec<u8>> {
    let mut files = vec![TORCH.to_vec()];
    files.extend(FURTHER_TORCH.map(<[u8]>::to_vec));
    files
}

/// The parts of such an archive.
pub fn torch_parts() -> zip::Parts {
    zip::parts(TORCH)
}

/// The pickles of such archives.
pub fn torch_pickle() -> Vec<Vec<u8>> {
    let archives = [TORCH, FURTHER_TORCH[0]];
    let parts = archives.into_iter().flat_map(zip::parts);
    parts
        .filter(|(name, _)| name.ends_with("data.pkl"))
        .map(|(_, pickle)| pickle)
        .chain([FURTHER_TORCH[1].to_vec()])
        .collect()
}

/// A run's files of arrays.
pub fn encodings() -> Vec<Vec<u8>> {
    let decompositions = demo::decompositions(2);
    let outputs = demo::outputs(2);
    let losses = SampleLosses {
        step: 40,
        train: vec![0.5, 0.25, 2.0],
        is_reset: vec![false, true, false],
        test: vec![1.0, 0.125],
    };
    let files = [
        encoding::encode_state(&demo::state()),
        encoding::encode_losses(&losses),
        encoding::encode_outputs(&outputs),
        encoding::encode_decompositions(&decompositions, Some(&outputs.values), Some(40)),
    ];
    let files = files.map(Result::unwrap);
    let unsealed = files.each_ref().map(|file| unsealed(file));
    [files, unsealed].concat()
}

/// `run.json`, of this version and of an older one.
pub fn record() -> Vec<Vec<u8>> {
    let record = demo::record().to_json().unwrap();
    let older: Value = serde_json::from_slice(OLDER_RECORD).unwrap();
    let older = serde_json::to_vec(&older).unwrap();
    vec![without_seal(&record), record, older]
}

/// `.spindle` files.
pub fn export() -> Vec<Vec<u8>> {
    vec![EXPORT.clone()]
}

static EXPORT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let record = demo::record();
    let count = record.samples.len();
    let pixels = (0..count * 64).map(|pixel| pixel as u8).collect();
    let pictures = Contents::Pictures(PictureStack::new(8, 1, pixels).unwrap());
    let at = |step| -> Result<Vec<Decomposition>, spindle_run::Error> {
        let position = demo::STEPS.iter().position(|&found| found == step);
        Ok(demo::decompositions(position.unwrap()))
    };
    let mut export = Export::new(record, pictures, Budget::default(), at).unwrap();
    export.weights.insert(40, demo::weights(1.0));
    export.pack().unwrap()
});

/// The parts of such a file, without digests and seals.
pub fn export_parts() -> zip::Parts {
    let open = |(name, part): (String, Vec<u8>)| {
        let part = match name.ends_with(".json") {
            true => without_seal(&part),
            false => unsealed(&part),
        };
        (name, part)
    };
    zip::parts(&EXPORT).into_iter().map(open).collect()
}

/// A part of such a file, with its number before it.
pub fn export_part() -> Vec<Vec<u8>> {
    let parts = export_parts().into_iter().zip(0..);
    parts
        .map(|((_, part), number)| [&[number], &part[..]].concat())
        .collect()
}

/// Players of every kind of data.
pub fn players() -> Vec<Vec<u8>> {
    [
        r#"{"grid": [8, 8], "patches": [[0, 7], [1, 1], [4, 4]]}"#,
        r#"{"words": [3, 1, 12]}"#,
        "\u{feff}{\"clusters\": [29, 0]}",
    ]
    .map(|json| json.as_bytes().to_vec())
    .to_vec()
}

/// Pictures or labels of MNIST, gzip'd or not.
pub fn idx() -> Vec<Vec<u8>> {
    let plain = [
        [
            &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28][..],
            &[7; 1568],
        ]
        .concat(),
        vec![0, 0, 8, 1, 0, 0, 0, 2, 3, 9],
    ];
    let gzipped = plain.each_ref().map(|file| gzipped(file));
    [plain, gzipped].concat()
}

fn gzipped(plain: &[u8]) -> Vec<u8> {
    let mut stream = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    stream.write_all(plain).unwrap();
    stream.finish().unwrap()
}

/// Texts of one's own, with tabs between columns.
pub fn table() -> Vec<Vec<u8>> {
    let plain = written(|folder| layouts::own_texts(folder, 3), "train.tsv");
    let quoted = b"text\tlabel\n\"a \"\"great\"\" film\"\tpos\n\"two\nlines\"\tneg\n".to_vec();
    let text = "text\tlabel\nfunny story\tpos\n";
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    vec![
        plain,
        quoted,
        [0xff, 0xfe].into_iter().chain(units).collect(),
    ]
}

/// News, with commas between columns.
pub fn csv() -> Vec<Vec<u8>> {
    let plain = written(|folder| layouts::ag_news(folder, 2), "train.csv");
    let header = b"Class Index,Title,Description\n";
    vec![[&header[..], &plain].concat(), plain]
}

/// A JSON object without its seal.
fn without_seal(json: &[u8]) -> Vec<u8> {
    let mut value: Map<String, Value> = serde_json::from_slice(json).unwrap();
    value.remove("seal");
    serde_json::to_vec(&value).unwrap()
}

/// A safetensors file of Spindle's without seal and digest.
fn unsealed(file: &[u8]) -> Vec<u8> {
    let length = file.first_chunk().map(|&length| u64::from_le_bytes(length));
    let end = 8 + length.unwrap() as usize;
    let mut header: Map<String, Value> = serde_json::from_slice(&file[8..end]).unwrap();
    let description = header["__metadata__"]["spindle"].as_str().unwrap();
    let mut description: Map<String, Value> = serde_json::from_str(description).unwrap();
    description.remove("seal");
    description.remove("sha256");
    header["__metadata__"]["spindle"] = serde_json::to_string(&description).unwrap().into();
    let header = serde_json::to_vec(&header).unwrap();
    [&header.len().to_le_bytes(), &header[..], &file[end..]].concat()
}
