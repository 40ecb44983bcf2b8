"""PgBouncer in transaction mode in front of this process's test database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from django.db import connections

from config.cli.tools import pgbouncer
from kernel import localservers
from kernel.localservers.identity import choose
from tests.databases import ROOT
from tests.workers import wait_for

_CONFIGURATION = """
[databases]
{name} = host={sockets} port=5432 dbname={name}

[pgbouncer]
listen_addr =
unix_socket_dir = {sockets}
listen_port = {port}
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {servers}
max_client_conn = 100
logfile = {folder}/log
pidfile = {folder}/pid
"""


@contextmanager
def through_pooler(*, servers: int) -> Iterator[None]:
    """Within the block ``default`` goes through PgBouncer, which keeps so many sessions of its own."""
    place = localservers.paths(ROOT, "test")
    name = connections["default"].settings_dict["NAME"]
    port = 6500 + int(name.rpartition("_")[2])
    folder = place.home / f"pgbouncer-{port}"
    identity = choose(home=place.home, probe=pgbouncer())
    identity.own(folder)
    (folder / "pid").unlink(missing_ok=True)
    (folder / "users").write_text('"kayun_app" ""\n')
    (folder / "ini").write_text(
        _CONFIGURATION.format(name=name, sockets=place.sockets, port=port, folder=folder, servers=servers)
    )
    started = identity.run(pgbouncer(), "-d", folder / "ini", cwd=folder)
    assert started.returncode == 0, started.stdout.decode()
    # It has left us for the background before it listens.
    wait_for((place.sockets / f".s.PGSQL.{port}").exists)
    wait_for((folder / "pid").exists)
    settings = connections["default"].settings_dict
    before = {key: settings[key] for key in ("HOST", "PORT")}
    connections["default"].close()
    settings.update(HOST=str(place.sockets), PORT=str(port))
    try:
        yield
    finally:
        connections["default"].close()
        settings.update(before)
        _end(folder)


def _end(folder: Path) -> None:
    process = psutil.Process(int((folder / "pid").read_text()))
    process.terminate()
    process.wait(10)
