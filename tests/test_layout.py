"""What the repository's layout must keep to, or Python and other machines trip over it."""

import re
import subprocess
import sys
from pathlib import Path

from config.cli import lockfile

ROOT = Path(__file__).resolve().parents[1]


def test_platform_is_a_source_root_and_not_a_package() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists(), "it would shadow the standard library's `platform`"
    assert not (ROOT / "tests" / "platform").exists()


def test_import_platform_is_the_standard_librarys_in_a_child_started_at_the_root() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import platform; print(platform.python_implementation(), platform.__file__)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.startswith("CPython ")
    assert str(ROOT / "platform") not in said


def test_the_lock_names_only_hosts_that_everybody_has() -> None:
    assert lockfile.findings(ROOT) == []


def test_a_lock_made_against_a_mirror_is_found() -> None:
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    mirrored = re.sub(r"https://[^/]+/packages/", "https://mirror.corp.example/packages/", lock, count=1)
    assert lockfile.foreign_hosts(mirrored) == [
        "uv.lock names the host mirror.corp.example, which is not a default one"
    ]
    local = lock.replace('source = { registry = "https://', 'source = { registry = "/opt/', 1)
    assert lockfile.foreign_hosts(local) == ["uv.lock names a local path, which other machines do not have"]


def test_a_dependency_changed_without_locking_is_found(tmp_path: Path) -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "uv.lock").write_bytes((ROOT / "uv.lock").read_bytes())
    (tmp_path / "pyproject.toml").write_text(project.replace('"djangorestframework>=', '"djangorestframework>3,>='))
    assert lockfile.findings(tmp_path) == [
        "djangorestframework is not the same in pyproject.toml and in uv.lock: run `uv lock`"
    ]


def test_the_makefile_says_what_each_target_is_for() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for target in ("run", "test", "check", "bench", "fmt", "down", "clean"):
        assert re.search(rf"^  make {target} +\S", listed, re.MULTILINE), target
