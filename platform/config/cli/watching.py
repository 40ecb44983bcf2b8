"""While `kayun run` serves: whatever dies is started again, and said."""

from collections import deque
from pathlib import Path
from time import monotonic
from typing import Final, cast

import click
from filelock import FileLock

from config.cli import starting
from config.cli.children import Child, Children
from config.databases import PROFILE
from config.environment import ROOT
from kernel import localservers
from kernel.localservers.errors import ServersError

_SERVERS_EVERY_S: Final = 2.0
# What cannot stay up is not tried for ever: its log says more than another attempt.
_DEATHS_MAX: Final = 3
_WITHIN_S: Final = 60.0


def lock_of(root: Path) -> FileLock:
    """Be the one `kayun run` of this folder until the lock is released, or we end, however we do.

    Raises filelock.Timeout while another one is.
    """
    place = root / ".local" / "run" / "running.lock"
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place, timeout=0)
    lock.acquire()
    return lock


class Keeper:
    """Looks after web, worker and the local servers."""

    def __init__(self, family: Children) -> None:
        self._family = family
        self._deaths: dict[str, deque[float]] = {}
        self._servers_at = monotonic() + _SERVERS_EVERY_S
        self._trouble = ""

    def look(self) -> None:
        """Look once, and start again what has ended.

        Raises click.ClickException when one of them keeps ending.
        """
        self._look_at_servers()
        for child in list(self._family.running):
            if child.process.poll() is not None:
                self._start_again(child)

    def _start_again(self, child: Child) -> None:
        deaths = self._deaths.setdefault(child.name, deque(maxlen=_DEATHS_MAX))
        deaths.append(monotonic())
        if len(deaths) == _DEATHS_MAX and deaths[-1] - deaths[0] < _WITHIN_S:
            raise click.ClickException(
                f"{child.name} ended {_DEATHS_MAX} times within a minute, at last with code "
                f"{child.process.returncode}. The end of its log:\n{child.log_tail()}"
            )
        self._family.start_again(child)
        click.echo(f"{child.name} ended with code {child.process.returncode} and has been started again.")

    def _look_at_servers(self) -> None:
        if monotonic() < self._servers_at:
            return
        silent = [
            server.name
            for server in localservers.status(ROOT, cast("localservers.Profile", PROFILE))
            if server.running is False
        ]
        try:
            starting.start_servers()
        except ServersError as error:
            # Pages say that the system is not available; whoever mends the cause need not start us again.
            if str(error) != self._trouble:
                click.echo(f"{error}\nIt will be tried again.", err=True)
            self._trouble = str(error)
        else:
            self._trouble = ""
            if silent:
                click.echo(f"{' and '.join(silent)} did not answer and has been started again.")
        self._servers_at = monotonic() + _SERVERS_EVERY_S
