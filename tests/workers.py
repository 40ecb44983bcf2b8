"""A Valkey and a Celery worker of a test's own, as processes that can be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from django.db import connections
from kombu import Connection
from redis import Redis

from config.celery import app
from kernel.localservers import addresses
from kernel.localservers.valkey import binary
from tests.databases import ROOT

PATIENCE_S = 60.0


def wait_for(what: Callable[[], object], *, patience_s: float = PATIENCE_S) -> None:
    """Ask until the answer is yes."""
    deadline = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@dataclass
class Broker:
    """A Valkey that nobody else uses."""

    socket: Path

    @property
    def redis_url(self) -> str:
        """As redis-py spells it."""
        return f"unix://{quote(str(self.socket))}"

    def client(self) -> Redis:
        """A connection to it."""
        return Redis.from_url(self.redis_url)

    def send(self, name: str, **kwargs: Any) -> None:
        """Put a task in its queue, as the timer does."""
        with Connection(self.redis_url.replace("unix://", "redis+socket://", 1)) as connection:
            app.send_task(name, kwargs=kwargs, connection=connection)

    def waiting(self) -> int:
        """How many tasks are in its queue."""
        with self.client() as client:
            return int(client.llen("celery"))  # type: ignore[arg-type]


@contextmanager
def valkey(folder: Path) -> Iterator[Broker]:
    """Run a Valkey in the folder."""
    broker = Broker(folder / "s")
    with subprocess.Popen(
        [binary(), "--port", "0", "--unixsocket", broker.socket, "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            wait_for(broker.socket.exists)
            yield broker
        finally:
            process.kill()


@dataclass
class Workers:
    """Celery workers over one broker and this process's database."""

    broker: Broker
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    logs: list[IO[bytes]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        """Start one more."""
        log = (self.folder / f"worker-{len(self.logs)}.log").open("wb")
        process = subprocess.Popen(
            [
                Path(sys.executable).with_name("celery"),
                *("--app", "config.celery", "worker", "--pool", "prefork", "--concurrency", "1"),
                *("--without-mingle", "--without-gossip", "--loglevel", "INFO"),
            ],
            cwd=ROOT,
            env=self._environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.processes.append(process)
        self.logs.append(log)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9, the worker with its children."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        """Kill those that still run."""
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)
        for log in self.logs:
            log.close()

    def _environment(self) -> dict[str, str]:
        servers = addresses(ROOT, "test").for_database(connections["default"].settings_dict["NAME"])
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.house_settings",
            "KAYUN_MODE": "test",
            "DATABASE_URL": servers.database_url,
            "DATABASE_OWNER_URL": servers.owner_url,
            "REDIS_URL": self.broker.redis_url,
        }
