//! The IDX files that MNIST is published in, gzip'd or not.
//!
//! A file is a big-endian header (two zero bytes, the element type, the number of axes, then the
//! length of each axis) and the elements. Only unsigned bytes occur here.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;

use spindle_run::foreign::instead;

use crate::{Error, unpacking};

const UNSIGNED_BYTE: u8 = 0x08;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Most bytes of an array.
const LARGEST: usize = 1 << 30;

/// An array of unsigned bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdxArray {
    /// Lengths of the axes.
    pub(crate) shape: Vec<usize>,
    /// Elements, row-major.
    pub(crate) data: Vec<u8>,
}

/// Parses an IDX file with `axes` axes; `file` names it in errors.
pub(crate) fn parse(file: &str, bytes: &[u8], axes: usize) -> Result<IdxArray, Error> {
    if let Some(what) = instead(bytes) {
        return Err(invalid(file, format!("it is {what}")));
    }
    if !bytes.starts_with(&GZIP_MAGIC) {
        return array(file, bytes, axes);
    }
    let mut plain = Vec::new();
    let mut stream = Unpacked::new(bytes);
    read(file, &mut stream, header_len(axes), &mut plain)?;
    // Before more is unpacked than the header says: a small file may hold gigabytes.
    if let Ok((shape, _)) = header(file, &plain, axes) {
        let expected = count(file, &shape)?;
        unpacking::check("its array", expected as u64, bytes.len() as u64)
            .map_err(|reason| invalid(file, reason))?;
        read(file, &mut stream, expected.saturating_add(1), &mut plain)?;
    }
    array(file, &plain, axes)
}

/// The array of a file that is not gzip'd, or no longer.
fn array(file: &str, plain: &[u8], axes: usize) -> Result<IdxArray, Error> {
    let (shape, header_len) = header(file, plain, axes)?;
    let expected = count(file, &shape)?;
    let data = &plain[header_len..];
    if data.len() != expected {
        return Err(invalid(
            file,
            format!(
                "its header announces {expected} bytes ({shape:?}), {} follow{}",
                data.len(),
                if data.len() < expected {
                    "; it is truncated, get it again"
                } else {
                    ""
                }
            ),
        ));
    }
    Ok(IdxArray {
        shape,
        data: data.to_vec(),
    })
}

/// Elements of a shape, no more than a set of small pictures has.
fn count(file: &str, shape: &[usize]) -> Result<usize, Error> {
    let product = |product: usize, &length: &usize| product.checked_mul(length);
    let count = shape.iter().try_fold(1, product);
    count
        .filter(|&count| count <= LARGEST)
        .ok_or_else(|| invalid(file, format!("its axes {shape:?} are impossibly large")))
}

/// Unpacks so many bytes, or as many as there are.
fn read(file: &str, stream: &mut Unpacked, count: usize, plain: &mut Vec<u8>) -> Result<(), Error> {
    let read = stream.take(count as u64).read_to_end(plain);
    let broken = |error| {
        invalid(
            file,
            format!("its gzip stream is broken or truncated ({error}), get it again"),
        )
    };
    read.map(|_| ()).map_err(broken)
}

/// What the streams of a gzip file unpack to, one after the other. What follows them, as the padding
/// of tapes and of some downloads, is none of it.
struct Unpacked<'a> {
    /// The stream that is read; none at the end.
    stream: Option<GzDecoder<&'a [u8]>>,
}

impl<'a> Unpacked<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let stream = bytes
            .starts_with(&GZIP_MAGIC)
            .then(|| GzDecoder::new(bytes));
        Self { stream }
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(mut stream) = self.stream.take() {
            let count = stream.read(buffer)?;
            if count == 0 && !buffer.is_empty() {
                *self = Self::new(stream.into_inner());
                continue;
            }
            self.stream = Some(stream);
            return Ok(count);
        }
        Ok(0)
    }
}

fn header_len(axes: usize) -> usize {
    4 + 4 * axes
}

