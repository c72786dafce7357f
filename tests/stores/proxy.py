"""A way to a store that is slow, breaks off, refuses, and whose clock is another."""

import datetime
import email.utils
import http.client
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFUSED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


class Faults:
    """What goes wrong with requests; each is a pattern of `METHOD /path?query`."""

    def __init__(self) -> None:
        self.seconds_per_request = 0.0
        self.clock_ahead = datetime.timedelta()
        self.lock = threading.Lock()
        self.stalls: list[tuple[str, float]] = []
        self.refused: list[str] = []
        self.broken_off: list[str] = []
        self.seen: list[str] = []

    def taken(self, faults: list, request: str):
        """The first fault that fits; it happens once."""
        with self.lock:
            for fault in faults:
                pattern = fault if isinstance(fault, str) else fault[0]
                if re.search(pattern, request):
                    faults.remove(fault)
                    return fault
        return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: Faults
    upstream: tuple[str, int]
    one_at_a_time = threading.Lock()

    def log_message(self, *_):
        pass

    def end(self) -> None:
        """The connection ends in the middle of things."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.connection.close()

    def forward(self) -> None:
        faults, request = self.faults, f"{self.command} {self.path}"
        length = int(self.headers.get("Content-Length", 0))
        with faults.lock:
            faults.seen.append(request)
        if faults.taken(faults.broken_off, request):
            self.rfile.read(length // 2)
            return self.end()
        body = self.rfile.read(length)
        if any(re.search(pattern, request) for pattern in faults.refused):
            return self.answer(403, {"Content-Type": "application/xml"}, REFUSED)
        time.sleep(faults.seconds_per_request)
        stall = faults.taken(faults.stalls, request)
        if stall:
            time.sleep(stall[1])
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        # The store in these tests looks and puts in two steps; a real one does not.
        with self.one_at_a_time:
            store = http.client.HTTPConnection(*self.upstream)
            store.request(self.command, self.path, body, headers)
            found = store.getresponse()
            content = found.read()
            store.close()
        self.answer(found.status, dict(found.getheaders()), content)

    def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        ahead = self.faults.clock_ahead
        headers = {name.lower(): value for name, value in headers.items()}
        if "last-modified" in headers:
            parsed = email.utils.parsedate_to_datetime(headers["last-modified"])
            headers["last-modified"] = email.utils.format_datetime(parsed + ahead, usegmt=True)
        content = re.sub(
            rb"<LastModified>(.*?)Z</LastModified>",
            lambda at: b"<LastModified>%sZ</LastModified>"
            % (datetime.datetime.fromisoformat(at[1].decode()) + ahead).isoformat("T", "milliseconds").encode(),
            content,
        )
        size = headers.get("content-length")
        try:
            self.send_response_only(status)
            for name, value in headers.items():
                if name not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", size if self.command == "HEAD" and size else str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
        except OSError:  # whoever asked was killed
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Those who ask are killed on purpose."""


def start(upstream: tuple[str, int]) -> tuple[str, Faults]:
    """A proxy before a store: its address, and what goes wrong there."""
    faults = Faults()
    handler = type("OfThis", (Handler,), {"faults": faults, "upstream": upstream})
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}", faults
