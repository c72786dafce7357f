//! Outputs of any model, and of given weights.

mod support;

use std::{fs, io::Write, path::Path};

use rawzip::{CompressionMethod, ZipArchiveWriter};
use support::{failure, json, npy, run_small};
use tempfile::TempDir;

#[test]
fn decompose_finds_planted_interactions_in_anybodys_outputs() {
    let folder = TempDir::new().unwrap();
    let (input, out) = (
        folder.path().join("v.npy"),
        folder.path().join("i.safetensors"),
    );
    // v = 1 + 2 AND(0, 1) - 1.5 OR(1, 2), on 3 variables, two samples of it.
    let v: Vec<f64> = (0..8)
        .map(|mask: u32| {
            let and = if mask & 3 == 3 { 2.0 } else { 0.0 };
            let or = if mask & 6 != 0 { -1.5 } else { 0.0 };
            1.0 + and + or
        })
        .collect();
    let bytes: Vec<u8> = [&v[..], &v[..]]
        .concat()
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    npy(&input, "<f8", "(2, 8)", "False", &bytes);
    let document = json(&[
        "decompose",
        input.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--noise-ratio",
        "0",
        "--tolerance",
        "1e-6",
    ]);
    let samples = document["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 2);
    for sample in samples {
        assert!(
            (sample["primal"].as_f64().unwrap() - 3.5).abs() < 1e-4,
            "{sample}"
        );
        assert!(sample["gap"].as_f64().unwrap() <= 2e-6);
        // The AND of two and the OR of two are needed, and nothing else; what all nearly as sparse
        // sums have is around that.
        for (statistic, least, most) in [
            ("mean_order", 1.9, 2.1),
            ("share_of_order_3_and_more", 0.0, 0.1),
        ] {
            let [low, value, high] =
                ["low", "value", "high"].map(|end| sample[statistic][end].as_f64().unwrap());
            assert!(
                least <= low && low <= value && value <= high && high <= most,
                "{sample}"
            );
        }
        for field in ["dual", "iterations", "seconds"] {
            assert!(sample[field].is_number());
        }
    }
    let found = spindle_run::encoding::decode_decompositions(&fs::read(&out).unwrap()).unwrap();
    assert!((found[0].and[3] - 2.0).abs() < 1e-3 && (found[0].or[6] + 1.5).abs() < 1e-3);
    assert!((found[0].baseline - 1.0).abs() < 1e-12);
    // The same in f32, one sample.
    let bytes: Vec<u8> = v.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect();
    npy(&input, "<f4", "(8,)", "False", &bytes);
    let document = json(&[
        "decompose",
        input.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(document["samples"].as_array().unwrap().len(), 1);
}

#[test]
fn certificates_are_verified_exactly_and_what_was_changed_is_told() {
    let folder = TempDir::new().unwrap();
    let (input, out) = (
        folder.path().join("v.npy"),
        folder.path().join("i.safetensors"),
    );
    let v: Vec<u8> = (0..128_u32)
        .flat_map(|m| {
            (f64::from(m.wrapping_mul(2_654_435_761)) / 1e9)
                .sin()
                .to_le_bytes()
        })
        .collect();
    npy(&input, "<f8", "(2, 64)", "False", &v);
    let [input, file] = [&input, &out].map(|path| path.to_str().unwrap());
    json(&["decompose", input, "--out", file]);
    let document = json(&["verify", file]);
    assert_eq!(
        (&document["games"], &document["dual_points"]),
        (&2.into(), &10.into())
    );
    assert_eq!(document["faults"], serde_json::json!([]));
    // Another lower bound, with a digest that fits.
    let bytes = fs::read(&out).unwrap();
    let mut found = spindle_run::encoding::decode_decompositions(&bytes).unwrap();
    let values = spindle_run::encoding::decode_decomposed_outputs(&bytes).unwrap();
    found[1].certificate.dual *= 1.001;
    found[0].dual[5] += 1.0;
    let changed = spindle_run::encoding::encode_decompositions(&found, values.as_deref(), None);
    fs::write(&out, changed.unwrap()).unwrap();
    let said = failure(&["verify", file]);
    assert!(
        said.contains("sample 0: the dual point exceeds a constraint"),
        "{said}"
    );
    assert!(
        said.contains("sample 1: the lower bound is stored as"),
        "{said}"
    );
    // Without the outputs there is nothing that certificates could be about.
    let alone = spindle_run::encoding::encode_decompositions(&found, None, None);
    fs::write(&out, alone.unwrap()).unwrap();
    assert!(failure(&["verify", file]).contains("has no outputs in it"));
    fs::write(&out, "no tensors").unwrap();
    assert!(failure(&["verify", file]).contains("cannot verify"));
}

#[test]
fn runs_and_exports_are_verified() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    run_small(&run);
    let path = run.to_str().unwrap();
    let document = json(&["verify", path]);
    assert_eq!(
        (&document["games"], &document["dual_points"]),
        (&32.into(), &160.into())
    );
    let export = folder.path().join("run.spindle");
    let export = export.to_str().unwrap();
    json(&["export", path, "--out", export]);
    assert_eq!(json(&["verify", export])["faults"], serde_json::json!([]));
    let html = folder.path().join("c.html");
    let compared = json(&["compare", path, export, "--out", html.to_str().unwrap()]);
    assert_eq!(compared["differences"][0]["fields"], serde_json::json!([]));
    // Weights that nothing needs any more, and a record that was changed.
    let weights = run.join("checkpoints/0.safetensors");
    let whole = fs::read(&weights).unwrap();
    fs::write(&weights, &whole[..whole.len() - 1]).unwrap();
    let said = failure(&["verify", path]);
    assert!(
        said.contains("0.safetensors") && said.contains("puts it aside and makes it again"),
        "{said}"
    );
    fs::write(&weights, whole).unwrap();
    // A headline that does not follow from the strengths beside it.
    let file = run.join("run.json");
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    record["checkpoints"][1]["summary"]["all_effects"]["mean_order"]["value"] =
        serde_json::json!(1.25);
    fs::write(&file, record.to_string()).unwrap();
    assert!(failure(&["verify", path]).contains("changed by hand"));
    record.as_object_mut().unwrap().remove("seal");
    fs::write(&file, record.to_string()).unwrap();
    assert!(failure(&["verify", path]).contains("the mean order is stored as 1.25e0"));
}

#[test]
fn outputs_at_the_ends_of_what_floats_hold_are_told_alike_by_file_and_sentence() {
    let folder = TempDir::new().unwrap();
    let (input, out) = (
        folder.path().join("v.npy"),
        folder.path().join("i.safetensors"),
    );
    let wave = |unit: f64| -> Vec<u8> {
        let shares = (0..16_u32).map(|m| f64::from(m.wrapping_mul(2_654_435_761) >> 16) / 65_536.0);
        shares
            .flat_map(|share| (unit * share).to_le_bytes())
            .collect()
    };
    let [name, file] = [&input, &out].map(|path| path.to_str().unwrap().to_owned());
    for (bytes, what) in [
        (wave(1e307), "1e307"),
        (wave(1e-310), "denormal"),
        (wave(0.0), "constant"),
        (vec![0; 128], "zero"),
    ] {
        npy(&input, "<f8", "(16,)", "False", &bytes);
        let sample = &json(&["decompose", &name, "--out", &file])["samples"][0];
        let found = spindle_run::encoding::decode_decompositions(&fs::read(&out).unwrap()).unwrap();
        let c = &found[0].certificate;
        assert_eq!(sample["primal"].as_f64(), Some(c.primal), "{what}");
        assert_eq!(sample["dual"].as_f64(), Some(c.dual), "{what}");
        assert_eq!(sample["gap"].as_f64(), Some(c.gap), "{what}");
        assert!(
            c.primal.is_finite() && c.dual <= c.primal && c.gap <= 6e-3,
            "{what}: {c:?}"
        );
        json(&["verify", &file]);
    }
    // No noise, and more than all outputs.
    npy(&input, "<f8", "(16,)", "False", &wave(1.0));
    json(&["decompose", &name, "--out", &file, "--noise-ratio", "0"]);
    let nothing = json(&["decompose", &name, "--out", &file, "--noise-ratio", "1000"]);
    let sample = &nothing["samples"][0];
    assert_eq!(sample["primal"], 0.0);
    assert!(sample["mean_order"].is_null() && sample["share_of_order_3_and_more"].is_null());
    json(&["verify", &file]);
}

#[test]
fn outputs_of_another_kind_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let (input, out) = (
        folder.path().join("v.npy"),
        folder.path().join("i.safetensors"),
    );
    let refusal = |descr: &str, shape: &str, fortran: &str, bytes: &[u8]| {
        npy(&input, descr, shape, fortran, bytes);
        let said = failure(&[
            "decompose",
            input.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ]);
        assert!(said.contains("v.npy") && !out.exists(), "{said}");
        said
    };
    let zeros = [0; 128];
    assert!(refusal("<i8", "(8,)", "False", &zeros[..64]).contains("f32 or f64"));
    assert!(refusal("<f8", "(2, 8)", "True", &zeros).contains("Fortran"));
    assert!(refusal("<f8", "(6,)", "False", &zeros[..48]).contains('6'));
    assert!(refusal("<f8", "(2, 2, 4)", "False", &zeros).contains("shape"));
    assert!(refusal("<f8", "(0, 8)", "False", &[]).contains("no sample"));
    assert!(refusal("<f8", "(8,)", "False", &zeros[..40]).contains("is truncated"));
    assert!(
        refusal("<f8", "(8,)", "False", &zeros).contains("64 bytes of values and 128 are there")
    );
    let mut nan = [0; 64];
    nan[24..32].copy_from_slice(&f64::NAN.to_le_bytes());
    assert!(refusal("<f8", "(8,)", "False", &nan).contains("mask 3"));
    fs::write(&input, "no numbers").unwrap();
    assert!(
        failure(&[
            "decompose",
            input.to_str().unwrap(),
            "--out",
            out.to_str().unwrap()
        ])
        .contains("not a NumPy")
    );
}

/// An archive as `numpy.savez` makes it, of arrays that are files already.
fn npz(arrays: &[(&str, &Path)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, path) in arrays {
        let name = format!("{name}.npy");
        let file = archive.new_file(&name);
        let file = file.compression_method(CompressionMethod::STORE);
        let (mut entry, config) = file.start().unwrap();
        let mut writer = config.wrap(&mut entry);
        writer.write_all(&fs::read(path).unwrap()).unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

#[test]
fn of_an_archive_the_only_array_is_taken_or_the_one_that_is_named() {
    let folder = TempDir::new().unwrap();
    let [v, w, archive, out] =
        ["v.npy", "w.npy", "v.npz", "i.safetensors"].map(|name| folder.path().join(name));
    let bytes = |sign: f64| -> Vec<u8> {
        let values = (0..8).map(|mask| sign * f64::from(mask * mask));
        values.flat_map(f64::to_le_bytes).collect()
    };
    npy(&v, "<f8", "(8,)", "False", &bytes(1.0));
    npy(
        &w,
        "<f8",
        "(2, 8)",
        "False",
        &[bytes(2.0), bytes(3.0)].concat(),
    );
    let [v_name, archive_name, out_name] = [&v, &archive, &out].map(|path| path.to_str().unwrap());
    let decompose = |input: &str, more: &[&str]| {
        let line = [&["decompose", input, "--out", out_name], more].concat();
        let document = json(&line);
        (
            document["samples"].as_array().unwrap().len(),
            fs::read(&out).unwrap(),
        )
    };
    let alone = decompose(v_name, &[]);
    fs::write(&archive, npz(&[("v", &v)])).unwrap();
    assert!(decompose(archive_name, &[]) == alone);
    assert!(decompose(archive_name, &["--array", "v"]) == alone);
    fs::write(&archive, npz(&[("w", &w), ("v", &v)])).unwrap();
    assert!(decompose(archive_name, &["--array", "v"]) == alone);
    assert_eq!(decompose(archive_name, &["--array", "w"]).0, 2);
    let refused = |input: &str, more: &[&str]| {
        failure(&[&["decompose", input, "--out", out_name], more].concat())
    };
    let said = refused(archive_name, &[]);
    assert!(
        said.contains("2 arrays: w, v; choose one by --array NAME"),
        "{said}"
    );
    let said = refused(archive_name, &["--array", "x"]);
    assert!(
        said.contains("there is no array x in it but w, v"),
        "{said}"
    );
    let said = refused(v_name, &["--array", "v"]);
    assert!(said.contains("no .npz archive"), "{said}");
    fs::write(&archive, npz(&[])).unwrap();
    let said = refused(archive_name, &[]);
    assert!(said.contains("without a NumPy array in it"), "{said}");
}

#[test]
fn a_tolerance_that_is_not_reached_is_an_error_and_keeps_the_result() {
    let folder = TempDir::new().unwrap();
    let (input, out) = (
        folder.path().join("v.npy"),
        folder.path().join("i.safetensors"),
    );
    let v: Vec<u8> = (0..256u32)
        .flat_map(|m| f64::from(m.wrapping_mul(2_654_435_761) >> 16).to_le_bytes())
        .collect();
    npy(&input, "<f8", "(256,)", "False", &v);
    let said = failure(&[
        "decompose",
        input.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--tolerance",
        "1e-9",
        "--max-iterations",
        "50",
    ]);
    assert!(
        said.contains("did not reach the tolerance") && said.contains("gap"),
        "{said}"
    );
    assert_eq!(
        spindle_run::encoding::decode_decompositions(&fs::read(&out).unwrap())
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn values_of_a_runs_weights_are_the_runs_outputs() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    run_small(&run);
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
    let sample = &record["samples"][1];
    let players = folder.path().join("players.json");
    let patches = serde_json::json!({"grid": [8, 8], "patches": sample["players"]});
    fs::write(&players, patches.to_string()).unwrap();
    let step = record["checkpoints"][3]["losses"]["step"].as_u64().unwrap();
    let weights = run.join(format!("checkpoints/{step}.safetensors"));
    let out = folder.path().join("v.npy");
    let document = json(&[
        "values",
        "--weights",
        weights.to_str().unwrap(),
        "--samples",
        &sample["position"].to_string(),
        "--players",
        players.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    let (opened, record) = spindle_run::RunFolder::open(&run).unwrap();
    let outputs = opened.outputs(&record, step as usize).unwrap();
    let v = &outputs.values[64..128];
    assert_eq!(document["samples"][0]["v_empty"].as_f64().unwrap(), v[0]);
    assert_eq!(document["samples"][0]["v_full"].as_f64().unwrap(), v[63]);
    let bytes = fs::read(&out).unwrap();
    let written: Vec<f64> = bytes[bytes.len() - 64 * 8..]
        .chunks_exact(8)
        .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
        .collect();
    assert_eq!(written, v);
}

#[test]
fn games_of_too_few_or_too_many_players_are_refused() {
    let folder = TempDir::new().unwrap();
    let (input, out) = (
        folder.path().join("v.npy"),
        folder.path().join("i.safetensors"),
    );
    for (players, shape) in [(0, "(1,)"), (1, "(2,)"), (21, "(2097152,)")] {
        npy(&input, "<f4", shape, "False", &vec![0; 4 << players]);
        let said = failure(&[
            "decompose",
            input.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ]);
        assert!(
            said.contains(&format!("{players} players; n must be 2..=20")),
            "{said}"
        );
    }
    // As many samples as would overflow a count of values.
    npy(&input, "<f8", "(2305843009213693952, 8)", "False", &[]);
    let said = failure(&[
        "decompose",
        input.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(said.contains("v.npy"), "{said}");
    assert!(!out.exists());
}

#[test]
fn inputs_and_folders_are_not_overwritten() {
    let folder = TempDir::new().unwrap();
    let input = folder.path().join("v.npy");
    npy(&input, "<f8", "(4,)", "False", &[0; 32]);
    let before = fs::read(&input).unwrap();
    let path = input.to_str().unwrap();
    assert!(failure(&["decompose", path, "--out", path]).contains("also an input"));
    assert_eq!(fs::read(&input).unwrap(), before);
    let out = folder.path().to_str().unwrap();
    assert!(failure(&["decompose", path, "--out", out]).contains("is a folder"));
    let out = folder.path().join("none/i.safetensors");
    let said = failure(&["decompose", path, "--out", out.to_str().unwrap()]);
    assert!(said.contains("there is no folder"), "{said}");
}
