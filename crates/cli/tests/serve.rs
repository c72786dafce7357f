//! `spindle serve`: what it gives, to whom, and nothing else.

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::Duration,
};

use support::{failure, run_small, spindle};
use tempfile::TempDir;

/// A run that is packed already.
const PACKED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../web/public/runs/vgg-13-mnist.spindle"
);
const SCRIPT: &str = "0123456789";

/// A page of four files, and what a page's folder holds that is not served.
fn page(folder: &Path) -> PathBuf {
    let page = folder.join("page");
    for (address, content) in [
        ("index.html", "<!doctype html>"),
        ("engines.json", "{}"),
        ("assets/a.js", SCRIPT),
        ("engines/viewer-01234567/a.wasm", "\0asm"),
        ("runs/index.json", "[]"),
        ("runs/shipped.spindle", "shipped"),
        ("service-worker.js", "keep"),
    ] {
        let file = page.join(address);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    page
}

/// A server that ends with the test.
struct Server {
    child: Child,
    address: String,
    port: u16,
}

impl Server {
    fn start(page: &Path, runs: &[&Path], more: &[&str]) -> Self {
        let mut command = spindle();
        command.arg("serve").arg("--page").arg(page).args(runs);
        if !more.contains(&"--port") {
            command.args(["--port", "0"]);
        }
        let mut child = command
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        let port = address.split(['/', ':']).nth(4).unwrap().parse().unwrap();
        Self {
            child,
            address: address.trim().to_owned(),
            port,
        }
    }

    /// Asks as a browser of this machine does.
    fn ask(&self, line: &str, headers: &str) -> Answer {
        self.send(&format!(
            "{line} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n{headers}\r\n",
            self.port
        ))
    }

    fn get(&self, target: &str) -> Answer {
        self.ask(&format!("GET {target}"), "")
    }

    fn part(&self, range: &str) -> Answer {
        self.ask("GET /assets/a.js", &format!("Range: {range}\r\n"))
    }

    fn send(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Answer::new(&bytes)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn new(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            body: bytes[end + 4..].to_vec(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

#[test]
fn the_page_and_the_runs_are_served_with_types_and_headers() {
    let folder = TempDir::new().unwrap();
    let page = page(folder.path());
    let server = Server::start(&page, &[Path::new(PACKED)], &[]);
    assert!(
        server.address.ends_with("/?run=vgg-13-mnist"),
        "{}",
        server.address
    );
    for (target, kind) in [
        ("/?run=vgg-13-mnist", "text/html; charset=utf-8"),
        ("/assets/a.js", "text/javascript; charset=utf-8"),
        ("/engines/viewer-01234567/a.wasm", "application/wasm"),
        ("/runs/index.json", "application/json"),
        ("/runs/vgg-13-mnist.spindle", "application/octet-stream"),
    ] {
        let found = server.get(target);
        assert_eq!(found.status, 200, "{target}");
        assert_eq!(found.header("Content-Type"), Some(kind));
        assert_eq!(found.header("X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(found.header("Referrer-Policy"), Some("no-referrer"));
        assert_eq!(
            found.header("Cross-Origin-Resource-Policy"),
            Some("same-origin")
        );
        assert_eq!(found.header("Cache-Control"), Some("no-cache"));
        let policy = found.header("Content-Security-Policy").unwrap();
        assert!(policy.contains("'wasm-unsafe-eval'"), "{policy}");
        let length: usize = found.header("Content-Length").unwrap().parse().unwrap();
        assert_eq!(length, found.body.len());
        let known = format!("If-None-Match: {}\r\n", found.header("ETag").unwrap());
        let again = server.ask(&format!("GET {target}"), &known);
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
    assert_eq!(
        server.get("/runs/vgg-13-mnist.spindle").body,
        fs::read(PACKED).unwrap()
    );
    let list: serde_json::Value =
        serde_json::from_slice(&server.get("/runs/index.json").body).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["file"], "runs/vgg-13-mnist.spindle");
    assert_eq!(list[0]["model"], "VGG-13");
    assert!(list[0]["view"].is_null());
}

#[test]
fn nothing_else_is_served() {
    let folder = TempDir::new().unwrap();
    let page = page(folder.path());
    fs::write(folder.path().join("secret"), "secret").unwrap();
    fs::write(page.join(".hidden"), "secret").unwrap();
    let long = format!("/{}", "a/".repeat(50_000));
    let absolute = format!("/{}", folder.path().join("secret").display());
    let mut targets = vec![
        "/secret",
        "/../secret",
        "/assets/../../secret",
        "/assets/../index.html",
        "/%2e%2e/secret",
        "/%2E%2E%2fsecret",
        "/..%2fsecret",
        "/assets/..%5c..%5csecret",
        "/..\\secret",
        "/%252e%252e/secret",
        "/./index.html",
        "//index.html",
        "/index.html%00",
        "/index.html/",
        "/index.html%zz",
        "/index.html::$DATA",
        "/assets",
        "/assets/",
        "/.hidden",
        "/runs/shipped.spindle",
        "/runs/vgg-13-mnist",
        "/runs/VGG-13-mnist.spindle",
        "/runs/vgg-13-mnist.spindle/run.json",
        "/service-worker.js",
        "http://127.0.0.1/index.html",
        "*",
        "index.html",
        &absolute,
        &long,
    ];
    if cfg!(unix) {
        targets.extend(["/link", "/up/secret"]);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret", page.join("link")).unwrap();
            std::os::unix::fs::symlink("..", page.join("up")).unwrap();
        }
    }
    let server = Server::start(&page, &[Path::new(PACKED)], &[]);
    for target in targets {
        let found = server.get(target);
        assert_eq!(found.status, 404, "{target:.80}");
        assert_eq!(found.header("X-Content-Type-Options"), Some("nosniff"));
        assert!(!found.text().contains("secret"), "{target:.80}");
    }
    assert_eq!(server.get("/index.html\0").status, 400, "no request at all");
    assert_eq!(server.get("/").status, 200, "it goes on after all of them");
}

#[test]
fn only_reading_is_allowed_and_only_by_this_machines_names() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(&page(folder.path()), &[Path::new(PACKED)], &[]);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FOO"] {
        let found = server.ask(&format!("{method} /"), "");
        assert_eq!(found.status, 405, "{method}");
        assert_eq!(found.header("Allow"), Some("GET, HEAD"));
    }
    let head = server.ask("HEAD /assets/a.js", "Range: bytes=0-1\r\n");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("Content-Length"), Some("10"));
    let by = |hosts: &str| {
        let request = format!("GET / HTTP/1.1\r\nConnection: close\r\n{hosts}\r\n");
        server.send(&request).status
    };
    for host in ["127.0.0.1", "localhost", "LOCALHOST:1", "[::1]:8080"] {
        assert_eq!(by(&format!("Host: {host}\r\n")), 200, "{host}");
    }
    for host in [
        "example.org",
        "localhost.example.org",
        "127.0.0.1.example.org:8080",
        "192.168.0.1",
        "0.0.0.0",
        "",
    ] {
        assert_eq!(by(&format!("Host: {host}\r\n")), 403, "{host}");
    }
    assert_eq!(by(""), 403);
    assert_eq!(by("Host: localhost\r\nHost: example.org\r\n"), 403);
}

#[test]
fn parts_of_files_are_served() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(&page(folder.path()), &[Path::new(PACKED)], &[]);
    for (range, body, told) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=-99", SCRIPT, "bytes 0-9/10"),
        ("bytes=9-99", "9", "bytes 9-9/10"),
    ] {
        let found = server.part(range);
        assert_eq!((found.status, found.text()), (206, body), "{range}");
        assert_eq!(found.header("Content-Range"), Some(told));
    }
    for range in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
        let found = server.part(range);
        assert_eq!(found.status, 416, "{range}");
        assert_eq!(found.header("Content-Range"), Some("bytes */10"));
    }
    for range in [
        "bytes=0-1,3-4",
        "bytes=4-2",
        "bytes=x-2",
        "bytes=",
        "lines=0-1",
    ] {
        let found = server.part(range);
        assert_eq!((found.status, found.text()), (200, SCRIPT), "{range}");
    }
    let changed = "Range: bytes=0-1\r\nIf-Range: \"other\"\r\n";
    assert_eq!(server.ask("GET /assets/a.js", changed).text(), SCRIPT);
    let run = server.ask("GET /runs/vgg-13-mnist.spindle", "Range: bytes=0-3\r\n");
    assert_eq!((run.status, &run.body[..]), (206, &b"PK\x03\x04"[..]));
}

