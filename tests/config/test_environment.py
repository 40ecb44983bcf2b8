"""What the process is told from outside."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment

LONG = "x" * 32


def _read() -> dict[int, str]:
    return environment.versioned_secrets("KAYUN_DATA_KEYS", local="KAYUN_DATA_KEY")


def test_secrets_come_by_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAYUN_DATA_KEYS", f'{{"1": "{LONG}", "10": "{LONG}y"}}')
    assert _read() == {1: LONG, 10: LONG + "y"}


@pytest.mark.parametrize("raw", ["secret", "[]", "{}", '{"one": "x"}', '{"0": "x"}'])
def test_what_is_not_secrets_by_version_is_refused(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("KAYUN_DATA_KEYS", raw)
    with pytest.raises(ImproperlyConfigured):
        _read()


def test_production_needs_secrets_that_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "MODE", "production")
    monkeypatch.setenv("KAYUN_DATA_KEYS", f'{{"1": "{LONG}", "2": "short"}}')
    with pytest.raises(ImproperlyConfigured):
        _read()
    monkeypatch.delenv("KAYUN_DATA_KEYS")
    monkeypatch.delenv("KAYUN_DATA_KEY", raising=False)
    with pytest.raises(ImproperlyConfigured):
        _read()