fn header(file: &str, bytes: &[u8], axes: usize) -> Result<(Vec<usize>, usize), Error> {
    let &[zero_a, zero_b, kind, file_axes, ..] = bytes else {
        return Err(invalid(file, format!("it has only {} bytes", bytes.len())));
    };
    if zero_a != 0 || zero_b != 0 || kind != UNSIGNED_BYTE || usize::from(file_axes) != axes {
        return Err(invalid(
            file,
            format!(
                "it begins with {:02x?}, expected [00, 00, 08, {axes:02x}] (unsigned bytes, {axes} {})",
                &bytes[..4],
                if axes == 1 { "axis" } else { "axes" }
            ),
        ));
    }
    let header_len = header_len(axes);
    let Some(lengths) = bytes.get(4..header_len) else {
        return Err(invalid(file, "its header is truncated".to_owned()));
    };
    let shape = lengths
        .chunks_exact(4)
        .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize)
        .collect();
    Ok((shape, header_len))
}

fn invalid(file: &str, reason: String) -> Error {
    Error::Idx {
        file: file.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(shape: &[u32], data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, UNSIGNED_BYTE, shape.len() as u8];
        for len in shape {
            bytes.extend(len.to_be_bytes());
        }
        bytes.extend(data);
        bytes
    }

    fn reason(bytes: &[u8], axes: usize) -> String {
        parse("f", bytes, axes).unwrap_err().to_string()
    }

    #[test]
    fn plain_and_gzipped_files_are_the_same_array() {
        let plain = file(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&plain).unwrap();
        let gzipped = gz.finish().unwrap();
        let array = parse("f", &plain, 3).unwrap();
        assert_eq!(array.shape, [2, 1, 3]);
        assert_eq!(array, parse("f", &gzipped, 3).unwrap());
        assert!(reason(&gzipped[..gzipped.len() / 2], 3).contains("truncated"));
    }

    fn gzipped(plain: &[u8]) -> Vec<u8> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(plain).unwrap();
        gz.finish().unwrap()
    }

    #[test]
    fn padding_behind_a_stream_is_none_of_it_and_further_streams_are() {
        let plain = file(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]);
        let array = parse("f", &plain, 3).unwrap();
        let padded = [&gzipped(&plain)[..], &[0; 512]].concat();
        assert_eq!(array, parse("f", &padded, 3).unwrap());
        let parts = [gzipped(&plain[..17]), gzipped(&plain[17..])].concat();
        assert_eq!(array, parse("f", &parts, 3).unwrap());
    }

    #[test]
    fn no_more_is_unpacked_than_the_header_announces() {
        let mut plain = file(&[4], &[1, 2, 3, 4]);
        plain.resize(50_000_000, 0);
        let said = reason(&gzipped(&plain), 1);
        assert!(said.contains("announces 4 bytes ([4]), 5 follow"), "{said}");
        let said = reason(&gzipped(&file(&[60_000, 1000, 1000], &[])), 3);
        assert!(said.contains("impossibly large"), "{said}");
    }

    #[test]
    fn broken_files_are_named_with_what_is_wrong() {
        let whole = file(&[4], &[1, 2, 3, 4]);
        assert!(reason(&whole[..7], 1).contains("header is truncated"));
        assert!(
            reason(&whole[..10], 1).contains("announces 4 bytes ([4]), 2 follow; it is truncated")
        );
        assert!(
            reason(&[&whole[..], &[9]].concat(), 1).contains("announces 4 bytes ([4]), 5 follow")
        );
        assert!(reason(&whole, 3).contains("begins with [00, 00, 08, 01]"));
        assert!(reason(b"PK\x03\x04zip", 3).contains("begins with [50, 4b"));
        assert!(reason(b"", 1).contains("only 0 bytes"));
        let pointer = b"version https://git-lfs.github.com/spec/v1\n";
        assert!(reason(pointer, 3).contains("git lfs pull"));
        assert!(
            reason(&file(&[u32::MAX, u32::MAX, u32::MAX], &[]), 3).contains("impossibly large")
        );
    }
}
