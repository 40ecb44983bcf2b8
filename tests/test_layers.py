"""The contracts on imports hold, and they bite: a bad import of each sort is caught."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("platform", "tenants", "billing", "membership", "portal", "api")

BAD = {
    "platform/kernel/money.py": "import membership.cards.domain",
    "portal/hosts.py": "import api.errors",
    "tenants/people/models.py": "import tenants.people.queries",
    "membership/records/queries.py": "import membership.cashier.services",
    "membership/cards/domain.py": "import psycopg",
    "billing/pricebook/queries.py": "import config.environment",
}
BROKEN = (
    "kernel is not allowed to import membership",
    "portal is not allowed to import api",
    "tenants.people.models is not allowed to import tenants.people.queries",
    "membership.records is not allowed to import membership.cashier",
    "membership.cards.domain is not allowed to import psycopg",
    "billing is not allowed to import config",
)


def _lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    sources = os.pathsep.join([str(folder), str(folder / "platform")])
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": sources, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_sort_of_bad_import_is_caught(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "static", "templates", "locale", "styles")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    clean = _lint(tmp_path)
    assert clean.returncode == 0, clean.stdout

    for name, line in BAD.items():
        with (tmp_path / name).open("a", encoding="utf-8") as source:
            source.write(f"\n{line}\n")
    found = _lint(tmp_path)

    assert found.returncode == 1
    told = " ".join(found.stdout.split())
    assert [broken for broken in BROKEN if broken not in told] == []
