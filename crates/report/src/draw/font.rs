//! The font that figures carry within themselves: `fonts/README.md` says where it comes from.

use std::fmt::Write;

/// Family names from the embedded one to what every machine has; quoted, since a name with a digit
/// by itself would make the whole list invalid.
pub(crate) const FAMILY: &str =
    "'Spindle Sans','Source Sans 3','Source Sans Pro','Helvetica Neue',Helvetica,Arial,sans-serif";

/// The name by which the embedded faces go.
pub(crate) const EMBEDDED_FAMILY: &str = "Spindle Sans";

/// Faces as TrueType, for pictures.
pub(crate) const TRUETYPE: [&[u8]; 3] = [
    include_bytes!("../../fonts/SpindleSans-Regular.ttf"),
    include_bytes!("../../fonts/SpindleSans-Semibold.ttf"),
    include_bytes!("../../fonts/SpindleSans-Italic.ttf"),
];

/// A face as WOFF2, for SVG and HTML.
pub(crate) struct Face {
    weight: u16,
    style: &'static str,
    woff2: &'static [u8],
}

/// Upright regular.
pub(crate) const REGULAR: Face = Face {
    weight: 400,
    style: "normal",
    woff2: include_bytes!("../../fonts/SpindleSans-Regular.woff2"),
};
/// Upright semibold.
pub(crate) const SEMIBOLD: Face = Face {
    weight: 600,
    style: "normal",
    woff2: include_bytes!("../../fonts/SpindleSans-Semibold.woff2"),
};
/// Italic regular.
pub(crate) const ITALIC: Face = Face {
    weight: 400,
    style: "italic",
    woff2: include_bytes!("../../fonts/SpindleSans-Italic.woff2"),
};

/// `@font-face` rules with the faces within.
pub(crate) fn css(faces: &[&Face]) -> String {
    let mut css = String::new();
    for Face {
        weight,
        style,
        woff2,
    } in faces
    {
        let data = base64(woff2);
        let _ = write!(
            css,
            "@font-face{{font-family:\"{EMBEDDED_FAMILY}\";font-weight:{weight};font-style:{style};src:url(data:font/woff2;base64,{data}) format(\"woff2\")}}"
        );
    }
    css
}

/// Base64 with padding (RFC 4648, section 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0_usize, |word, i| {
            word << 8 | usize::from(chunk.get(i).copied().unwrap_or(0))
        });
        for i in 0..4 {
            let digit = ALPHABET[word >> (18 - 6 * i) & 63];
            text.push(if i <= chunk.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}

/// Width of a text in ems, within a few per cent: enough to keep labels apart in any of the fonts.
pub(crate) fn width_ems(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            ' ' => 0.2,
            '.' | ',' | ':' | ';' | '\'' | 'i' | 'j' | 'l' | '|' | 'I' => 0.25,
            'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' => 0.33,
            'm' | 'w' | 'M' | 'W' | '%' | '→' => 0.8,
            'A'..='Z' => 0.57,
            _ => 0.51,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_as_the_standard_says() {
        let of = |text: &str| base64(text.as_bytes());
        assert_eq!(
            [of(""), of("f"), of("fo"), of("foo"), of("foobar")],
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYmFy"]
        );
    }
}
