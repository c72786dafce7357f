//! A seal: the digest of a JSON text, within the text, so that no part of it changes unnoticed.
//!
//! It is the SHA-256 of the text with the seal's own digits replaced by zeros.

use sha2::{Digest, Sha256};

use crate::digest::hexadecimal;

/// The field that holds it.
pub(crate) const FIELD: &str = "seal";
const DIGITS: usize = 64;

/// A JSON object with the seal as its first field. `space` stands before the field, as before the
/// others. What is no object with fields stays as it is.
pub(crate) fn sealed(json: &[u8], space: &str) -> Vec<u8> {
    let Some(rest) = json.strip_prefix(b"{") else {
        return json.to_vec();
    };
    let zeros = "0".repeat(DIGITS);
    let colon = if space.is_empty() { ":" } else { ": " };
    let begin = format!("{{{space}\"{FIELD}\"{colon}\"");
    let text = [begin.as_bytes(), zeros.as_bytes(), b"\",", rest].concat();
    let seal = hexadecimal(&Sha256::digest(&text));
    [begin.as_bytes(), seal.as_bytes(), b"\",", rest].concat()
}

/// Whether a text is the one that was given this seal.
pub(crate) fn holds(json: &[u8], seal: &str) -> bool {
    if seal.len() != DIGITS {
        return false;
    }
    let Some(start) = json
        .windows(DIGITS)
        .position(|part| part == seal.as_bytes())
    else {
        return false;
    };
    let digest = Sha256::new()
        .chain_update(&json[..start])
        .chain_update("0".repeat(DIGITS))
        .chain_update(&json[start + DIGITS..]);
    hexadecimal(&digest.finalize()) == seal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_a_sealed_text_counts() {
        for (json, space) in [("{\n  \"a\": 1\n}\n", "\n  "), ("{\"a\":1}", "")] {
            let text = sealed(json.as_bytes(), space);
            let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(value["a"], 1);
            let seal = value[FIELD].as_str().unwrap();
            assert!(holds(&text, seal));
            for bit in 0..8 * text.len() {
                let mut flipped = text.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(!holds(&flipped, seal), "bit {bit}");
            }
        }
        assert!(!holds(b"{}", "") && !holds(b"{}", &"0".repeat(DIGITS)));
    }
}
