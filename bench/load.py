"""A client that keeps a server busy: one thread, one socket per connection, each sending when it has its answer.

Written on bare sockets because on one machine the client's work is taken from the server's.
"""

import math
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

_LARGEST = 1 << 16


@dataclass(slots=True)
class Load:
    """What a run of the client saw."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)

    def rate(self, status: int) -> float:
        """Answers of that status per second."""
        return self.statuses[status] / self.seconds

    def percentile_ms(self, share: float) -> float:
        """The latency that this share of the answers stayed within."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


@dataclass(slots=True)
class _Line:
    """A connection and the answer that is coming in on it."""

    connection: socket.socket
    sent_at: float = 0.0
    received: bytes = b""


def drive(
    port: int, next_request: Callable[[], bytes], *, connections: int, seconds: float, most_per_second: float = math.inf
) -> Load:
    """Keep ``connections`` requests under way for ``seconds``, or fewer where ``most_per_second`` are enough.

    Answers that come in after the time do not count.

    Raises:
        ConnectionError: the server hung up.
    """
    idle = [_Line(_connect(port)) for _ in range(connections)]
    lines, load, apart_s = list(idle), Load(), 1 / most_per_second
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line.connection, selectors.EVENT_READ, line)
        began = due = time.perf_counter()
        while (now := time.perf_counter()) < began + seconds:
            while idle and due <= now:
                _send(idle.pop(), next_request())
                due = max(due + apart_s, now - apart_s)
            wake = min(began + seconds, due) if idle else began + seconds
            for key, _events in selector.select(max(wake - now, 0)):
                line = key.data
                if (status := _read(line)) is not None:
                    load.statuses[status] += 1
                    load.latencies_ms.append((time.perf_counter() - line.sent_at) * 1000)
                    idle.append(line)
        load.seconds = time.perf_counter() - began
        for line in lines:
            if line not in idle:
                _drain(line)
    for line in lines:
        line.connection.close()
    return load


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _send(line: _Line, request: bytes) -> None:
    line.received = b""
    line.sent_at = time.perf_counter()
    line.connection.sendall(request)


def _read(line: _Line) -> int | None:
    """The answer's status once it is whole."""
    chunk = line.connection.recv(_LARGEST)
    if not chunk:
        raise ConnectionError("the server hung up")
    line.received += chunk
    head, separator, body = line.received.partition(b"\r\n\r\n")
    if not separator or len(body) < _length(head):
        return None
    return int(head[9:12])


def _length(head: bytes) -> int:
    at = head.lower().find(b"\r\ncontent-length:")
    if at < 0:
        raise ConnectionError(f"an answer without a length: {head[:200]!r}")
    return int(head[at + 17 :].split(b"\r\n", 1)[0])


def _drain(line: _Line) -> None:
    """Let what is under way end, so that the next measurement finds a quiet server."""
    while _read(line) is None:
        pass


def request_bytes(
    path: str, *, host: str, body: bytes = b"", headers: dict[str, str] | None = None, method: str = "POST"
) -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
