//! Outputs of models.

use spindle_data::outputs;

use super::*;

/// A NumPy file of a type and shape as its header names them.
fn npy(version: u8, descr: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u32).to_le_bytes();
    let length = if version == 1 { &length[..2] } else { &length };
    let magic = [0x93, b'N', b'U', b'M', b'P', b'Y', version, 0];
    [&magic[..], length, header.as_bytes(), values].concat()
}

#[test]
fn outputs_of_models() {
    let of = |bytes: &[u8]| -> Found {
        let found = outputs::decode(bytes, None).map_err(|error| error.to_string())?;
        Ok(format!(
            "{} of {}",
            found.values.len() >> found.players,
            found.players
        ))
    };
    let doubles: Vec<u8> = (0..16).flat_map(|at| f64::from(at).to_le_bytes()).collect();
    let singles: Vec<u8> = (0..16_u8)
        .flat_map(|at| f32::from(at).to_le_bytes())
        .collect();
    let turned: Vec<u8> = (0..16).flat_map(|at| f64::from(at).to_be_bytes()).collect();
    let v = || ("v", &[2, 8][..], Numbers::F64(vec![1.0; 16]));
    let whole = npy(1, "<f8", "(2, 8)", &doubles);
    let two = Ok("2 of 3");
    let tried = vec![
        ("f64", of(&whole), two),
        ("f32", of(&npy(1, "<f4", "(2, 8)", &singles)), two),
        ("big-endian", of(&npy(1, ">f8", "(2, 8)", &turned)), two),
        (
            "one sample",
            of(&npy(1, "<f8", "(16,)", &doubles)),
            Ok("1 of 4"),
        ),
        ("version 2", of(&npy(2, "<f8", "(2, 8)", &doubles)), two),
        ("version 3", of(&npy(3, "<f8", "(2, 8)", &doubles)), two),
        ("an archive", of(&npz(&[v()], false)), two),
        ("one that is compressed", of(&npz(&[v()], true)), two),
        (
            "an archive of two",
            of(&npz(&[v(), ("w", &[8], Numbers::F64(vec![0.0; 8]))], true)),
            Err("--array NAME"),
        ),
        (
            "half precision",
            of(&npy(1, "<f2", "(2, 8)", &doubles[..32])),
            Err("f32 or f64"),
        ),
        (
            "integers",
            of(&npy(1, "<i8", "(2, 8)", &doubles)),
            Err("astype(\"float64\")"),
        ),
        (
            "truths",
            of(&npy(1, "|b1", "(2, 8)", &doubles[..16])),
            Err("f32 or f64"),
        ),
        (
            "complex numbers",
            of(&npy(1, "<c16", "(8,)", &doubles)),
            Err("f32 or f64"),
        ),
        (
            "Python's objects",
            of(&npy(1, "|O", "(2, 8)", &doubles)),
            Err("its type is '|O', f32 or f64"),
        ),
        (
            "a dimension more",
            of(&npy(1, "<f8", "(2, 8, 1)", &doubles)),
            Err("[2, 8, 1]"),
        ),
        (
            "no dimension",
            of(&npy(1, "<f8", "()", &doubles[..8])),
            Err("it has shape []"),
        ),
        (
            "samples as columns",
            of(&npy(1, "<f8", "(8, 2)", &doubles)),
            Err("2 values a sample"),
        ),
        (
            "a mask less",
            of(&npy(1, "<f8", "(15,)", &doubles[..120])),
            Err("15 values"),
        ),
        (
            "cut off",
            of(&whole[..whole.len() - 12]),
            Err("12 are missing"),
        ),
        (
            "saved twice",
            of(&[&whole[..], &whole].concat()),
            Err("save one array, once"),
        ),
        ("empty", of(b""), Err("it is empty")),
        ("CSV", of(b"0.5,1.5\n"), Err("numpy.save")),
        ("JSON", of(b"[[0.5, 1.5]]"), Err("numpy.save")),
        ("HDF5", of(b"\x89HDF\r\n\x1a\n"), Err("numpy.save")),
        ("a pickle", of(b"\x80\x04\x95"), Err("numpy.save")),
        ("gzip", of(b"\x1f\x8b\x08\0"), Err("gunzip")),
        ("a pointer of Git LFS", of(POINTER), Err("git lfs pull")),
        ("a page of a server", of(PAGE), Err("web page")),
    ];
    check("outputs of models", tried);
}
