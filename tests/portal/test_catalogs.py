"""The languages do not mix: English texts hold no Chinese, and what other packages say is wholly in Chinese."""

import re
from pathlib import Path

import allauth
import django
import pytest
import unfold
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation

from config.cli.building import catalogs
from tests.portal.strings import strings_in, translated

ROOT = Path(settings.BASE_DIR)
ENGLISH = [path for path in catalogs(ROOT) if path.parts[-3] == "en"]
CHINESE = ROOT / "platform/config/locale/zh_Hans/LC_MESSAGES/django.po"
_HAN = re.compile(r"[\u4e00-\u9fff]")
# What an English reader must see as it is written: the sheets of the take-over's workbook, a plate's first character,
# the mark on a reprinted slip.
_AS_WRITTEN = re.compile(r"the sheet (会员卡|会员)\b|沪A|\bCOPY 副本")


@pytest.mark.parametrize("catalog", ENGLISH, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_english_holds_no_chinese(catalog: Path) -> None:
    with catalog.open("rb") as stream:
        texts = [entry.string for entry in read_po(stream) if entry.id]
    assert [text for text in texts if _HAN.search(_AS_WRITTEN.sub("", str(text)))] == []


def test_unfold_and_allauth_are_wholly_in_chinese() -> None:
    """Unfold ships no zh-Hans. Ours fills what Django's and allauth's catalogs do not hold."""
    roots = (Path(module.__file__ or "").parent for module in (django, allauth, unfold))
    django_root, allauth_root, unfold_root = roots
    known = {
        message[0]
        for catalog in [
            *django_root.glob("conf/locale/zh_Hans/LC_MESSAGES/django.po"),
            *django_root.glob("contrib/*/locale/zh_Hans/LC_MESSAGES/django.po"),
            *allauth_root.glob("locale/zh_Hans/LC_MESSAGES/django.po"),
            CHINESE,
        ]
        for message in translated(catalog)
    }
    shown = [unfold_root, *(allauth_root / part for part in ("mfa", "templates/account", "templates/mfa"))]
    assert {message for root in shown for message in strings_in(root) if message[0] not in known} == set()


def test_the_finder_sees_strings_of_every_kind(tmp_path: Path) -> None:
    """The test above proves nothing if its finder is blind."""
    (tmp_path / "a.py").write_text('_("one"); ngettext("two", "twos", n); gettext_lazy("three")', encoding="utf-8")
    (tmp_path / "b.html").write_text(
        '{% load i18n %}<p title="{% translate "four" %}">{% blocktranslate count n=1 %}five{% plural %}fives'
        '{% endblocktranslate %}</p>{{ _("six") }}{% blocktranslate %}it\'s seven (7){% endblocktranslate %}',
        encoding="utf-8",
    )
    assert set(strings_in(tmp_path)) == {
        ("one",),
        ("two", "twos"),
        ("three",),
        ("four",),
        ("five", "fives"),
        ("six",),
        ("it's seven (7)",),
    }


def test_both_languages_are_in_force() -> None:
    with translation.override("zh-hans"):
        assert translation.gettext("Search apps and models...") == "搜索应用和登记簿…"
        assert translation.gettext("收银台") == "收银台"
    with translation.override("en"):
        assert translation.gettext("收银台") == "Till"


_TAGS = re.compile(r"\{%\s*blocktranslate\b.*?endblocktranslate\s*%\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_CHINESE = re.compile(r"[\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]")


def test_templates_hold_nothing_chinese_that_no_catalog_translates() -> None:
    """Nor a comma or a bracket of theirs between two translated words: an English reader would be shown it."""
    found = {
        (path.name, line.strip())
        for path in (ROOT / "portal/templates").rglob("*.html")
        for line in _TAGS.sub("", path.read_text(encoding="utf-8")).replace(">中文</button>", "").splitlines()
        if _CHINESE.search(line)
    }
    assert found == set()
