"""Nothing that is shown is left in one language: each catalog holds every string of its part, with the same placeholders."""

import re
from pathlib import Path

import allauth
import django
import pytest
import unfold
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation

from tests.portal.strings import strings_in, translated

ROOT = Path(settings.BASE_DIR)
ENGLISH = {
    "portal": ROOT / "portal/locale/en/LC_MESSAGES/django.po",
    "billing/pricebook": ROOT / "billing/pricebook/locale/en/LC_MESSAGES/django.po",
}
CHINESE = ROOT / "platform/config/locale/zh_Hans/LC_MESSAGES/django.po"
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
_HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("part", ENGLISH)
def test_every_string_of_the_part_has_its_english(part: str) -> None:
    known = translated(ENGLISH[part])
    untranslated = {message: path for message, path in strings_in(ROOT / part).items() if message not in known}
    assert untranslated == {}


@pytest.mark.parametrize("part", ENGLISH)
def test_the_catalog_holds_nothing_the_part_no_longer_says(part: str) -> None:
    assert translated(ENGLISH[part]) - strings_in(ROOT / part).keys() == set()


@pytest.mark.parametrize("catalog", [*ENGLISH.values(), CHINESE], ids=lambda path: path.parts[-6])
def test_translations_keep_their_placeholders(catalog: Path) -> None:
    with catalog.open("rb") as stream:
        entries = [entry for entry in read_po(stream) if entry.id]
    for entry in entries:
        wanted = set(_PLACEHOLDER.findall(entry.id if isinstance(entry.id, str) else entry.id[-1]))
        for text in [entry.string] if isinstance(entry.string, str) else entry.string:
            assert set(_PLACEHOLDER.findall(text)) <= wanted, entry.id
            assert isinstance(entry.id, tuple) or set(_PLACEHOLDER.findall(text)) == wanted, entry.id


@pytest.mark.parametrize("catalog", ENGLISH.values(), ids=ENGLISH)
def test_the_english_holds_no_chinese(catalog: Path) -> None:
    with catalog.open("rb") as stream:
        texts = [entry.string for entry in read_po(stream) if entry.id]
    assert [text for text in texts if _HAN.search(str(text))] == []


def test_unfold_and_allauth_are_wholly_in_chinese() -> None:
    """Unfold ships no zh-Hans. Ours fills what Django's and allauth's catalogs do not hold."""
    django_root, allauth_root, unfold_root = (
        Path(module.__file__ or "").parent for module in (django, allauth, unfold)
    )
    catalogs = [
        *django_root.glob("conf/locale/zh_Hans/LC_MESSAGES/django.po"),
        *django_root.glob("contrib/*/locale/zh_Hans/LC_MESSAGES/django.po"),
        *allauth_root.glob("locale/zh_Hans/LC_MESSAGES/django.po"),
        CHINESE,
    ]
    known = {message[0] for catalog in catalogs for message in translated(catalog)}
    shown = [unfold_root, *(allauth_root / part for part in ("mfa", "templates/account", "templates/mfa"))]
    assert {message for root in shown for message in strings_in(root) if message[0] not in known} == set()


def test_both_languages_are_in_force() -> None:
    with translation.override("zh-hans"):
        assert translation.gettext("Search apps and models...") == "搜索应用和登记簿…"
        assert translation.gettext("消费收银") == "消费收银"
    with translation.override("en"):
        assert translation.gettext("消费收银") == "Till"
