//! Archives of arrays.

use super::*;

/// Both splits with these arrays.
fn arrays(arrays: &[(&str, &[usize], Numbers)]) -> Found {
    told(&written(Dataset::Own, |folder| {
        for split in ["train", "test"] {
            write(folder, &format!("{split}.npz"), npz(arrays, true));
        }
    }))
}

#[test]
fn archives_of_arrays() {
    let labels = || ("y", &[2][..], Numbers::I64(vec![0, 1]));
    let pixels = |shape: &'static [usize]| {
        let bytes = vec![7; shape.iter().product()];
        arrays(&[("x", shape, Numbers::U8(bytes)), labels()])
    };
    let values = |value: f32| arrays(&[("x", &[2, 4, 4], Numbers::F32(vec![value; 32])), labels()]);
    let classes = |shape: &'static [usize], numbers: Numbers| {
        arrays(&[
            ("x", &[2, 4, 4], Numbers::U8(vec![7; 32])),
            ("y", shape, numbers),
        ])
    };
    let named = |x, y| {
        arrays(&[
            (x, &[2, 4, 4], Numbers::U8(vec![7; 32])),
            (y, &[2], Numbers::I64(vec![0, 1])),
        ])
    };
    let both = Ok("2 + 2 of");
    let tried = vec![
        ("grey", pixels(&[2, 5, 5]), both),
        ("grey with an axis for it", pixels(&[2, 5, 5, 1]), both),
        ("the same in front", pixels(&[2, 1, 5, 5]), both),
        ("colours behind", pixels(&[2, 5, 5, 3]), both),
        ("colours in front", pixels(&[2, 3, 5, 5]), both),
        ("shares of light", values(0.5), both),
        (
            "labels in bytes",
            classes(&[2], Numbers::U8(vec![0, 1])),
            both,
        ),
        (
            "labels with gaps",
            classes(&[2], Numbers::I64(vec![0, 9])),
            both,
        ),
        (
            "floats up to 255",
            values(94.0),
            Err("Scale x, or save it as u8"),
        ),
        (
            "floats from -1",
            values(-0.3),
            Err("Scale x, or save it as u8"),
        ),
        ("no numbers", values(f32::NAN), Err("value 0 of x is NaN")),
        (
            "pictures as rows",
            pixels(&[2, 25]),
            Err("x has shape [2, 25]; pictures are"),
        ),
        (
            "pictures that are no squares",
            pixels(&[2, 5, 4]),
            Err("x has shape [2, 5, 4]"),
        ),
        (
            "labels in floats",
            classes(&[2], Numbers::F64(vec![0.0, 1.0])),
            Err("classes are integers"),
        ),
        (
            "labels as columns",
            classes(&[2, 1], Numbers::I64(vec![0, 1])),
            Err("y has shape [2, 1]"),
        ),
        (
            "labels as switches",
            classes(&[2, 2], Numbers::I64(vec![1, 0, 0, 1])),
            Err("[2] is needed"),
        ),
        (
            "labels below 0",
            classes(&[2], Numbers::I64(vec![-1, 0])),
            Err("y[0] is -1"),
        ),
        (
            "fewer labels",
            classes(&[1], Numbers::I64(vec![0])),
            Err("x has 2 samples"),
        ),
        (
            "names of Keras",
            named("x_train", "y_train"),
            Err("no x.npy in it but [\"x_train.npy\""),
        ),
        (
            "names of NumPy",
            named("arr_0", "arr_1"),
            Err("no x.npy in it but [\"arr_0.npy\""),
        ),
    ];
    check("archives of arrays", tried);
}
