//! The header of a NumPy file, looked at before its reader sees it: that one takes memory for any
//! length, time that doubles with every bracket that is open, and multiplies axes without a look at
//! how large that becomes.

/// Bytes before the length of the header: the magic, then the version.
const BEGIN: usize = 8;
/// Most bytes of a header; NumPy itself reads no longer ones.
const LONGEST: usize = 10_000;
/// Most brackets that open in it: one for the dictionary, one for the shape, the rest for fields.
const BRACKETS: usize = 12;

/// Bytes before the values.
///
/// # Errors
/// In words: a header that is longer than the file or than NumPy's, or nested.
pub(super) fn length(npy: &[u8]) -> Result<usize, String> {
    let (start, length) = match *npy {
        [_, _, _, _, _, _, 1, _, a, b, ..] => (BEGIN + 2, usize::from(u16::from_le_bytes([a, b]))),
        [_, _, _, _, _, _, _, _, a, b, c, d, ..] => {
            (BEGIN + 4, u32::from_le_bytes([a, b, c, d]) as usize)
        }
        _ => return Err(format!("it has only {} bytes", npy.len())),
    };
    if length > LONGEST {
        return Err(format!(
            "its header announces {length} bytes of text, more than the {LONGEST} that NumPy reads"
        ));
    }
    let text = npy.get(start..start + length).ok_or_else(|| {
        format!("its header announces {length} bytes of text, and it ends before")
    })?;
    let brackets = text.iter().filter(|byte| b"([{".contains(byte)).count();
    if brackets > BRACKETS {
        return Err(format!(
            "its header has {brackets} brackets; plain numbers need two, and are needed"
        ));
    }
    match product_of_numbers(text) {
        None => Err("its axes are impossibly large".to_owned()),
        Some(_) => Ok(start + length),
    }
}

/// All numbers of a header multiplied, those of 0 left out: whichever of them are axes, in whichever
/// order they are multiplied, it comes to no more. `None` beyond 2^64, and where a number is not
/// written in decimal digits.
fn product_of_numbers(text: &[u8]) -> Option<u64> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let words = text.split(|byte| !is_word(byte));
    let mut numbers = words.filter(|word| word.first().is_some_and(u8::is_ascii_digit));
    numbers.try_fold(1, |product: u64, word| {
        let number: u64 = str::from_utf8(word).ok()?.parse().ok()?;
        product.checked_mul(number.max(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u8, text: &str) -> Vec<u8> {
        let length = text.len().to_le_bytes();
        let length = &length[..if version == 1 { 2 } else { 4 }];
        [b"\x93NUMPY", &[version, 0][..], length, text.as_bytes()].concat()
    }

    #[test]
    fn a_header_is_measured_before_it_is_read() {
        let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }\n";
        assert_eq!(length(&file(1, text)), Ok(10 + text.len()));
        assert_eq!(length(&file(2, text)), Ok(12 + text.len()));
        let refused = |npy: &[u8]| length(npy).unwrap_err();
        let long = b"\x93NUMPY\x02\x00\xff\xff\xff\xff";
        assert!(refused(long).contains("announces 4294967295 bytes of text"));
        let file_1 = file(1, text);
        assert!(refused(&file_1[..40]).contains("it ends before"));
        assert!(refused(b"\x93NUM").contains("only 4 bytes"));
        // The first of each is what a damaged file had, which ended a build that checks overflow.
        for (shape, is_fine) in [
            ("(4294967296, 4294967296)", false),
            ("(0, 4294967296, 4294967296)", false),
            ("(0xffffffffff, 0xffffffffff)", false),
            ("(1_000_000_000_000, 1_000_000_000_000)", false),
            ("(99999999999999999999,)", false),
            ("(0, 4294967296, 4294967295)", true),
            ("()", true),
        ] {
            let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
            let found = length(&file(1, &text));
            assert_eq!(found.is_ok(), is_fine, "{shape}: {found:?}");
        }
        assert!(refused(&file(1, &"(".repeat(40))).contains("40 brackets"));
    }
}
