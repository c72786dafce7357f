//! MNIST's files as mirrors have them.

use super::*;

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
