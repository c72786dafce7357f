//! The IDX files that MNIST is published in, gzip'd or not.
//!
//! A file is a big-endian header (two zero bytes, the element type, the number of axes, then the
//! length of each axis) and the elements. Only unsigned bytes occur here.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::Error;

const UNSIGNED_BYTE: u8 = 0x08;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

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
    let plain = gunzip_if_needed(file, bytes)?;
    let (shape, header_len) = header(file, &plain, axes)?;
    let expected = shape
        .iter()
        .try_fold(1usize, |product, &len| product.checked_mul(len))
        .ok_or_else(|| invalid(file, format!("its axes {shape:?} are impossibly large")))?;
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

fn gunzip_if_needed(file: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    if !bytes.starts_with(&GZIP_MAGIC) {
        return Ok(bytes.to_vec());
    }
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes)
        .read_to_end(&mut plain)
        .map_err(|error| {
            invalid(
                file,
                format!("its gzip stream is broken or truncated ({error}), get it again"),
            )
        })?;
    Ok(plain)
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
    let header_len = 4 + 4 * axes;
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
        assert!(
            reason(&file(&[u32::MAX, u32::MAX, u32::MAX], &[]), 3).contains("impossibly large")
        );
    }
}
