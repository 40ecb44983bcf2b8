"""The lock file: does it fit the project file, and could it be installed anywhere?"""

import re
import tomllib
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from packaging.requirements import Requirement

_URL: Final = re.compile(r'"(https?://[^"]+)"')


def findings(root: Path) -> list[str]:
    """What is wrong with uv.lock, a line each."""
    text = (root / "uv.lock").read_text(encoding="utf-8")
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return [*foreign_hosts(text), *_unlocked(project, tomllib.loads(text))]


def foreign_hosts(lock: str) -> list[str]:
    """Hosts that only some machines can reach: a mirror, a private index, a find-links folder."""
    # pip knows the public defaults, so that no host needs to be written down here.
    from pip._internal.models.index import PyPI

    default = {urlsplit(PyPI.simple_url).hostname, PyPI.file_storage_domain}
    hosts = {urlsplit(url).hostname for url in _URL.findall(lock)}
    found = [f"uv.lock names the host {host}, which is not a default one" for host in sorted(map(str, hosts - default))]
    if re.search(r'source = \{ registry = "(?!https?://)', lock) or re.search(r"\bpath = ", lock):
        found.append("uv.lock names a local path, which other machines do not have")
    return found


def _unlocked(project: dict[str, Any], lock: dict[str, Any]) -> list[str]:
    name = project["project"]["name"]
    locked = next(package for package in lock["package"] if package["name"] == name)["metadata"]
    wanted = project["project"]["dependencies"]
    found = _differences(wanted, locked["requires-dist"])
    for group, entries in project.get("dependency-groups", {}).items():
        found += _differences(entries, locked.get("requires-dev", {}).get(group, []))
    return found


def _differences(wanted: list[str], locked: list[dict[str, Any]]) -> list[str]:
    in_project = {_key(Requirement(entry)) for entry in wanted}
    in_lock = {
        (entry["name"], tuple(entry.get("extras", ())), _specifier(entry.get("specifier", ""))) for entry in locked
    }
    return [
        f"{name} is not the same in pyproject.toml and in uv.lock: run `uv lock`"
        for name in sorted({key[0] for key in in_project ^ in_lock})
    ]


def _key(requirement: Requirement) -> tuple[str, tuple[str, ...], str]:
    name = re.sub(r"[-_.]+", "-", requirement.name).lower()
    return name, tuple(sorted(requirement.extras)), _specifier(str(requirement.specifier))


def _specifier(text: str) -> str:
    return ",".join(sorted(part.strip() for part in text.split(",")))
