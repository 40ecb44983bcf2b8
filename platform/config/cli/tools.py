"""What tests need and no Python package brings: Chromium, PgBouncer, a Chinese font.

Each is looked for on the machine first, then among what was unpacked under ``.local/tools``; `provide` installs or
unpacks what is missing. Where that fails it says the one command to run. Nothing is skipped in silence.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import click
from filelock import FileLock

from config.cli import debian
from config.cli.toolerrors import ToolMissing
from config.environment import LOCAL_DIR

_TOOLS: Final = LOCAL_DIR / "tools"
_BROWSERS: Final = _TOOLS / "playwright"
_FONTS: Final = _TOOLS / "fonts"
_FONT_CONFIG: Final = _FONTS / "fonts.conf"
_PROBE_PATIENCE_S: Final = 30
_DOWNLOAD_PATIENCE_S: Final = 600

# Everything `provide` may need, as the package manager of each kind of machine names it.
_ONE_COMMAND: Final[Mapping[str, str]] = {
    "apt-get": "sudo apt-get install chromium pgbouncer fontconfig fonts-wqy-zenhei",
    "dnf": "sudo dnf install chromium pgbouncer fontconfig wqy-zenhei-fonts",
    "pacman": "sudo pacman -S chromium pgbouncer fontconfig wqy-zenhei",
    "apk": "sudo apk add chromium pgbouncer fontconfig font-wqy-zenhei",
    "brew": "brew install --cask chromium && brew install pgbouncer fontconfig",
}


@dataclass(frozen=True, slots=True)
class _Program:
    """A program from a Debian package."""

    name: str
    candidates: tuple[str, ...]
    packages: tuple[str, ...]
    inside: str
    """Where it lies in the unpacked package."""

    @property
    def wrapper(self) -> Path:
        return _TOOLS / "bin" / self.name

    def unpack(self) -> None:
        root = _TOOLS / self.name
        debian.unpack(self.packages, target=root)
        debian.write_wrapper(self.inside, root=root, wrapper=self.wrapper)


_CHROMIUM: Final = _Program(
    name="chromium",
    candidates=("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    packages=("chromium",),
    # Debian's own launcher looks for the browser under /usr/lib.
    inside="usr/lib/chromium/chromium",
)
_PGBOUNCER: Final = _Program(
    name="pgbouncer",
    candidates=("pgbouncer", "/usr/sbin/pgbouncer"),
    packages=("pgbouncer",),
    inside="usr/sbin/pgbouncer",
)


@cache
def chromium() -> Path:
    """The browser to run page tests in. Raises ToolMissing with the command that provides it."""
    found = _working(_CHROMIUM) or _downloaded_browser()
    if found is None:
        raise _missing("Chromium")
    return found


@cache
def pgbouncer() -> Path:
    """The pooler that the tenant guard is tested through. Raises ToolMissing with the command that provides it."""
    found = _working(_PGBOUNCER)
    if found is None:
        raise _missing("PgBouncer")
    return found


def has_chinese_font() -> bool:
    """Whether 汉 can be drawn, by a font of the machine or by ours."""
    if next(_FONTS.rglob("*.tt[cf]"), None):
        return True
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    listed = subprocess.run([lister, ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def environment() -> dict[str, str]:
    """Variables under which programs find what `provide` unpacked."""
    return {"FONTCONFIG_FILE": str(_FONT_CONFIG)} if _FONT_CONFIG.exists() else {}


def provide() -> None:
    """Make sure of all three, installing or unpacking what is missing. Raises ToolMissing."""
    _TOOLS.mkdir(parents=True, exist_ok=True)
    with FileLock(_TOOLS / "lock"):
        _provide("Chromium", chromium, [_download_browser, lambda: _from_debian(_CHROMIUM)])
        _provide("PgBouncer", pgbouncer, [lambda: _from_debian(_PGBOUNCER)])
        _provide("a Chinese font", _require_font, [_font_from_debian])


def _provide(name: str, find: Callable[[], object], ways: list[Callable[[], None]]) -> None:
    tried: list[str] = []
    for way in (None, *ways):
        try:
            if way is not None:
                click.echo(f"Fetching {name} ..." if not tried else f"Fetching {name} in another way ...")
                way()
            find()
        except ToolMissing as error:
            if way is not None:
                tried.append(error.message)
        else:
            return
    raise ToolMissing("\n".join([*tried, _missing(name).message]))


def _require_font() -> None:
    if not has_chinese_font():
        raise _missing("A Chinese font")


def _missing(name: str) -> ToolMissing:
    command = next((text for manager, text in _ONE_COMMAND.items() if shutil.which(manager)), None)
    how = f"Run this once, then try again:\n  {command}" if command else f"Install {name}, then try again."
    return ToolMissing(f"Tests need {name}, and it cannot be found here. {how}")


def _working(program: _Program) -> Path | None:
    for candidate in (*program.candidates, str(program.wrapper)):
        path = shutil.which(candidate)
        if path and _runs(Path(path)):
            return Path(path)
    return None


def _runs(path: Path) -> bool:
    """Tried, not only seen: a stub that asks for a snap is called chromium too, and libraries may be missing."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, check=False, timeout=_PROBE_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _downloaded_browser() -> Path | None:
    for path in sorted(_BROWSERS.glob("chromium-*/chrome-*/chrome"), reverse=True):
        if _runs(path):
            return path
    return None


def _download_browser() -> None:
    variables = {**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(_BROWSERS)}
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        done = subprocess.run(
            command, env=variables, capture_output=True, text=True, check=False, timeout=_DOWNLOAD_PATIENCE_S
        )
    except subprocess.TimeoutExpired as error:
        raise ToolMissing("Playwright's download of Chromium did not end.") from error
    if done.returncode != 0:
        raise ToolMissing("Playwright's download of Chromium failed.")


def _from_debian(program: _Program) -> None:
    _require_debian()
    if os.geteuid() == 0:
        debian.install(program.packages)
    else:
        program.unpack()


def _font_from_debian() -> None:
    _require_debian()
    if os.geteuid() == 0:
        debian.install(["fontconfig", "fonts-wqy-zenhei"])
    else:
        unpack_font()


def unpack_font() -> None:
    """Unpack a Chinese font under ``.local`` and let fontconfig find it there besides the machine's own."""
    debian.unpack(["fonts-wqy-zenhei"], target=_FONTS)
    _FONT_CONFIG.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        '  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>\n'
        f"  <dir>{_FONTS}</dir>\n  <cachedir>{_TOOLS / 'fontcache'}</cachedir>\n</fontconfig>\n",
        encoding="utf-8",
    )


def _require_debian() -> None:
    if not debian.available():
        raise ToolMissing("This machine has no apt to fetch it with.")
