"""States of an import, the columns a kind asks for, and how a file's header is matched with them."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ImportState(models.TextChoices):
    """Where an import stands."""

    CHECKING = "CHECKING", _("正在检查")
    """The file is being read and checked; nothing of it has been taken over."""
    CHECKED = "CHECKED", _("待确认")
    """A person looks at the totals and decides."""
    APPLYING = "APPLYING", _("正在导入")
    """Rows are being taken over, batch by batch."""
    DONE = "DONE", _("已完成")
    FAILED = "FAILED", _("未通过")
    """The file cannot be used as a whole; nothing of it has been taken over."""
    CANCELLED = "CANCELLED", _("已取消")
    """By a person; batches that had been taken over stay, and the page says how many rows those were."""


RUNNING: Final = (ImportState.CHECKING, ImportState.APPLYING)
"""What a worker has to do with."""

ROW_BITS: Final = 24
"""A staged row's key is its import's, shifted by so many bits, plus its number in the file: one index finds the rows of
an import in their order, and no row can be staged twice."""

Clean = Callable[[str], str]
"""From what stands in a cell to its one normal form. Raises DomainError, whose code becomes the row's problem."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a kind of import asks for. ``names``: what else its heading may be."""

    code: str
    title: str | Promise
    names: tuple[str, ...] = ()
    required: bool = True
    """Whether each row must fill it. A column that is not required may be missing altogether."""
    clean: Clean | None = None
    longest: int = 200
    personal: bool = False
    """Whether the value names a person: it is masked where problems are shown."""
    sealed: bool = False
    """Whether the value is a secret: rows wait with no more of it than its end, and lists of errors show no more."""
    sample: str = ""
    hint: str | Promise = ""


def tidy_heading(text: str) -> str:
    """A heading without what people add to it: spaces, stars, units and remarks in brackets, case and width."""
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    return re.sub(r"[\s*：:_\-]|\(.*?\)|【.*?】", "", plain)


def match_columns(header: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """Where in the file each column stands, by its code; columns that are not there are left out."""
    places: dict[str, int] = {}
    for place, heading in enumerate(header):
        places.setdefault(tidy_heading(heading), place)
    found = {}
    for column in columns:
        for name in (column.code, *column.names, *_both_titles(column)):
            at = places.get(tidy_heading(name))
            if at is not None:
                found[column.code] = at
                break
    return found


def _both_titles(column: Column) -> tuple[str, ...]:
    """The title in each language: a template that was downloaded in one is taken back in the other."""
    from django.utils.translation import override

    titles = []
    for language in ("zh-hans", "en"):
        with override(language):
            titles.append(str(column.title))
    return tuple(titles)


_SHOWN: Final = 40


def masked(value: str, column: Column) -> str:
    """A value as a list of problems shows it: enough to find it in the file."""
    text = value[:_SHOWN]
    if column.sealed:
        return hidden(text)
    if not column.personal or not text:
        return text
    if len(text) <= 2:
        return text[0] + "*"
    kept = 1 if len(text) < 7 else 3
    return f"{text[:kept]}{'*' * 4}{text[-kept:] if len(text) > 2 * kept else ''}"


def hidden(value: str) -> str:
    """A secret as it is shown: its last two places, nothing of a short one."""
    return "*" * (len(value) - 2) + value[-2:] if len(value) > 5 else "*" * len(value)


PROBLEMS: Final[Mapping[str, str | Promise]] = {
    "value_missing": _("没有填写"),
    "value_too_long": _("内容过长"),
    "number_imprecise": _("数字超过 15 位，末尾几位已被 Excel 改成 0；请把该列设为“文本”后重新填写"),
    "duplicate_in_file": _("文件中重复"),
}
"""Problems that any kind may find, in words; a kind adds its own."""
