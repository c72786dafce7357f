//! Data sets of pictures: a class is a shade and the place of a bright square.

use std::path::Path;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::{noise, write};

/// A picture of a class: dim noise in the class's tint, and a bright square at the class's place.
fn picture(class: usize, number: usize, width: u32, height: u32) -> RgbImage {
    let tint = [class * 40 % 120, class * 70 % 120, class * 110 % 120];
    let [column, row] = [class % 3, class / 3 % 3].map(|third| third as u32);
    RgbImage::from_fn(width, height, |x, y| {
        if (x * 3 / width, y * 3 / height) == (column, row) {
            return Rgb([250, 250, 250]);
        }
        let position = (number * height as usize + y as usize) * width as usize + x as usize;
        Rgb(tint.map(|tint| (tint + noise(position) % 24) as u8))
    })
}

/// A picture as a file of a format.
fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg(picture: RgbImage) -> Vec<u8> {
    encoded(&DynamicImage::ImageRgb8(picture), ImageFormat::Jpeg)
}

fn grey_jpeg(picture: RgbImage) -> Vec<u8> {
    let grey = DynamicImage::ImageRgb8(picture).to_luma8();
    encoded(&DynamicImage::ImageLuma8(grey), ImageFormat::Jpeg)
}

/// Labels of `per_class` records of each of 10 classes, the classes in turn.
fn records(per_class: usize, first: usize) -> Vec<Vec<u8>> {
    let record = |number: usize| {
        let class = number % 10;
        let pixels = picture(class, first + number, 32, 32).into_raw();
        let planes = (0..3).flat_map(|channel| pixels.iter().skip(channel).step_by(3).copied());
        std::iter::once(class as u8).chain(planes).collect()
    };
    (0..10 * per_class).map(record).collect()
}

/// CIFAR-10, binary version: `per_class` training and as many test pictures of each of 10 classes.
pub fn cifar10(folder: &Path, per_class: usize) {
    let train = records(per_class, 0);
    for batch in 0..5 {
        let records: Vec<_> = train.iter().skip(batch).step_by(5).cloned().collect();
        let file = format!("data_batch_{}.bin", batch + 1);
        write(folder, &file, records.concat());
    }
    write(
        folder,
        "test_batch.bin",
        records(per_class, train.len()).concat(),
    );
    let names = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
    write(folder, "batches.meta.txt", names);
}

/// CUB-200-2011: of each of `classes` birds `per_class` training and as many test pictures of 60x50
/// pixels; the bird is in a box of 30x30 at (20, 10), around it is white. The last picture of each
/// class is grey.
pub fn cub(folder: &Path, classes: usize, per_class: usize) {
    let mut lists = [const { String::new() }; 4];
    let mut names = String::new();
    for class in 0..classes {
        let name = format!("{:03}.Striped_Bird_{class}", class + 1);
        names += &format!("{} {name}\n", class + 1);
        for number in 0..2 * per_class {
            let id = class * 2 * per_class + number + 1;
            let file = format!("{name}/Striped_Bird_{number:04}_{id}.jpg");
            let mut whole = RgbImage::from_pixel(60, 50, Rgb([255; 3]));
            image::imageops::replace(&mut whole, &picture(class, id, 30, 30), 20, 10);
            let bytes = match number + 1 == 2 * per_class {
                true => grey_jpeg(whole),
                false => jpeg(whole),
            };
            write(folder, &format!("images/{file}"), bytes);
            lists[0] += &format!("{id} {file}\n");
            lists[1] += &format!("{id} {}\n", class + 1);
            lists[2] += &format!("{id} {}\n", u8::from(number < per_class));
            lists[3] += &format!("{id} 20.0 10.0 30.0 30.0\n");
        }
    }
    write(folder, "classes.txt", names);
    write(folder, "images.txt", &lists[0]);
    write(folder, "image_class_labels.txt", &lists[1]);
    write(folder, "train_test_split.txt", &lists[2]);
    write(folder, "bounding_boxes.txt", &lists[3]);
}

/// Tiny-ImageNet with `classes` classes, of which every 4th is used: of each class `per_class`
/// training and as many validation pictures of 64x64 pixels, the first of each grey.
pub fn tiny_imagenet(folder: &Path, classes: usize, per_class: usize) {
    let wnid = |class: usize| format!("n{:08}", 1_443_537 + 1000 * (classes - class));
    let (mut wnids, mut words, mut annotations) = (String::new(), String::new(), String::new());
    for class in 0..classes {
        let name = wnid(class);
        wnids += &format!("{name}\n");
        words += &format!("{name}\tthing {class}, object {class}\n");
        let mut boxes = String::new();
        for number in 0..per_class {
            let encode = if number == 0 { grey_jpeg } else { jpeg };
            let train = encode(picture(class, number, 64, 64));
            write(
                folder,
                &format!("train/{name}/images/{name}_{number}.JPEG"),
                train,
            );
            boxes += &format!("{name}_{number}.JPEG\t0\t0\t63\t63\n");
            let file = format!("val_{}.JPEG", number * classes + class);
            let validation = encode(picture(class, per_class + number, 64, 64));
            write(folder, &format!("val/images/{file}"), validation);
            annotations += &format!("{file}\t{name}\t0\t32\t44\t62\n");
        }
        write(folder, &format!("train/{name}/{name}_boxes.txt"), boxes);
    }
    write(folder, "wnids.txt", wnids);
    write(folder, "words.txt", words);
    write(folder, "val/val_annotations.txt", annotations);
}

/// Folders of pictures of one's own: of each of 4 classes `per_class` training and as many test
/// pictures of 40x32 pixels, PNG.
pub fn own_pictures(folder: &Path, per_class: usize) {
    for (split, first) in [("train", 0), ("test", per_class)] {
        for (class, name) in ["east", "north", "south", "west"].iter().enumerate() {
            for number in 0..per_class {
                let picture = DynamicImage::ImageRgb8(picture(class, first + number, 40, 32));
                let file = format!("{split}/{name}/{number:03}.png");
                write(folder, &file, encoded(&picture, ImageFormat::Png));
            }
        }
    }
}
