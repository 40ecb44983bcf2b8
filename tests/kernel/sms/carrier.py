"""A carrier on this machine: keeps what it was asked, and answers what it is told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Asked:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Carrier:
    """What it was asked, and what it answers: a status with a body, or nothing at all (``None``)."""

    port: int = 0
    answer: tuple[int, bytes] | None = (200, b'{"Code": "OK"}')
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def carrier() -> Iterator[Carrier]:
    """A carrier, within the block."""
    held = Carrier()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            held.asked.append(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if held.answer is None:
                self.close_connection = True
                return
            status, text = held.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        held.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield held
        finally:
            server.shutdown()
            thread.join()
