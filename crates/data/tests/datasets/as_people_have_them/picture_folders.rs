//! Folders of pictures.

use super::*;

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
