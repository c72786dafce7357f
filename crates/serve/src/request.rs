//! Reading a request, of which only the head counts: nothing is taken from who asks.

use std::{
    io::{self, ErrorKind, Read},
    time::{Duration, Instant},
};

use crate::ask::{Ask, How};

/// Bytes of a request's head, above any browser's.
const LARGEST: usize = 128 << 10;
/// Headers of a request, above any browser's.
const MOST_HEADERS: usize = 128;

/// A place that bytes come from, which can be given up.
pub(crate) trait Incoming: Read {
    /// Lets reading fail after so long.
    fn give_up_after(&mut self, time: Duration) -> io::Result<()>;
}

impl Incoming for std::net::TcpStream {
    fn give_up_after(&mut self, time: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(time))
    }
}

/// A request's head as it came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// One with an end.
    Whole(Vec<u8>),
    /// One that is longer than any.
    TooLong,
    /// None, or a part: whoever began it went away or took too long.
    None,
}

/// Reads a head, however slowly it comes, until `deadline`.
pub(crate) fn read_head(from: &mut impl Incoming, deadline: Instant) -> Head {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while head.len() < LARGEST {
        let left = deadline.saturating_duration_since(Instant::now());
        // No time at all would mean: wait forever.
        if left.is_zero() || from.give_up_after(left).is_err() {
            return Head::None;
        }
        match from.read(&mut piece) {
            Ok(0) => return Head::None,
            Ok(count) => head.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Head::None,
        }
        // The end may lie across two pieces.
        let new = head.len().saturating_sub(piece.len() + 3);
        if head[new..].windows(4).any(|four| four == b"\r\n\r\n") {
            return Head::Whole(head);
        }
    }
    Head::TooLong
}

/// What a head asks for, or `None` where it is no request of HTTP/1.
pub(crate) fn with_ask<T>(head: &[u8], answer: impl FnOnce(&Ask<'_>) -> T) -> Option<T> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    if !request.parse(head).is_ok_and(|read| read.is_complete()) {
        return None;
    }
    let ask = Ask {
        how: match request.method? {
            "GET" => How::Whole,
            "HEAD" => How::Head,
            _ => How::Other,
        },
        target: request.path?,
        host: only(request.headers, "Host"),
        range: only(request.headers, "Range"),
        if_range: only(request.headers, "If-Range"),
        if_none_match: only(request.headers, "If-None-Match"),
    };
    Some(answer(&ask))
}

/// The value of a header that is there once.
fn only<'a>(headers: &[httparse::Header<'a>], name: &str) -> Option<&'a str> {
    let mut values = headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name));
    let value = str::from_utf8(values.next()?.value).ok()?;
    values.next().is_none().then(|| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that come in pieces, and then no more.
    struct Pieces<'a>(Vec<&'a [u8]>);

    impl Read for Pieces<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(ErrorKind::WouldBlock.into());
            }
            let piece = self.0.remove(0);
            into[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    impl Incoming for Pieces<'_> {
        fn give_up_after(&mut self, _: Duration) -> io::Result<()> {
            Ok(())
        }
    }

    const REQUEST: &[u8] = b"GET /a?b HTTP/1.1\r\nhost: localhost \r\nRange: bytes=0-1\r\n\r\n";

    fn read(pieces: Vec<&[u8]>) -> Head {
        read_head(
            &mut Pieces(pieces),
            Instant::now() + Duration::from_secs(60),
        )
    }

    #[test]
    fn a_head_is_whole_however_it_is_cut() {
        for cut in 0..REQUEST.len() {
            let (first, second) = REQUEST.split_at(cut);
            let pieces = [first, second]
                .into_iter()
                .filter(|piece| !piece.is_empty());
            assert_eq!(read(pieces.collect()), Head::Whole(REQUEST.to_vec()));
            assert_eq!(
                read(
                    vec![first]
                        .into_iter()
                        .filter(|piece| !piece.is_empty())
                        .collect()
                ),
                Head::None
            );
        }
        let bytes = REQUEST.chunks(1).collect();
        assert_eq!(read(bytes), Head::Whole(REQUEST.to_vec()));
    }

    #[test]
    fn what_is_too_long_or_too_late_is_no_head() {
        let line = [b'a'; 4096];
        assert_eq!(read(vec![&line[..]; LARGEST / 4096]), Head::TooLong);
        let late = read_head(&mut Pieces(vec![REQUEST]), Instant::now());
        assert_eq!(late, Head::None);
    }

    #[test]
    fn a_request_is_its_parts() {
        let target = with_ask(REQUEST, |ask| {
            assert_eq!((ask.how, ask.host), (How::Whole, Some("localhost")));
            assert_eq!((ask.range, ask.if_range), (Some("bytes=0-1"), None));
            ask.target.to_owned()
        });
        assert_eq!(target.as_deref(), Some("/a?b"));
        let twice = b"HEAD / HTTP/1.1\r\nHost: a\r\nHOST: b\r\n\r\n";
        assert_eq!(
            with_ask(twice, |ask| (ask.how, ask.host.is_none())),
            Some((How::Head, true))
        );
    }

    #[test]
    fn what_is_no_request_is_none() {
        for head in [
            "GET / HTTP/2.0\r\n\r\n",
            "GET /\r\n\r\n",
            "GET  / HTTP/1.1\r\n\r\n",
            "GET /\0 HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
            "\r\n\r\n",
            "\x16\x03\x01\r\n\r\n",
        ] {
            assert_eq!(with_ask(head.as_bytes(), |_| ()), None, "{head:?}");
        }
        let many = format!(
            "GET / HTTP/1.1\r\n{}\r\n",
            "a: b\r\n".repeat(MOST_HEADERS + 1)
        );
        assert_eq!(with_ask(many.as_bytes(), |_| ()), None);
    }
}
