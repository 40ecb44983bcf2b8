"""Starting, sharing, stopping, and getting over whatever a kill left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from kernel.localservers import ServersError, addresses, ensure, paths, status, stop
from tests.kernel.localservers.conftest import postmasters, starter, valkeys


def _one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def test_a_cold_start_gives_both_servers_within_seconds(root: Path) -> None:
    began = time.monotonic()
    servers = ensure(root, "test")
    elapsed_s = time.monotonic() - began

    assert elapsed_s < 20, "measured at one second; twenty leave room for a loaded machine"
    assert _one(servers.database_url, "SELECT current_user") == "kayun_app"
    assert _one(servers.owner_url, "SELECT current_user") == "kayun_owner"
    assert servers.admin_url is not None
    assert _one(servers.admin_url, "SELECT current_user") == "postgres"
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.ping()


@pytest.mark.parametrize(("profile", "durable"), [("run", "on"), ("test", "off")])
def test_only_tests_go_without_durability(root: Path, profile: str, durable: str) -> None:
    servers = ensure(root, profile)  # type: ignore[arg-type]
    settings = {
        name: _one(servers.database_url, f"SHOW {name}")
        for name in ("fsync", "synchronous_commit", "full_page_writes", "max_locks_per_transaction", "listen_addresses")
    }
    assert settings == {
        "fsync": durable,
        "synchronous_commit": durable,
        "full_page_writes": durable,
        "max_locks_per_transaction": "1024",
        "listen_addresses": "",
    }
    assert _one(servers.database_url, "SHOW server_encoding") == "UTF8"
    assert _one(servers.database_url, "SELECT upper('é') || length('卡云')") == "É2"
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes" if durable == "on" else "no"}
        assert client.config_get("port") == {"port": "0"}


def test_a_second_start_finds_the_first(root: Path) -> None:
    first = ensure(root, "test")
    before = [process.pid for process in postmasters(root) + valkeys(root)]
    assert ensure(root, "test") == first
    assert [process.pid for process in postmasters(root) + valkeys(root)] == before


def test_processes_that_race_share_one_server(root: Path) -> None:
    racers = [starter(root) for _ in range(4)]
    said = [racer.communicate(timeout=120)[0].strip() for racer in racers]
    assert said == [addresses(root, "test").database_url] * 4
    assert (len(postmasters(root)), len(valkeys(root))) == (1, 1)


def test_servers_outlive_whoever_started_them(root: Path) -> None:
    parent = starter(root)
    assert parent.stdout is not None
    parent.stdout.readline()
    os.killpg(parent.pid, signal.SIGKILL)
    parent.communicate()
    assert [entry.running for entry in status(root, "test")] == [True, True]
    assert {os.getsid(process.pid) for process in postmasters(root) + valkeys(root)}.isdisjoint({parent.pid})


def test_kill_9_of_both_loses_nothing(root: Path) -> None:
    servers = ensure(root, "run")
    with psycopg.connect(servers.owner_url) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    with redis.Redis.from_url(servers.redis_url) as client:
        client.set("kept", "7")
        time.sleep(1.1)  # the append-only file is synced once a second
    for process in postmasters(root, "run") + valkeys(root, "run"):
        process.kill()

    ensure(root, "run")

    assert _one(servers.database_url, "SELECT id FROM kept") == 7
    with redis.Redis.from_url(servers.redis_url) as client:
        assert client.get("kept") == b"7"


def test_a_starter_killed_at_any_moment_leaves_nothing_in_the_way(root: Path) -> None:
    for delay_s in (0.3, 0.5, 0.7, 0.9):
        doomed = starter(root)
        time.sleep(delay_s)
        if doomed.poll() is None:
            os.killpg(doomed.pid, signal.SIGKILL)
        doomed.communicate()
    servers = ensure(root, "test")
    assert _one(servers.database_url, "SELECT nspname FROM pg_namespace WHERE nspname = 'ext'") == "ext"
    assert len(postmasters(root)) == 1


def test_a_half_finished_cluster_is_made_anew_and_set_aside(root: Path) -> None:
    place = paths(root, "test")
    half_made = place.data.with_name("data.new")
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("17\n")
    place.data.mkdir()
    (place.data / "PG_VERSION").write_text("17\n")
    (place.data / "notes").write_text("somebody's")

    ensure(root, "test")

    assert not half_made.exists()
    (aside,) = place.home.glob("data.unusable-*")
    assert (aside / "notes").read_text() == "somebody's"


def test_a_pid_file_that_names_an_unrelated_process_is_not_believed(root: Path) -> None:
    ensure(root, "test")
    place = paths(root, "test")
    pid_file = place.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    (server,) = postmasters(root)
    server.kill()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as bystander:
        for stale in (pid_file, Path(f"{place.postgres_socket}.lock")):
            stale.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
        servers = ensure(root, "test")
        assert _one(servers.database_url, "SELECT 1") == 1
        assert bystander.poll() is None
        bystander.kill()


def test_sockets_removed_under_a_living_server_are_had_back(root: Path) -> None:
    servers = ensure(root, "test")
    for left in paths(root, "test").sockets.iterdir():
        left.unlink()
    assert ensure(root, "test") == servers
    assert [entry.running for entry in status(root, "test")] == [True, True]
    assert (len(postmasters(root)), len(valkeys(root))) == (1, 1)


def test_a_preparation_broken_off_is_done_again(root: Path) -> None:
    servers = ensure(root, "test")
    assert servers.admin_url is not None
    with psycopg.connect(servers.admin_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA ext CASCADE")
    paths(root, "test").prepared.unlink()
    ensure(root, "test")
    assert _one(servers.owner_url, "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'ext'") == (
        "kayun_owner"
    )


def test_stop_stops_and_says_what(root: Path) -> None:
    ensure(root, "test")
    assert stop(root, "test") == ["PostgreSQL", "Valkey"]
    assert [entry.running for entry in status(root, "test")] == [False, False]
    assert stop(root, "test") == []


def test_servers_named_by_the_environment_are_left_alone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db.internal/kayun")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@db.internal/kayun")
    monkeypatch.setenv("REDIS_URL", "redis://cache.internal:6379/0")

    servers = ensure(root, "run")

    assert (servers.database_url, servers.owner_url, servers.admin_url, servers.redis_url) == (
        "postgresql://app@db.internal/kayun",
        "postgresql://owner@db.internal/kayun",
        None,
        "redis://cache.internal:6379/0",
    )
    assert not (root / ".local").exists()
    assert [entry.running for entry in status(root, "run")] == [None, None]


def test_one_named_server_leaves_the_other_local(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db.internal/kayun")
    ensure(root, "test")
    assert (len(postmasters(root)), len(valkeys(root))) == (0, 1)


def test_pg_bin_without_programs_is_named_in_the_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", "/nowhere/bin")
    with pytest.raises(ServersError, match="/nowhere/bin"):
        ensure(root, "test")


def test_pg_bin_picks_other_programs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not installed:
        pytest.skip("no other PostgreSQL is installed on this machine")
    monkeypatch.setenv("PG_BIN", str(installed[-1].parent))
    servers = ensure(root, "test")
    assert str(_one(servers.database_url, "SHOW server_version")).startswith(installed[-1].parts[-3])
    assert _one(servers.database_url, "SHOW server_encoding") == "UTF8"


def test_data_of_another_version_is_left_alone_and_named(root: Path) -> None:
    ensure(root, "test")
    stop(root, "test")
    version = paths(root, "test").data / "PG_VERSION"
    version.write_text("16\n")
    with pytest.raises(ServersError, match="made by PostgreSQL 16"):
        ensure(root, "test")
    assert version.read_text() == "16\n"
