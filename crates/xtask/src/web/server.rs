//! A server of a folder's files, for this machine alone.

use std::{
    fs::File,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use anyhow::{Context, bail};
use tiny_http::{Header, Method, Request, Response, Server, StatusCode};

use super::files::is_hashed;

/// Files that are sent at a time.
const THREADS: usize = 4;
/// Ports that are tried after a taken one.
const MORE_PORTS: u16 = 20;

/// Serves a folder from now on, in threads of its own; returns the page's address. Files are read
/// anew at every request: what is published while it runs is there at once.
pub(super) fn start(folder: &Path, port: u16) -> anyhow::Result<String> {
    let (server, port) = listen(port)?;
    let server = Arc::new(server);
    for _ in 0..THREADS {
        let (server, folder) = (Arc::clone(&server), folder.to_owned());
        thread::spawn(move || {
            for request in server.incoming_requests() {
                // Who went away gets nothing; the others go on.
                answer(request, &folder).ok();
            }
        });
    }
    Ok(format!("http://127.0.0.1:{port}/"))
}

/// Listens on a port, or on the next that is free.
fn listen(port: u16) -> anyhow::Result<(Server, u16)> {
    for port in port..=port.saturating_add(MORE_PORTS) {
        match Server::http(("127.0.0.1", port)) {
            Ok(server) => {
                let address = server.server_addr().to_ip();
                let port = address.context("the server has no port")?.port();
                return Ok((server, port));
            }
            Err(error) if is_taken(&*error) => {}
            Err(error) => bail!("cannot listen on port {port}: {error}. Name another by --port."),
        }
    }
    bail!("port {port} and the {MORE_PORTS} after it are taken: name another by --port");
}

fn is_taken(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::AddrInUse)
}

fn answer(request: Request, folder: &Path) -> std::io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        let refused = Response::from_string("only GET and HEAD\n").with_status_code(405);
        return request.respond(with(refused, &[("Allow", "GET, HEAD")]));
    }
    let address = address(request.url());
    let file = address
        .as_ref()
        .and_then(|address| open(&folder.join(address)));
    let (Some(address), Some(file)) = (address, file) else {
        return request
            .respond(Response::from_string("there is no such file\n").with_status_code(404));
    };
    let length = file.metadata()?.len();
    let length = usize::try_from(length).ok();
    // Not in chunks, however long: the page shows how much of an engine has arrived.
    let found = Response::new(StatusCode(200), Vec::new(), file, length, None)
        .with_chunked_threshold(usize::MAX);
    let keep = if is_hashed(&address) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        ("Content-Type", content_type(&address)),
        ("Cache-Control", keep),
        ("X-Content-Type-Options", "nosniff"),
    ];
    request.respond(with(found, &headers))
}

fn with<R: std::io::Read>(
    mut response: Response<R>,
    headers: &[(&'static str, &'static str)],
) -> Response<R> {
    for (name, value) in headers {
        if let Ok(header) = Header::from_bytes(*name, *value) {
            response.add_header(header);
        }
    }
    response
}

fn open(path: &PathBuf) -> Option<File> {
    let file = File::open(path).ok()?;
    file.metadata().ok()?.is_file().then_some(file)
}

/// The file, relative to the folder, that a request's target names; `None` for one that no name
/// below the folder can have.
fn address(target: &str) -> Option<String> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let mut path = decode(path)?;
    if path.is_empty() || path.ends_with('/') {
        path.push_str("index.html");
    }
    let safe = path.split('/').all(|part| {
        !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0'])
    });
    safe.then_some(path)
}

/// Text with `%20` and the like resolved.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).ok()
}

fn content_type(address: &str) -> &'static str {
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
            "/c:/b",
            "/.git/config",
            "/a%00.js",
            "/a%zz",
            "/a%2",
            "http://elsewhere/",
            "*",
        ] {
            assert_eq!(address(target), None, "{target}");
        }
    }

    #[test]
    fn types_are_those_that_browsers_insist_on() {
        assert_eq!(content_type("a/b.wasm"), "application/wasm");
        assert_eq!(content_type("a.js"), "text/javascript; charset=utf-8");
        assert_eq!(content_type("r.spindle"), "application/octet-stream");
        assert_eq!(content_type("no-ending"), "application/octet-stream");
    }
}
