//! Addresses below a site, and what lies there by its name's ending.

/// The address that a request's target names; `None` for one that no name below a site can have.
pub(crate) fn address(target: &str) -> Option<String> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let mut path = decode(path)?;
    if path.is_empty() || path.ends_with('/') {
        path.push_str("index.html");
    }
    path.split('/').all(is_name).then_some(path)
}

/// Whether a part of an address is a name on every system: not a way up, a drive or a stream.
fn is_name(part: &str) -> bool {
    let is_foreign = |letter: char| matches!(letter, '\\' | ':') || letter.is_control();
    !part.is_empty() && !part.starts_with('.') && !part.contains(is_foreign)
}

/// Text with `%20` and the like resolved, once.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = after.get(..2)?;
        // A number may have a sign, which no escape has.
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let digits = std::str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).ok()
}

/// The type of what lies at an address.
pub(crate) fn content_type(address: &str) -> &'static str {
    match address.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_means_its_index() {
        assert_eq!(address("/").as_deref(), Some("index.html"));
        assert_eq!(address("/a/?run=b#c").as_deref(), Some("a/index.html"));
        assert_eq!(address("/a%20b.js").as_deref(), Some("a b.js"));
    }

    #[test]
    fn nothing_outside_the_folder_has_an_address() {
        for target in [
            "/../Cargo.toml",
            "/a/../../b",
            "/%2e%2e/Cargo.toml",
            "/..%2fCargo.toml",
            "//etc/passwd",
            "/%2fetc/passwd",
            "/..\\b",
            "/..%5cb",
            "/c:/b",
            "/.git/config",
            "/a%00.js",
            "/a%0ab",
            "/a%zz",
            "/a%+1",
            "/a%2",
            "/a%ff",
            "http://elsewhere/",
            "*",
            "",
        ] {
            assert_eq!(address(target), None, "{target}");
        }
        // What is resolved once stays a name.
        assert_eq!(address("/%252e%252e").as_deref(), Some("%2e%2e"));
    }

    #[test]
    fn types_are_those_that_browsers_insist_on() {
        assert_eq!(content_type("a/b.wasm"), "application/wasm");
        assert_eq!(content_type("a.js"), "text/javascript; charset=utf-8");
        assert_eq!(content_type("r.spindle"), "application/octet-stream");
        assert_eq!(content_type("no-ending"), "application/octet-stream");
    }
}
