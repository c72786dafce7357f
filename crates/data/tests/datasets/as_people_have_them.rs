//! Inputs as people have them: what programs, mirrors and mail make of files. Each is read as it is
//! meant, or refused in words that say what it is.
#![allow(clippy::print_stdout)]

use std::{io::Cursor, path::Path};

use image::{DynamicImage, ImageFormat, Luma, Rgb};
use spindle_data::{Labelled, outputs, players};
use spindle_run::experiment::Dataset;

use crate::{
    Written,
    layouts::{self, Numbers, npz, write},
    written,
};

/// What comes of an input: words on what was read, or the refusal.
type Found = Result<String, String>;
/// What has to: words that are in the one or in the other.
type Right<'a> = Result<&'a str, &'a str>;

const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 2\n";
const PAGE: &[u8] = b"<!DOCTYPE html>\n<html><body>404</body></html>\n";

/// Checks all inputs of a kind, and prints how many there were.
fn check(kind: &str, tried: Vec<(&str, Found, Right<'_>)>) {
    let count = tried.len();
    let read = tried.iter().filter(|(_, found, _)| found.is_ok()).count();
    for (what, found, right) in tried {
        let is_right = match (&found, right) {
            (Ok(found), Ok(words)) | (Err(found), Err(words)) => found.contains(words),
            _ => false,
        };
        assert!(is_right, "{kind}, {what}: {found:?}, right is {right:?}");
        let said = found.unwrap_or_default();
        assert!(said.len() < 1200, "{kind}, {what}: {said}");
    }
    println!(
        "{count} {kind} as people have them: {read} read, {} refused",
        count - read
    );
}

/// Sizes, classes and warnings of what is in a folder.
fn told(written: &Written) -> Found {
    let data = written.load().map_err(|error| error.to_string())?;
    let about = data.about();
    Ok(format!(
        "{} + {} of {}; {}",
        about.train.len(),
        about.test.len(),
        about.classes.join(","),
        about.warnings.join("; ")
    ))
}

fn table(train: impl AsRef<[u8]>) -> Found {
    told(&written(Dataset::Own, |folder| {
        layouts::own_texts(folder, 1);
        write(folder, "train.tsv", train);
        write(folder, "test.tsv", "text\tlabel\nthe film\tpos\n");
    }))
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn tables() {
    const TABLE: &str = "text\tlabel\nthe film\tpos\na story\tneg\n";
    let both = Ok("2 + 1 of neg,pos; ");
    let marked = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
    let tried = vec![
        ("plain", table(TABLE), both),
        ("of Windows", table(TABLE.replace('\n', "\r\n")), both),
        (
            "both line ends",
            table(TABLE.replacen('\n', "\r\n", 2)),
            both,
        ),
        ("no line end at the end", table(TABLE.trim_end()), both),
        (
            "empty lines at the end",
            table(format!("{TABLE}\n\n")),
            both,
        ),
        ("byte order mark", table(format!("\u{feff}{TABLE}")), both),
        (
            "UTF-16 of Windows",
            table(marked(&[0xff, 0xfe], utf16(TABLE, u16::to_le_bytes))),
            both,
        ),
        (
            "UTF-16, big-endian",
            table(marked(&[0xfe, 0xff], utf16(TABLE, u16::to_be_bytes))),
            both,
        ),
        (
            "UTF-16 without a mark",
            table(utf16(TABLE, u16::to_le_bytes)),
            Err("UTF-16 without the mark"),
        ),
        (
            "Latin-1",
            table(b"text\tlabel\ncaf\xe9\tpos\na\tneg\n"),
            Err("line 2: it is not in UTF-8"),
        ),
        (
            "columns changed over",
            table("label\ttext\npos\tthe film\nneg\ta story\n"),
            both,
        ),
        (
            "a column more",
            table("id\ttext\tlabel\n7\tthe film\tpos\n8\ta story\tneg\n"),
            both,
        ),
        (
            "index of pandas",
            table("\ttext\tlabel\n0\tthe film\tpos\n1\ta story\tneg\n"),
            both,
        ),
        (
            "blanks around names",
            table("text \t label\nthe film\t pos\na story\tneg \n"),
            both,
        ),
        (
            "quotes of pandas",
            table("text\tlabel\n\"the \"\"film\"\"\"\tpos\na story\tneg\n"),
            both,
        ),
        (
            "a quote alone",
            table("text\tlabel\n\"the film\tpos\na story\tneg\n"),
            Ok("2 + 1 of neg,pos"),
        ),
        (
            "other scripts",
            table("text\tlabel\nthe 電影 😀\tpos\nа\u{301} story\tneg\n"),
            both,
        ),
        (
            "a text without words",
            table(format!("{TABLE}\tneg\n")),
            Ok("left out 1 of"),
        ),
        (
            "labels that are numbers",
            table("text\tlabel\na\t10\nthe\t2\na\tpos\n"),
            Ok("of 10,2,pos"),
        ),
        (
            "no header",
            table("the film\tpos\na story\tneg\n"),
            Err("no column \"label\" but"),
        ),
        (
            "commas",
            table(TABLE.replace('\t', ",")),
            Err("no column \"label\" but [\"text,label\"]"),
        ),
        (
            "another header",
            table(TABLE.replace("text\t", "sentence\t")),
            Err("no column \"text\" but [\"sentence\""),
        ),
        (
            "a tab within a text",
            table(format!("{TABLE}the\tend\tneg\n")),
            Err("line 4"),
        ),
        (
            "a line without a label",
            table(format!("{TABLE}the end\t\n")),
            Err("line 4: it has no label"),
        ),
        ("empty", table(""), Err("no column")),
        (
            "a header alone",
            table("text\tlabel\n"),
            Err("train.tsv has no line with a label"),
        ),
        (
            "gzip",
            table(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0"),
            Err("gunzip"),
        ),
        ("a pointer of Git LFS", table(POINTER), Err("git lfs pull")),
        ("a page of a server", table(PAGE), Err("web page")),
    ];
    check("tables", tried);
}

/// Two classes of a training and a test picture each, and what `change` does to them.
fn folders(change: impl FnOnce(&Path)) -> Found {
    told(&written(Dataset::Own, |folder| {
        for split in ["train", "test"] {
            for (number, class) in [40, 200].into_iter().zip(["a", "b"]) {
                let grey = DynamicImage::from(image::GrayImage::from_pixel(8, 8, Luma([number])));
                write(
                    folder,
                    &format!("{split}/{class}/0.png"),
                    saved(&grey, ImageFormat::Png),
                );
            }
        }
        change(folder);
    }))
}

fn saved(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The same with a file more among the training pictures of a class.
fn with_file(name: &str, bytes: impl AsRef<[u8]>) -> Found {
    folders(|folder| write(folder, &format!("train/a/{name}"), bytes))
}

#[test]
fn picture_folders() {
    let colours = DynamicImage::from(image::RgbImage::from_pixel(9, 7, Rgb([1, 2, 3])));
    let [png, jpeg, bmp, pnm] = [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Bmp,
        ImageFormat::Pnm,
    ]
    .map(|format| saved(&colours, format));
    let kind = |picture: DynamicImage| saved(&picture, ImageFormat::Png);
    let webp = b"RIFF\x24\0\0\0WEBPVP8 ";
    let (three, two) = (Ok("3 + 2 of a,b; "), "2 + 2 of a,b; ");
    let mut tried = vec![
        ("JPEG", with_file("x.jpg", &jpeg), three),
        ("an ending in capitals", with_file("X.JPEG", &jpeg), three),
        ("BMP", with_file("x.bmp", bmp), three),
        ("PPM", with_file("x.ppm", pnm), three),
        (
            "a JPEG that is called PNG",
            with_file("x.png", &jpeg),
            three,
        ),
        (
            "with transparency",
            with_file("x.png", kind(colours.to_rgba8().into())),
            three,
        ),
        (
            "grey with transparency",
            with_file("x.png", kind(colours.to_luma_alpha8().into())),
            three,
        ),
        (
            "of 16 bits",
            with_file("x.png", kind(colours.to_luma16().into())),
            three,
        ),
        (
            "a name in another script",
            with_file("ä 写 #?.png", &png),
            three,
        ),
        (
            "one pixel",
            with_file("x.png", kind(image::GrayImage::new(1, 1).into())),
            three,
        ),
        (
            "a line of pixels",
            with_file("x.png", kind(image::GrayImage::new(3000, 1).into())),
            three,
        ),
        (
            "in a folder of a class's",
            with_file("more/x.png", &png),
            Ok("took 1 pictures from folders within"),
        ),
        ("what systems hide", with_file(".DS_Store", "x"), Ok(two)),
        ("what macOS puts beside", with_file("._0.png", "x"), Ok(two)),
        (
            "thumbnails of Windows",
            with_file("Thumbs.db", "x"),
            Ok("left out 1 files that are not pictures"),
        ),
        (
            "WebP among others",
            with_file("x.webp", webp),
            Ok("train/a/x.webp for one"),
        ),
        (
            "WebP that is called JPEG",
            with_file("x.jpg", webp),
            Err("x.jpg cannot be used"),
        ),
        (
            "an empty file",
            with_file("x.png", ""),
            Err("x.png cannot be used"),
        ),
        (
            "a page of a server",
            with_file("x.jpg", PAGE),
            Err("web page"),
        ),
        (
            "a pointer of Git LFS",
            with_file("x.png", POINTER),
            Err("git lfs pull"),
        ),
        (
            "a JPEG that is cut off",
            with_file("x.jpg", &jpeg[..jpeg.len() - 20]),
            Err("truncated"),
        ),
        (
            "a PNG that is cut off",
            with_file("x.png", &png[..png.len() - 20]),
            Err("truncated"),
        ),
        (
            "leavings of an archive",
            folders(|f| write(f, "train/__MACOSX/._0.png", "x")),
            Ok("left out train/__MACOSX"),
        ),
        (
            "an empty class",
            folders(|f| std::fs::create_dir(f.join("train/c")).unwrap()),
            Ok("left out a class without pictures"),
        ),
        (
            "a class of training alone",
            folders(|f| write(f, "train/c/0.png", &png)),
            Ok("3 + 2 of a,b,c"),
        ),
        (
            "a class of tests alone",
            folders(|f| write(f, "test/c/0.png", &png)),
            Err("test/c has no folder of its name in train"),
        ),
        (
            "pictures beside classes",
            folders(|f| write(f, "train/0.png", &png)),
            Ok(two),
        ),
        (
            "val for test",
            folders(|f| std::fs::rename(f.join("test"), f.join("val")).unwrap()),
            Err("test is missing"),
        ),
    ];
    let all_webp = folders(|folder| {
        for class in ["train/a", "train/b", "test/a", "test/b"] {
            std::fs::remove_file(folder.join(class).join("0.png")).unwrap();
            write(folder, &format!("{class}/0.webp"), webp);
        }
    });
    tried.push((
        "WebP alone",
        all_webp,
        Err("2 files of other kinds, train/a/0.webp for one"),
    ));
    check("folders of pictures", tried);
}

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

#[test]
fn players_by_hand() {
    const PLAYERS: &str = r#"{"grid": [8, 8], "patches": [[1, 2], [3, 4]]}"#;
    let of = |json: &[u8]| -> Found {
        let found = players::decode(json).map_err(|error| error.to_string())?;
        Ok(format!("{found:?}"))
    };
    let with = |from: &str, to: &str| of(PLAYERS.replacen(from, to, 1).as_bytes());
    let marked = [&[0xff, 0xfe][..], &utf16(PLAYERS, u16::to_le_bytes)].concat();
    let tried = vec![
        ("plain", of(PLAYERS.as_bytes()), Ok("Patches")),
        (
            "of Windows",
            of(PLAYERS.replace(' ', "\r\n").as_bytes()),
            Ok("Patches"),
        ),
        (
            "byte order mark",
            of(format!("\u{feff}{PLAYERS}").as_bytes()),
            Ok("Patches"),
        ),
        ("UTF-16", of(&marked), Ok("Patches")),
        (
            "UTF-16 without a mark",
            of(&utf16(PLAYERS, u16::to_le_bytes)),
            Err("UTF-16 without the mark"),
        ),
        ("words", of(br#"{"words": [1, 2]}"#), Ok("Words")),
        ("a comma more", with("4]]", "4],]"), Err("trailing comma")),
        ("a comment", with("{", "// mine\n{"), Err("it must be JSON")),
        (
            "quotes of Python",
            of(PLAYERS.replace('"', "'").as_bytes()),
            Err("it must be JSON"),
        ),
        ("no number", with("1, 2", "NaN, 2"), Err("it must be JSON")),
        (
            "numbers in quotes",
            with("1, 2", "\"1\", 2"),
            Err("patches[0] is"),
        ),
        (
            "broken numbers",
            with("1, 2", "1.5, 2"),
            Err("patches[0] is [1.5,2]"),
        ),
        (
            "below 0",
            with("1, 2", "-1, 2"),
            Err("patches[0] is [-1,2]"),
        ),
        ("outside", with("1, 2", "8, 2"), Err("8, 2")),
        (
            "three numbers",
            with("1, 2", "1, 2, 3"),
            Err("patches[0] is [1,2,3]"),
        ),
        ("nothing", with("[1, 2]", "null"), Err("patches[0] is null")),
        ("a list alone", of(b"[[1, 2], [3, 4]]"), Err("it must be {")),
        (
            "a field more",
            with("{", "{\"name\": \"x\", "),
            Err("no field \"name\""),
        ),
        (
            "capitals",
            with("patches", "Patches"),
            Err("no field \"Patches\""),
        ),
        ("empty", of(b""), Err("it must be JSON")),
    ];
    check("files of players", tried);
}

/// A small MNIST whose files a test changes.
fn mnist(change: impl Fn(&str, Vec<u8>) -> (String, Vec<u8>)) -> Found {
    told(&written(Dataset::Mnist, |folder| {
        for prefix in ["train", "t10k"] {
            let images = [
                &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28][..],
                &[9; 2 * 784],
            ]
            .concat();
            let labels = vec![0, 0, 8, 1, 0, 0, 0, 2, 3, 4];
            for (kind, bytes) in [("images-idx3", images), ("labels-idx1", labels)] {
                let (name, bytes) = change(&format!("{prefix}-{kind}-ubyte"), bytes);
                write(folder, &name, bytes);
            }
        }
    }))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut writer, bytes).unwrap();
    writer.finish().unwrap()
}

#[test]
fn mirrors_of_mnist() {
    let is_images = |name: &str| name.starts_with("train-images");
    let images = |bytes: &'static [u8]| {
        mnist(move |name, whole| {
            (
                name.to_owned(),
                if is_images(name) {
                    bytes.to_vec()
                } else {
                    whole
                },
            )
        })
    };
    let both = Ok("2 + 2 of 0,1,2");
    let tried = vec![
        ("plain", mnist(|name, bytes| (name.to_owned(), bytes)), both),
        (
            "with a dot before idx",
            mnist(|name, bytes| (name.replace("-idx", ".idx"), bytes)),
            both,
        ),
        (
            "gzip",
            mnist(|name, bytes| (format!("{name}.gz"), gzip(&bytes))),
            both,
        ),
        (
            "gzip with a dot",
            mnist(|name, bytes| (format!("{}.gz", name.replace("-idx", ".idx")), gzip(&bytes))),
            both,
        ),
        (
            "gzip that does not say so",
            mnist(|name, bytes| (name.to_owned(), gzip(&bytes))),
            both,
        ),
        (
            "unpacked, still called .gz",
            mnist(|name, bytes| (format!("{name}.gz"), bytes)),
            both,
        ),
        (
            "folders of torchvision",
            mnist(|name, bytes| (format!("MNIST/raw/{name}"), bytes)),
            both,
        ),
        (
            "gzip that is cut off",
            mnist(|name, bytes| (format!("{name}.gz"), gzip(&bytes)[..20].to_vec())),
            Err("broken or truncated"),
        ),
        (
            "cut off",
            mnist(|name, bytes| (name.to_owned(), bytes[..bytes.len() - 1].to_vec())),
            Err("it is truncated, get it again"),
        ),
        (
            "a line end more",
            mnist(|name, bytes| (name.to_owned(), [bytes, b"\n".to_vec()].concat())),
            Err("follow"),
        ),
        ("a page of a server", images(PAGE), Err("web page")),
        ("a pointer of Git LFS", images(POINTER), Err("git lfs pull")),
        (
            "labels for pictures",
            images(&[0, 0, 8, 1, 0, 0, 0, 2, 3, 4]),
            Err("train-images-idx3-ubyte is not a valid IDX file"),
        ),
        (
            "half of it",
            mnist(|name, bytes| (name.replace("t10k", "other"), bytes)),
            Err("t10k-images-idx3-ubyte"),
        ),
    ];
    check("mirrors of MNIST", tried);
}
