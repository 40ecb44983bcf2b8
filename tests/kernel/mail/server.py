"""A mail server of one page: says yes, or what it is told to say, and keeps what it was given."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """What the server was given, and what it answers to DATA."""

    url: str = ""
    answer: str = "250 taken"
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    mailbox: Mailbox


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        sender, recipients = "", list[str]()
        self._say("220 tests")
        while line := self.rfile.readline():
            verb = line[:4].decode().upper()
            if verb == "MAIL":
                sender = line.decode().split("<")[1].split(">")[0]
            elif verb == "RCPT":
                recipients.append(line.decode().split("<")[1].split(">")[0])
            elif verb == "DATA":
                self._say("354 go on")
                message = b"".join(iter(self.rfile.readline, b".\r\n"))
                if self.server.mailbox.answer.startswith("250"):
                    self.server.mailbox.envelopes.append((sender, recipients))
                    self.server.mailbox.messages.append(message)
                self._say(self.server.mailbox.answer)
                continue
            elif verb == "QUIT":
                self._say("221 bye")
                return
            self._say("250 tests")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A mail server on this machine, within the block."""
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.mailbox = Mailbox(url=f"smtp://127.0.0.1:{server.server_address[1]}?tls=no")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.mailbox
        finally:
            server.shutdown()
            thread.join()
