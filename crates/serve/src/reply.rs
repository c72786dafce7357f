//! What is answered.

use std::{
    io::{self, Cursor, Read, Seek, SeekFrom, Write},
    net::IpAddr,
};

use crate::{
    address::{address, content_type},
    ask::{Ask, How},
    host,
    range::{Part, part},
    site::{Body, Found, Site},
};

/// What the page may do: the same that its own `index.html` says, with the digest of the script in
/// it, and be part of no other site's page, which only a header can say. Workers go by the headers of
/// their own scripts.
const POLICY: &str = "default-src 'none'; script-src 'self' 'sha256-nGLywOLbTuj/4RM/FY+k/yif2lS7kbUThGBh1vO5Y1U=' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// Headers of every answer.
const ALWAYS: [(&str, &str); 4] = [
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
];
/// How long what never changes is kept: a year.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// May be kept, and is asked for again every time.
const ASK_AGAIN: &str = "no-cache";

/// An answer.
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    /// Bytes of what was asked for. A body may be left out, and is no longer.
    length: u64,
    body: Box<dyn Read>,
}

impl Reply {
    /// Writes it, without its body where only the rest was asked for. It is the last one of its
    /// connection.
    pub(crate) fn write(self, to: &mut impl Write, with_body: bool) -> io::Result<()> {
        let (status, reason) = (self.status, reason(self.status));
        let mut head = format!("HTTP/1.1 {status} {reason}\r\nConnection: close\r\n");
        head.push_str(&format!("Content-Length: {}\r\n", self.length));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        to.write_all(head.as_bytes())?;
        if with_body {
            io::copy(&mut self.body.take(self.length), to)?;
        }
        to.flush()
    }
}

/// A status in words, for people who read along.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        304 => "Not Modified",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        416 => "Range Not Satisfiable",
        431 => "Request Header Fields Too Large",
        _ => "Internal Server Error",
    }
}

/// The answer to a request at a server that listens at an address.
pub(crate) fn reply(ask: &Ask<'_>, site: &dyn Site, listening: IpAddr) -> io::Result<Reply> {
    if !ask
        .host
        .is_some_and(|host| host::is_allowed(host, listening))
    {
        return Ok(words(
            403,
            "this server goes by no such name; use the address that it printed",
        ));
    }
    if ask.how == How::Other {
        return Ok(with(words(405, "only GET and HEAD"), "Allow", "GET, HEAD"));
    }
    let Some(address) = address(ask.target) else {
        return Ok(nothing());
    };
    match site.find(&address) {
        Ok(Some(found)) => give(ask, &address, found),
        Ok(None) => Ok(nothing()),
        Err(sentence) => Ok(words(500, &sentence)),
    }
}

/// The answer to what is no request.
pub(crate) fn no_request() -> Reply {
    words(400, "this is no request of HTTP/1")
}

/// The answer to a request that does not end.
pub(crate) fn too_long() -> Reply {
    words(431, "this request is too long")
}

fn nothing() -> Reply {
    words(404, "there is no such file")
}

/// An answer in words.
fn words(status: u16, sentence: &str) -> Reply {
    let text = format!("{sentence}\n").into_bytes();
    let length = text.len() as u64;
    let reply = new(status, Box::new(Cursor::new(text)), length);
    let reply = with(reply, "Content-Type", "text/plain; charset=utf-8");
    with(reply, "Cache-Control", "no-store")
}

/// An answer with what was found, or the part of it that was asked for.
fn give(ask: &Ask<'_>, address: &str, found: Found) -> io::Result<Reply> {
    let tag = format!("\"{}\"", found.tag);
    let length = found.body.len();
    let kept = ask.if_none_match.is_some_and(|known| is_known(known, &tag));
    let reply = match wanted(ask, &tag, length) {
        // Of no body, but of its length.
        _ if kept => new(304, Box::new(io::empty()), length),
        Part::Whole => new(200, bytes(found.body, 0, length)?, length),
        Part::Bytes { first, last } => {
            let count = last - first + 1;
            let reply = new(206, bytes(found.body, first, count)?, count);
            with(
                reply,
                "Content-Range",
                &format!("bytes {first}-{last}/{length}"),
            )
        }
        Part::Beyond => {
            let reply = words(416, "the file ends before this range");
            return Ok(with(reply, "Content-Range", &format!("bytes */{length}")));
        }
    };
    let keep = if found.forever { FOREVER } else { ASK_AGAIN };
    let headers = [
        ("Content-Type", content_type(address)),
        ("Cache-Control", keep),
        ("ETag", &tag),
        ("Accept-Ranges", "bytes"),
    ];
    Ok(headers
        .into_iter()
        .fold(reply, |reply, (name, value)| with(reply, name, value)))
}

/// Whether one of the tags that are known already is this one.
fn is_known(known: &str, tag: &str) -> bool {
    let mut tags = known.split(',').map(str::trim);
    tags.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The part that is wanted; all where a part of what is no longer there is asked for.
fn wanted(ask: &Ask<'_>, tag: &str, length: u64) -> Part {
    match ask.range {
        Some(range) if ask.how == How::Whole && ask.if_range.is_none_or(|known| known == tag) => {
            part(range, length)
        }
        _ => Part::Whole,
    }
}

/// `count` bytes from `first` on.
fn bytes(body: Body, first: u64, count: u64) -> io::Result<Box<dyn Read>> {
    Ok(match body {
        Body::File(file, _) => at(file, first, count)?,
        Body::Bytes(bytes) => at(Cursor::new(bytes), first, count)?,
        Body::Static(bytes) => at(Cursor::new(bytes), first, count)?,
    })
}

fn at(mut from: impl Read + Seek + 'static, first: u64, count: u64) -> io::Result<Box<dyn Read>> {
    from.seek(SeekFrom::Start(first))?;
    Ok(Box::new(from.take(count)))
}

fn new(status: u16, body: Box<dyn Read>, length: u64) -> Reply {
    let headers = ALWAYS.map(|(name, value)| (name, value.to_owned()));
    Reply {
        status,
        headers: headers.into(),
        length,
        body,
    }
}

/// An answer with one header more.
fn with(mut reply: Reply, name: &'static str, value: &str) -> Reply {
    reply.headers.push((name, value.to_owned()));
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_says_what_the_page_says() {
        let page = include_str!("../../../web/index.html");
        let (of_page, of_frames) = POLICY.rsplit_once("; ").unwrap_or_default();
        // The styles of its first screen the page allows by their digest, which the build writes into
        // it; both policies hold.
        let of_page = of_page.replace(" 'unsafe-inline'", "");
        assert!(page.contains(&format!("content=\"{of_page}\"")));
        assert!(of_frames.starts_with("frame-ancestors"));
    }

    #[test]
    fn tags_are_found_in_lists_and_where_they_are_weak() {
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(is_known(known, "\"a\""), "{known}");
        }
        assert!(!is_known("\"b\"", "\"a\""));
        assert!(!is_known("a", "\"a\""));
    }
}
