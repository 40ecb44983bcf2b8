"""The table of checks: what each is for and how it is run. Tests are one of them, and run last."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.cli import lockfile, tools
from config.cli.building import SOURCE_ROOTS
from config.environment import ROOT

_BIN: Final = Path(sys.executable).parent
# An advisory service that cannot be reached must not hold the checks up for long.
_AUDIT_PATIENCE_S: Final = 120


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a check passed, and what it said. A `note` is shown even when it passed."""

    passed: bool
    said: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check by its name on the command line."""

    purpose: str
    run: Callable[[], Outcome]


def environment() -> dict[str, str]:
    """What checks and tests see: the test servers, and settings that never touch the data of `kayun run`."""
    return {
        **os.environ,
        **tools.environment(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "KAYUN_MODE": "test",
        "PATH": f"{_BIN}{os.pathsep}{os.environ.get('PATH', '')}",
    }


def _command(*parts: str | Path) -> Outcome:
    done = subprocess.run(
        [str(part) for part in parts],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(done.returncode == 0, done.stdout)


def _templates() -> Outcome:
    found = [path for top in SOURCE_ROOTS for path in sorted((ROOT / top).rglob("templates/**/*.html"))]
    return _command(_BIN / "djade", "--check", "--target-version", "5.2", *found) if found else Outcome(passed=True)


def _lock() -> Outcome:
    findings = lockfile.findings(ROOT)
    return Outcome(not findings, "\n".join(findings))


def _advisories() -> Outcome:
    command: list[str | Path] = [
        _BIN / "pip-audit",
        "--local",
        "--skip-editable",
        "--progress-spinner",
        "off",
        "--format",
        "json",
    ]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_AUDIT_PATIENCE_S)
    except subprocess.TimeoutExpired:
        return Outcome(passed=True, note=f"NOT AUDITED: no answer within {_AUDIT_PATIENCE_S} s")
    return read_advisories(done.stdout, done.stderr)


def read_advisories(report: str, errors: str) -> Outcome:
    """What pip-audit's JSON report amounts to. It audited nothing where the advisory service could not be reached."""
    try:
        dependencies = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        last_line = errors.strip().rpartition("\n")[2]
        return Outcome(passed=True, note=f"NOT AUDITED: the advisory service was not reached ({last_line[:120]})")
    audited = [entry for entry in dependencies if "vulns" in entry]
    if not audited:
        return Outcome(passed=True, note="NOT AUDITED: the advisory service knows none of the packages")
    vulnerable = [
        f"{entry['name']} {entry['version']}: {advisory['id']}, fixed in {advisory['fix_versions'] or 'no version'}"
        for entry in audited
        for advisory in entry["vulns"]
    ]
    skipped = len(dependencies) - len(audited)
    note = f"NOT AUDITED: {skipped} of {len(dependencies)} packages" if skipped else ""
    return Outcome(not vulnerable, "\n".join(vulnerable), note)


CHECKS: Final[Mapping[str, Check]] = {
    "format": Check("ruff: the code is formatted", lambda: _command(_BIN / "ruff", "format", "--check", ".")),
    "lint": Check("ruff: no lint findings", lambda: _command(_BIN / "ruff", "check", ".")),
    "lock": Check("uv.lock fits pyproject.toml and names only the default hosts", _lock),
    "layers": Check("import-linter: imports run one way", lambda: _command(_BIN / "lint-imports", "--no-cache")),
    "templates": Check("djade: the templates are formatted", _templates),
    "messages": Check(
        "every string has its English, with the same placeholders",
        lambda: _command(sys.executable, "-m", "config.cli.catalogs"),
    ),
    "rules": Check(
        "models, migrations and SQL keep the schema rules; no migration is missing",
        lambda: _command(sys.executable, "-m", "kernel.checks"),
    ),
    "django": Check("Django's own checks", lambda: _command(sys.executable, "-m", "django", "check")),
    "types": Check("mypy, strict", lambda: _command(_BIN / "mypy")),
    "advisories": Check("pip-audit: no package with a known hole", _advisories),
}
