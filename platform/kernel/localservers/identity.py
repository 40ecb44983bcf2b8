"""As whom the local servers run.

PostgreSQL refuses to run as root. Under root the servers run as `nobody`; where that user cannot enter the project's
folder (a clone under /root), in a user namespace in which our own uid goes by another number: there the server is not
root, and still owns its files. An existing data folder decides by its owner, so that `sudo make run` after `make run`
does not leave files behind that the plain user can no longer touch.
"""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from kernel.localservers.errors import ServersError


@dataclass(frozen=True, slots=True)
class Identity:
    """Who runs the servers: a uid to drop to (None: the caller's own), and a command to put in front."""

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    @property
    def file_owner(self) -> int:
        """The uid that owns what the servers write."""
        return os.geteuid() if self.uid is None else self.uid

    def own(self, directory: Path) -> None:
        """Make `directory` (mode 0700) and give it to this identity.

        Raises ServersError where somebody else made it: sockets may lie in a folder that everybody may write.
        """
        try:
            directory.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            found = directory.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (self.file_owner, os.geteuid()):
                raise ServersError(f"{directory} is not a private folder of ours: remove it and try again.") from None
            directory.chmod(0o700)
        if self.uid is not None and self.gid is not None:
            os.chown(directory, self.uid, self.gid, follow_symlinks=False)

    def run(
        self, *command: str | Path, cwd: Path, env: dict[str, str] | None = None, output: IO[Any] | int | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end as this identity."""
        return subprocess.run(
            [*self.prefix, *map(str, command)],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.STDOUT,
            check=False,
            **self._drop(),
        )

    def _drop(self) -> dict[str, Any]:
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def choose(*, home: Path, probe: Path) -> Identity:
    """The identity that can work in `home` and execute `probe` (a server's binary).

    Raises ServersError where none can, with what to do about it.
    """
    if os.geteuid() != 0:
        return _plain(home)
    settled_in = (home / "data").exists()
    if settled_in and (owner := home.stat()).st_uid != 0:
        settled = Identity(uid=owner.st_uid, gid=owner.st_gid)
        if _works(settled, home=home, probe=probe):
            return settled
        raise ServersError(
            f"{home} belongs to uid {owner.st_uid}, who can no longer enter it or execute {probe}.\n"
            "Open the folders above to that user, or remove the folder to begin anew."
        )
    if not settled_in and (nobody := _nobody(home, probe)):
        return nobody
    namespace = _namespace()
    if namespace and _works(namespace, home=_existing(home), probe=probe):
        return namespace
    raise ServersError(
        "PostgreSQL does not run as root, the user `nobody` cannot enter this folder, and this machine allows no "
        "user namespaces.\nMove the project to a folder every user can enter (for instance /srv/kayun), or run it as "
        "a plain user."
    )


def _plain(home: Path) -> Identity:
    if home.exists() and home.stat().st_uid != os.geteuid():
        raise ServersError(
            f"{home} belongs to uid {home.stat().st_uid}: it was made by another user or by root.\n"
            "Run this as that user, or remove the folder as that user to begin anew."
        )
    return Identity()


def _nobody(home: Path, probe: Path) -> Identity | None:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return None
    identity = Identity(uid=entry.pw_uid, gid=entry.pw_gid)
    return identity if _works(identity, home=_existing(home), probe=probe) else None


def _namespace() -> Identity | None:
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    # initdb wants a name for its uid, so it must be one that /etc/passwd knows; any but root's will do.
    uid = next((entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid not in (0, os.geteuid())), None)
    return None if uid is None else Identity(prefix=(unshare, "--user", f"--map-user={uid}", "--"))


def _existing(home: Path) -> Path:
    return next(folder for folder in (home, *home.parents) if folder.exists())


def _works(identity: Identity, *, home: Path, probe: Path) -> bool:
    # The child enters `home` after it has dropped the uid, so a closed parent shows here and not half-way later.
    try:
        entered = identity.run("/bin/sh", "-c", 'cd "$1" && exec "$2" --version', "sh", home, probe, cwd=Path("/"))
    except PermissionError:
        return False
    return entered.returncode == 0
