"""A project folder of its own for each test, with servers that are stopped and removed afterwards."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kernel import localservers
from kernel.localservers import paths
from kernel.localservers.processes import working_in

PLATFORM = Path(localservers.__file__).parents[2]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL", "REDIS_URL", "PG_BIN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder every user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="kayun-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    discard(folder)


@pytest.fixture
def closed_root() -> Iterator[Path]:
    """A folder only its owner can enter, as a clone under /root is."""
    folder = Path(tempfile.mkdtemp(prefix="kayun-test-", dir="/tmp"))
    yield folder
    discard(folder)


def discard(folder: Path) -> None:
    for profile in ("run", "test"):
        localservers.stop(folder, profile)
        shutil.rmtree(paths(folder, profile).sockets, ignore_errors=True)
    shutil.rmtree(folder)


def starter(root: Path, *, profile: str = "test", prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Another process that ensures the servers of `root`."""
    code = (
        "import sys; from pathlib import Path; from kernel.localservers import ensure;"
        "print(ensure(Path(sys.argv[1]), sys.argv[2]).database_url, flush=True)"
    )
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", code, str(root), profile],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(PLATFORM)},
        start_new_session=True,
    )


def postmasters(root: Path, profile: localservers.Profile = "test") -> list[psutil.Process]:
    """The PostgreSQL servers (not their backends) of `root`."""
    processes = working_in(paths(root, profile).data, name="postgres")
    pids = {process.pid for process in processes}
    return [process for process in processes if process.ppid() not in pids]


def valkeys(root: Path, profile: localservers.Profile = "test") -> list[psutil.Process]:
    """The Valkey servers of `root`."""
    return working_in(paths(root, profile).valkey, name="valkey-server")
