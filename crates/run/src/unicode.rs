//! Texts as programs write them: with a byte order mark, or in UTF-16 behind one.

use std::borrow::Cow;

const UTF_8: [u8; 3] = [0xef, 0xbb, 0xbf];
const UTF_16_LE: [u8; 2] = [0xff, 0xfe];
const UTF_16_BE: [u8; 2] = [0xfe, 0xff];

/// The bytes of a text in UTF-8, without a byte order mark. What has none stays as it is, in UTF-8 or
/// not.
///
/// # Errors
/// In words: what begins as UTF-16 and is none, and UTF-16 without a mark.
pub fn utf8(bytes: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if let Some(rest) = bytes.strip_prefix(&UTF_8) {
        return Ok(Cow::Borrowed(rest));
    }
    let text = if let Some(rest) = bytes.strip_prefix(&UTF_16_LE) {
        utf16(rest, u16::from_le_bytes)?
    } else if let Some(rest) = bytes.strip_prefix(&UTF_16_BE) {
        utf16(rest, u16::from_be_bytes)?
    } else if is_unmarked_utf16(bytes) {
        return Err(
            "it is a text in UTF-16 without the mark that says so; save it in UTF-8".to_owned(),
        );
    } else {
        return Ok(Cow::Borrowed(bytes));
    };
    Ok(Cow::Owned(text.into_bytes()))
}

/// Whether of the first letters every other byte is 0: no text in UTF-8 begins so.
fn is_unmarked_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [a, 0, b, 0, ..] | [0, a, 0, b, ..] if *a != 0 && *b != 0)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let (units, rest) = bytes.as_chunks();
    let units: Vec<u16> = units.iter().map(|&bytes| unit(bytes)).collect();
    match String::from_utf16(&units) {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err(
            "it begins as a text in UTF-16 does, and is not in UTF-8 or UTF-16; save it in UTF-8"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_left_out_and_utf_16_becomes_utf_8() {
        let text = "π {\"a\": 1}";
        let units = text.encode_utf16();
        let little: Vec<u8> = units.clone().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units.flat_map(u16::to_be_bytes).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [&UTF_8[..], text.as_bytes()].concat(),
            [&UTF_16_LE[..], &little].concat(),
            [&UTF_16_BE[..], &big].concat(),
        ] {
            assert_eq!(utf8(&bytes).as_deref(), Ok(text.as_bytes()));
        }
        assert_eq!(utf8(b"\xe4").as_deref(), Ok(&b"\xe4"[..]));
        assert!(utf8(b"t\0e\0").is_err() && utf8(b"\0t\0e").is_err());
        assert!(utf8(b"\xff\xfe\x00").is_err() && utf8(b"\xff\xfe\x00\xd8").is_err());
    }
}
