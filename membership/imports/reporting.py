"""The list of faulty rows that a person downloads, mends and uploads again."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import IO, Final

from django.utils.translation import gettext as _
from django.utils.translation import override

from kernel import clock
from kernel.files.models import StoredFile
from kernel.files.services import XLSX, keep
from kernel.files.spooling import spool
from kernel.sheets import Column, ColumnKind, write_workbook
from membership.imports.domain import PROBLEMS
from membership.imports.kinds import Kind, kind_of
from membership.imports.models import Import
from membership.imports.queries import faulty_rows

KEPT_FOR: Final = timedelta(days=30)
"""How long uploaded files and lists of problems are kept: they hold personal data."""

ROWS_MAX: Final = 200_000
_PIECE: Final = 1 << 18
_LANGUAGES: Final = ("zh-hans", "en")


def problem_label(kind: Kind, code: str) -> str:
    """A problem in words, in the language that is active."""
    return str({**PROBLEMS, **kind.problems}.get(code, code))


def column_label(kind: Kind, code: str) -> str:
    """A column's title, in the language that is active."""
    return next((str(column.title) for column in kind.columns if column.code == code), code)


def keep_error_file(imported: Import) -> StoredFile:
    """Write the faulty rows, each with its reasons in Chinese and English, and keep them as a private file."""
    kind = kind_of(imported.kind)
    columns = [
        Column(_("行号"), ColumnKind.NUMBER, 8),
        Column(_("原因"), width=48),
        Column("Reason", width=48),
        *(Column(str(column.title)) for column in kind.columns),
    ]
    with spool() as folder:
        write_workbook(folder, [(_("错误清单"), columns, islice(_rows(kind, imported), ROWS_MAX))])
        folder.seek(0)
        return keep(
            _pieces(folder),
            filename=f"{imported.file.filename.rpartition('.')[0][:150]}-{_('错误清单')}.xlsx",
            content_type=XLSX,
            actor=imported.actor,
            expires_at=clock.now() + KEPT_FOR,
        )


def _rows(kind: Kind, imported: Import) -> Iterator[list[object]]:
    blank = [""] * len(kind.columns)
    words: dict[tuple[str, str, str], str] = {}
    for number, cells, problems in faulty_rows(imported):
        reasons = []
        for language in _LANGUAGES:
            parts = []
            for column, code in problems:
                key = (language, column, code)
                if key not in words:
                    with override(language):
                        words[key] = _("%(column)s：%(problem)s") % {
                            "column": column_label(kind, column),
                            "problem": problem_label(kind, code).rstrip("。."),
                        }
                parts.append(words[key])
            with override(language):
                reasons.append(_("；").join(parts))
        yield [number, *reasons, *(cells or blank)]


def _pieces(folder: IO[bytes]) -> Iterator[bytes]:
    while piece := folder.read(_PIECE):
        yield piece