#[test]
fn a_folder_is_packed_on_request_and_none_of_its_files_is_served() {
    let folder = TempDir::new().unwrap();
    let run = folder.path().join("run");
    run_small(&run);
    fs::write(folder.path().join("secret"), "secret").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../secret", run.join("link")).unwrap();
    let server = Server::start(&page(folder.path()), &[&run], &[]);
    let found = server.get("/runs/run.spindle");
    assert_eq!(found.status, 200);
    let export = spindle_run::export::Export::unpack(&found.body).unwrap();
    assert_eq!(export.record.samples.len(), 8);
    for target in [
        "/runs/run/run.json",
        "/runs/run.spindle/link",
        "/runs/link",
        "/link",
        "/run/link",
    ] {
        assert_eq!(server.get(target).status, 404, "{target}");
    }
    // It goes on: what is written anew is read anew.
    let tag = |answer: &Answer| answer.header("ETag").unwrap().to_owned();
    let before = tag(&found);
    assert_eq!(tag(&server.get("/runs/run.spindle")), before);
    let record = run.join("run.json");
    let whole = fs::read(&record).unwrap();
    fs::write(&record, &whole[..whole.len() / 2]).unwrap();
    let broken = server.get("/runs/run.spindle");
    assert_eq!(broken.status, 500);
    assert!(broken.text().contains("run.json"), "{}", broken.text());
    assert_eq!(
        server.get("/runs/index.json").status,
        200,
        "the others stay listed"
    );
    fs::write(&record, whole).unwrap();
    assert_eq!(tag(&server.get("/runs/run.spindle")), before);
}

