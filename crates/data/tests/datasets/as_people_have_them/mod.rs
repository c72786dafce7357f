//! Inputs as people have them: what programs, mirrors and mail make of files. Each is read as it is
//! meant, or refused in words that say what it is.
#![allow(clippy::print_stdout)]

mod archives;
mod games;
mod mirrors;
mod picture_folders;
mod players_by_hand;
mod tables;

use std::{io::Cursor, path::Path};

use image::{DynamicImage, ImageFormat, Luma, Rgb};
use spindle_data::Labelled;
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
