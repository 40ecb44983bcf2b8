"""As root, as root where nobody else may enter, and as a plain user."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from kernel.localservers import ServersError, ensure, paths
from tests.kernel.localservers.conftest import discard, postmasters, starter

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run servers as somebody else")


@as_root
def test_root_hands_the_servers_to_nobody(root: Path) -> None:
    servers = ensure(root, "test")
    (server,) = postmasters(root)
    assert server.username() == "nobody"
    assert paths(root, "test").home.stat().st_mode & 0o777 == 0o700
    psycopg.connect(servers.database_url).close()


@as_root
def test_a_closed_folder_is_served_from_a_user_namespace(closed_root: Path) -> None:
    allowed = subprocess.run(["unshare", "--user", "true"], check=False, capture_output=True).returncode == 0
    if not allowed:
        with pytest.raises(ServersError, match="Move the project"):
            ensure(closed_root, "test")
        return
    servers = ensure(closed_root, "test")
    (server,) = postmasters(closed_root)
    assert server.uids().real == 0
    assert paths(closed_root, "test").data.stat().st_uid == 0
    psycopg.connect(servers.database_url).close()
    assert ensure(closed_root, "test") == servers


@as_root
def test_root_keeps_to_the_owner_that_the_data_has(root: Path) -> None:
    plain = pwd.getpwnam("daemon")
    ensure(root, "test")
    place = paths(root, "test")
    (server,) = postmasters(root)
    server.kill()
    for entry in (place.home, *place.home.rglob("*")):
        os.chown(entry, plain.pw_uid, plain.pw_gid, follow_symlinks=False)
    ensure(root, "test")
    assert [process.username() for process in postmasters(root)] == ["daemon"]


def test_a_plain_user_runs_them_as_itself(root: Path) -> None:
    if os.geteuid() != 0:
        ensure(root, "test")
        assert [process.uids().real for process in postmasters(root)] == [os.geteuid()]
        return
    plain = pwd.getpwnam("nobody")
    os.chown(root, plain.pw_uid, plain.pw_gid)
    # Root's own Python may lie where a plain user cannot read; that one right is left to the child, and none to write.
    drop = ("setpriv", f"--reuid={plain.pw_uid}", f"--regid={plain.pw_gid}", "--clear-groups")
    readable = subprocess.run([*drop, "test", "-x", f"{sys.base_prefix}/lib"], check=False).returncode == 0
    rights = () if readable else ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    said, _ = starter(root, prefix=(*drop, *rights)).communicate(timeout=120)
    assert said.startswith("postgresql://kayun_app@"), said
    (server,) = postmasters(root)
    assert (server.username(), server.parent().pid != os.getpid()) == ("nobody", True)  # type: ignore[union-attr]


def test_a_long_path_puts_the_sockets_in_a_short_private_folder(root: Path) -> None:
    deep = root / ("a-very-long-folder-name-" * 5) / "clone"
    deep.mkdir(parents=True)
    servers = ensure(deep, "test")
    sockets = paths(deep, "test").sockets
    try:
        assert len(os.fsencode(sockets / ".s.PGSQL.5432")) < 100
        assert sockets.lstat().st_mode & 0o777 == 0o700
        psycopg.connect(servers.database_url).close()
    finally:
        discard(deep)


def test_a_short_folder_that_somebody_else_laid_is_refused(root: Path) -> None:
    deep = root / ("a-very-long-folder-name-" * 5) / "clone"
    deep.mkdir(parents=True)
    sockets = paths(deep, "test").sockets
    sockets.symlink_to(root, target_is_directory=True)
    try:
        with pytest.raises(ServersError, match="not a private folder"):
            ensure(deep, "test")
        assert list(root.iterdir()) == [deep.parent]
    finally:
        sockets.unlink()
