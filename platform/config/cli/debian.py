"""Debian's packages: installed where we are root, else downloaded and unpacked into a folder of ours.

Unpacking needs no rights: apt resolves what the package depends on and this machine lacks, and a wrapper lets the
program find the libraries that came along.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from config.cli.toolerrors import ToolMissing

_NETWORK_PATIENCE_S: Final = 900


def available() -> bool:
    """Whether this machine has apt and dpkg."""
    return all(shutil.which(program) for program in ("apt-get", "dpkg-deb"))


def install(packages: Sequence[str]) -> None:
    """Install `packages` system-wide; needs root. Raises ToolMissing with apt's own words."""
    options = ["-o", "DPkg::Lock::Timeout=120"]
    _run("apt-get", *options, "update", "--quiet=2")
    _run("apt-get", *options, "install", "--yes", "--quiet=2", "--no-install-recommends", *packages)


def unpack(packages: Sequence[str], *, target: Path) -> None:
    """Download `packages` with what they depend on and this machine lacks, and unpack them all into `target`.

    `target` appears whole or not at all. Raises ToolMissing with apt's own words.
    """
    work = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        for folder in ("root", "lists/partial", "archives/partial"):
            (work / folder).mkdir(parents=True)
        # Lists and archives of our own: the system's may be old or absent, and only root may renew them.
        options = [
            "-o", f"Dir::State::Lists={work / 'lists'}",
            "-o", f"Dir::Cache={work}",
            "-o", f"Dir::Cache::Archives={work / 'archives'}",
            "-o", "Debug::NoLocking=1",
            "-o", "APT::Sandbox::User=",
        ]  # fmt: skip
        _run("apt-get", *options, "update", "--quiet=2")
        # "Reinstall", since one that is installed and does not work is as good as missing.
        plan = _run("apt-get", *options, "--simulate", "--no-install-recommends", "install", "--reinstall", *packages)
        wanted = planned(plan)
        if wanted:
            _run("apt-get", *options, "--quiet=2", "download", *wanted, cwd=work / "archives")
        for archive in sorted((work / "archives").glob("*.deb")):
            _run("dpkg-deb", "--extract", archive, work / "root")
        shutil.rmtree(target, ignore_errors=True)
        (work / "root").rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def planned(simulation: str) -> list[str]:
    """The packages a simulated installation would install, each as ``name=version``."""
    found = []
    for line in simulation.splitlines():
        match line.split():
            # "Inst libevent-2.1-7 (2.1.12-stable-8 Debian:12/stable [amd64])"; an upgrade has "[old]" before "(new".
            case ["Inst", name, *rest]:
                version = next((word[1:] for word in rest if word.startswith("(")), None)
                if version:
                    found.append(f"{name}={version}")
    return found


def write_wrapper(program: str, *, root: Path, wrapper: Path) -> None:
    """A script at `wrapper` that runs `program` (a path inside `root`) with the libraries that lie in `root`.

    It finds `root` from where it stands, so the project's folder can be moved.
    """
    folders = sorted({path.parent.relative_to(root) for path in root.rglob("lib*.so*") if path.is_file()})
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    from_wrapper = os.path.relpath(root, wrapper.parent)
    libraries = ":".join(f"$root/{folder}" for folder in folders)
    wrapper.write_text(
        "#!/bin/sh\n"
        f'root=$(cd "$(dirname "$0")/{from_wrapper}" && pwd)\n'
        f'export LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"\n'
        f'exec "$root/{program}" "$@"\n',
        encoding="utf-8",
    )
    wrapper.chmod(0o755)


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_NETWORK_PATIENCE_S,
        )
    except subprocess.TimeoutExpired as error:
        raise ToolMissing(f"{command[0]} did not end within {_NETWORK_PATIENCE_S} s.") from error
    if done.returncode != 0:
        raise ToolMissing(f"{' '.join(map(str, command))} failed:\n{done.stderr or done.stdout}")
    return done.stdout
