//! Weights and players from outside, as people have them.

mod support;

use std::{fs, path::Path};

use support::{failure, json};
use tempfile::TempDir;

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    folder.join(name).to_str().unwrap().to_owned()
}

fn values_of(weights: &str, players: &str, out: &Path) -> Vec<String> {
    let out = out.to_str().unwrap();
    [
        "values",
        "--weights",
        weights,
        "--samples",
        "0,5",
        "--players",
        players,
        "--out",
        out,
    ]
    .map(str::to_owned)
    .to_vec()
}

fn refused_values(weights: &str, players: &str) -> String {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("v.npy");
    let arguments = values_of(weights, players, &out);
    let said = failure(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(!out.exists());
    said
}

fn numbers(path: &Path, count: usize) -> Vec<f64> {
    let bytes = fs::read(path).unwrap();
    let (numbers, _) = bytes[bytes.len() - 8 * count..].as_chunks::<8>();
    numbers.iter().map(|b| f64::from_le_bytes(*b)).collect()
}

/// The fixtures are made by tests/peers/fixtures.py.
#[test]
fn weights_and_outputs_are_those_of_pytorch() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("v.npy");
    let arguments = values_of(&fixture("lenet.pt"), &fixture("players.json"), &out);
    json(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let (found, expected) = (
        numbers(&out, 128),
        numbers(Path::new(&fixture("v.npy")), 128),
    );
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn weights_that_do_not_fit_are_all_listed_and_foreign_files_named() {
    let players = fixture("players.json");
    let said = refused_values(&fixture("misfit.pt"), &players);
    for problem in [
        "conv1.weight is [6, 1, 3, 3], expected [6, 1, 5, 5]",
        "fc3.bias [10] is missing",
        "conv3.bias [4] is not part of it",
    ] {
        assert!(said.contains(problem), "{said}");
    }
    let said = refused_values(&fixture("integers.pt"), &players);
    assert!(said.contains("fc3.bias is I64"), "{said}");
    let folder = TempDir::new().unwrap();
    // A class of one's own, pickled as a whole: copyreg._reconstructor of __main__.LeNet.
    let said = refused_values(&fixture("whole_module.pt"), &players);
    assert!(
        said.contains("whole module") && said.contains("model.state_dict()"),
        "{said}"
    );
    let pointer = folder.path().join("pointer.safetensors");
    fs::write(&pointer, "version https://git-lfs.github.com/spec/v1\n").unwrap();
    let said = refused_values(pointer.to_str().unwrap(), &players);
    assert!(said.contains("git lfs pull"), "{said}");
    for name in ["junk.pt", "junk.safetensors", "junk.onnx"] {
        let path = folder.path().join(name);
        fs::write(&path, "no weights").unwrap();
        let said = refused_values(path.to_str().unwrap(), &players);
        assert!(said.contains(name) && !said.contains("delete"), "{said}");
    }
}

#[test]
fn weights_of_trainers_in_half_precision_under_any_name_are_read() {
    use safetensors::tensor::{Dtype, TensorView};

    let folder = TempDir::new().unwrap();
    let shapes: [(&str, &[usize]); 10] = [
        ("conv1.weight", &[6, 1, 5, 5]),
        ("conv1.bias", &[6]),
        ("conv2.weight", &[16, 6, 5, 5]),
        ("conv2.bias", &[16]),
        ("fc1.weight", &[120, 400]),
        ("fc1.bias", &[120]),
        ("fc2.weight", &[84, 120]),
        ("fc2.bias", &[84]),
        ("fc3.weight", &[10, 84]),
        ("fc3.bias", &[10]),
    ];
    // Numbers that 8 bits of fraction hold: of -7/64 to 7/64.
    let number = |at: usize| ((at * 7919) % 15) as f32 / 64.0 - 7.0 / 64.0;
    let count = |shape: &[usize]| shape.iter().product::<usize>();
    let written = |name: &str, prefix: &str, kind: Dtype, bytes: fn(f32) -> Vec<u8>| {
        let data = shapes.map(|(_, shape)| {
            (0..count(shape))
                .flat_map(|at| bytes(number(at)))
                .collect::<Vec<u8>>()
        });
        let mut views: Vec<_> = shapes
            .iter()
            .zip(&data)
            .map(|((name, shape), data)| {
                (
                    format!("{prefix}{name}"),
                    TensorView::new(kind, shape.to_vec(), data).unwrap(),
                )
            })
            .collect();
        let steps = 3_i64.to_le_bytes();
        let buffer = TensorView::new(Dtype::I64, vec![1], &steps).unwrap();
        views.push((format!("{prefix}norm.num_batches_tracked"), buffer));
        let path = folder.path().join(name);
        fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
        let out = folder.path().join("v.npy");
        let mut arguments = values_of(path.to_str().unwrap(), &fixture("players.json"), &out);
        for samples in &mut arguments {
            if samples == "0,5" {
                "0, 5".clone_into(samples);
            }
        }
        json(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        numbers(&out, 128)
    };
    let half = |value: f32| {
        // Exact for these: the exponent and the upper ten bits of the fraction.
        let bits = value.to_bits();
        let exponent = (bits >> 23 & 0xff).saturating_sub(112);
        let fraction = if value == 0.0 { 0 } else { bits >> 13 & 0x3ff };
        ((bits >> 31 << 15 | exponent << 10 | fraction) as u16)
            .to_le_bytes()
            .to_vec()
    };
    let single = written("w.safetensors", "", Dtype::F32, |value| {
        value.to_le_bytes().to_vec()
    });
    assert!(single.iter().all(|v| v.is_finite()) && single[0] != single[63]);
    let brain = |value: f32| value.to_le_bytes()[2..].to_vec();
    assert_eq!(written("w.bin", "module.", Dtype::BF16, brain), single);
    assert_eq!(
        written("W.SAFETENSORS", "state_dict.model.", Dtype::F16, half),
        single
    );
}

#[test]
fn players_that_are_not_possible_are_named() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("players.json");
    let refused = |json: &str| {
        fs::write(&path, json).unwrap();
        let said = refused_values(&fixture("lenet.pt"), path.to_str().unwrap());
        assert!(said.contains("players.json"), "{said}");
        said
    };
    let patches = |count: usize| {
        let cells: Vec<_> = (0..count)
            .map(|i| format!("[{}, {}]", i / 8, i % 8))
            .collect();
        format!("{{\"grid\": [8, 8], \"patches\": [{}]}}", cells.join(", "))
    };
    for count in [0, 1, 21] {
        assert!(
            refused(&patches(count)).contains("n must be 2..=20"),
            "{count}"
        );
    }
    let twice = r#"{"grid": [8, 8], "patches": [[1, 2], [3, 4], [1, 2]]}"#;
    assert!(refused(twice).contains("[1, 2] twice"));
    let foreign = r#"{"grid": [8, 8], "patches": [[1, 2], [8, 0]]}"#;
    assert!(refused(foreign).contains("[8, 0]"));
    assert!(refused(r#"{"grid": [7, 7], "patches": [[1, 2], [3, 4]]}"#).contains("[7, 7]"));
    assert!(refused(r#"{"patches": [[1, 2]]}"#).contains("grid"));
    assert!(refused("[1, 2").contains("must be"));
}