#[test]
fn what_cannot_be_served_is_told_by_name_at_the_start() {
    let folder = TempDir::new().unwrap();
    let page = page(folder.path());
    let [missing, broken, empty] =
        ["missing", "broken.spindle", "empty"].map(|name| folder.path().join(name));
    fs::write(&broken, "PK\x03\x04").unwrap();
    fs::create_dir(&empty).unwrap();
    for path in [&missing, &broken, &empty] {
        let [path, page] = [path, &page].map(|path| path.to_str().unwrap());
        let said = failure(&["serve", PACKED, path, "--page", page, "--port", "0"]);
        assert!(said.contains(path), "{said}");
    }
    let said = failure(&["serve", PACKED, "--page", empty.to_str().unwrap()]);
    assert!(
        said.contains("no built page") && said.contains("cargo xtask web"),
        "{said}"
    );
    let said = failure(&[
        "serve",
        PACKED,
        "--page",
        page.to_str().unwrap(),
        "--address",
        "192.0.2.1",
    ]);
    assert!(said.contains("192.0.2.1:8080"), "{said}");
}

#[test]
fn runs_of_one_name_do_not_replace_each_other() {
    let folder = TempDir::new().unwrap();
    let page = page(folder.path());
    let copies = ["a", "b"].map(|name| folder.path().join(name).join("same.spindle"));
    for (copy, original) in copies.iter().zip(["vgg-13-mnist", "vgg-11-mnist"]) {
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(PACKED.replace("vgg-13-mnist", original), copy).unwrap();
    }
    let server = Server::start(&page, &[&copies[0], &copies[1]], &[]);
    for (name, copy) in ["same", "same-2"].iter().zip(&copies) {
        let found = server.get(&format!("/runs/{name}.spindle"));
        assert!(found.body == fs::read(copy).unwrap(), "{name}");
    }
}

#[test]
fn the_next_port_is_taken_where_one_is_taken() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    // None may follow the last ones.
    if port > u16::MAX - 20 {
        return;
    }
    let server = Server::start(
        &page(folder.path()),
        &[Path::new(PACKED)],
        &["--port", &port.to_string()],
    );
    assert!(
        server.port > port && server.port <= port + 20,
        "{}",
        server.port
    );
    assert_eq!(server.get("/").status, 200);
}

/// Whether this process was started with signals ignored, as in the background of a script: its
/// children ignore them too.
#[cfg(unix)]
fn ignores_signals() -> bool {
    const HANDLED: u64 = 1 | 1 << 1 | 1 << 14;
    let about = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = about
        .lines()
        .filter_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = lines
        .next()
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & HANDLED != 0)
}

#[test]
#[cfg(unix)]
fn it_ends_at_the_first_signal_as_one_that_is_done() {
    if ignores_signals() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let mut server = Server::start(&page(folder.path()), &[Path::new(PACKED)], &[]);
    let id = server.child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status()
        .unwrap();
    assert!(sent.success());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn programs_get_one_document() {
    let folder = TempDir::new().unwrap();
    let page = page(folder.path());
    let mut child = spindle()
        .args([
            "serve", PACKED, "--port", "0", "--json", "--quiet", "--page",
        ])
        .arg(page)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let mut documents =
        serde_json::Deserializer::from_reader(stdout).into_iter::<serde_json::Value>();
    let document = documents.next().unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(document["runs"][0]["name"], "vgg-13-mnist");
    assert_eq!(document["address"], document["runs"][0]["address"]);
}
