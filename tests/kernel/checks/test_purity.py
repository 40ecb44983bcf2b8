"""Rules that ask a database or a clock are found."""

from pathlib import Path

import pytest

from kernel.checks.purity import is_domain, purity_findings

BAD = [
    ("K401", "from django.db import connection"),
    ("K401", "from django.db import models, transaction"),
    ("K401", "class Card(models.Model): ..."),
    ("K401", "def usable(card): return Card.objects.get(pk=card)"),
    ("K402", "def due(day): return day < date.today()"),
    ("K402", "def due(day): return day < clock.now()"),
    ("K402", "def late(): return time.monotonic() > 5"),
]
GOOD = [
    "from django.db import models",
    "class Status(models.TextChoices): IDLE = 'IDLE'",
    "def due(day, *, now): return day < now.date()",
    "def half(amount): return amount.value // 2",
]


def _codes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "domain.py"
    path.write_text(text, encoding="utf-8")
    return [finding.code for finding in purity_findings([path], root=tmp_path)]


@pytest.mark.parametrize(("code", "text"), BAD)
def test_a_bad_example_is_found(tmp_path: Path, code: str, text: str) -> None:
    assert _codes(tmp_path, text) == [code]


@pytest.mark.parametrize("text", GOOD)
def test_a_good_example_passes(tmp_path: Path, text: str) -> None:
    assert _codes(tmp_path, text) == []


def test_rules_stand_in_domain_files_and_packages() -> None:
    assert is_domain(Path("membership/cards/domain.py"))
    assert is_domain(Path("platform/ledger/domain/deciding.py"))
    assert not is_domain(Path("membership/cards/services.py"))
