//! Connections on which nothing goes on: they keep nobody waiting, and end.

use std::{
    io::{Read, Result, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use spindle_serve::{Body, Found, Site, start, tag_of};

/// Connections that stall.
const STALLED: usize = 100;
/// More than the system keeps on its way to somebody who takes nothing.
const LARGE: usize = 64 << 20;
/// Time for an answer that waits for nobody, on a busy machine.
const SOON: Duration = Duration::from_secs(5);
/// Time after which a connection without a request has ended.
const ENDED: Duration = Duration::from_secs(20);

/// A site of one large file.
struct Large(Arc<[u8]>);

impl Site for Large {
    fn find(&self, address: &str) -> std::result::Result<Option<Found>, String> {
        let found = Found {
            body: Body::Bytes(Arc::clone(&self.0)),
            tag: tag_of(b"large"),
            forever: false,
        };
        Ok((address == "large").then_some(found))
    }
}

fn connected(at: SocketAddr, sent: &[u8]) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(at)?;
    stream.set_read_timeout(Some(ENDED))?;
    stream.write_all(sent)?;
    Ok(stream)
}

/// The status of an answer.
fn status(at: SocketAddr, request: &str) -> Result<String> {
    let mut answer = String::new();
    connected(at, request.as_bytes())?.read_to_string(&mut answer)?;
    Ok(answer.split(' ').nth(1).unwrap_or_default().to_owned())
}

#[test]
fn a_hundred_stalled_connections_keep_nobody_waiting_and_end() -> Result<()> {
    let site = Large(vec![7; LARGE].into());
    let at = start(site, IpAddr::V4(Ipv4Addr::LOCALHOST), 0)
        .map_err(std::io::Error::other)?
        .at;
    let parts: [&[u8]; 4] = [
        b"",
        b"GET /large HTTP/1.1\r\nHost: localh",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r",
        // Its answer is not taken.
        b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ];
    let begun = Instant::now();
    let stalled = (0..STALLED)
        .map(|index| connected(at, parts[index % parts.len()]))
        .collect::<Result<Vec<_>>>()?;
    for _ in 0..20 {
        let asked = Instant::now();
        let found = status(at, "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        assert_eq!(found, "404");
        assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    }
    for (index, mut stream) in stalled.into_iter().enumerate() {
        if index % parts.len() < parts.len() - 1 {
            // Nothing was asked: nothing is answered, and the connection ends.
            assert_eq!(stream.read_to_end(&mut Vec::new())?, 0);
        }
    }
    assert!(begun.elapsed() < ENDED, "{:?}", begun.elapsed());
    Ok(())
}

#[test]
fn what_is_no_request_is_told_and_what_follows_one_is_not_read() -> Result<()> {
    let site = Large(Arc::from([]));
    let at = start(site, IpAddr::V4(Ipv4Addr::LOCALHOST), 0)
        .map_err(std::io::Error::other)?
        .at;
    assert_eq!(status(at, "hello\r\n\r\n")?, "400");
    assert_eq!(
        status(at, "GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n")?,
        "400"
    );
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(200_000));
    assert_eq!(status(at, &long)?, "431");
    let body = "a".repeat(100_000);
    let post =
        format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n{body}");
    assert_eq!(status(at, &post)?, "405");
    let twice = "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(2);
    let mut answer = String::new();
    connected(at, twice.as_bytes())?.read_to_string(&mut answer)?;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1);
    assert!(answer.contains("Connection: close\r\n"), "{answer}");
    Ok(())
}
