"""ID documents in a file: checked, sealed and indexed as each row is read. In the staged row stands the number's end.

A number is never staged, listed or logged in clear; the file itself is kept encrypted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.crypto import blind_index, encrypt
from kernel.errors import DomainError
from membership.imports.domain import Column, hidden
from membership.imports.kinds.base import SPAN, Kind, Span, add_problem, run, there_is
from membership.imports.reading import Problem
from membership.members.domain import (
    DocumentKind,
    InvalidIdNumber,
    birth_date_of,
    document_kind_called,
    masked_number,
    normalise_id_number,
)
from membership.members.domain.identity import PROBLEMS
from membership.members.models import ID_NUMBER

KIND: Final = "id_kind"
NUMBER: Final = "id_number"
_BIRTHDAY: Final = "birthday"

SealedRow = tuple[int, str, str, str, str]
"""The row's number in the file, kind, sealed number, its blind index, what pages show."""


class DocumentKindUnknown(DomainError):
    """No kind of ID document is called so."""

    code = "id_kind_unknown"


def clean_kind(text: str) -> str:
    """The code of a kind of document.

    Raises:
        DocumentKindUnknown
    """
    kind = document_kind_called(text)
    if kind is None:
        raise DocumentKindUnknown
    return kind.value


DOCUMENT_COLUMNS: Final = (
    Column(KIND, _("证件类型"), ("证件种类", "证件名称"), False, clean_kind, longest=16, sample="居民身份证"),
    Column(
        NUMBER, _("证件号码"), ("证件号", "身份证号", "身份证号码", "身份证"), False, personal=True, sealed=True,
        sample="11010119900307803X",
        hint=_("没有证件类型时按居民身份证核对校验位；请设为“文本”格式。"),
    ),
)  # fmt: skip

DOCUMENT_PROBLEMS: Final = {
    "id_kind_unknown": _("没有这种证件；请填居民身份证、护照、军人证件、港澳台通行证或外国人永久居留证"),
    "id_masked": _("号码已遮盖，请重新填写完整的号码"),
    "document_exists": _("已有会员登记了这个证件号码"),
    **{f"id_{problem}": text for problem, text in PROBLEMS.items()},
}


@dataclass(frozen=True, slots=True)
class DocumentReader:
    """Where a kind of import keeps the ID document in its rows."""

    kind_at: int
    number_at: int
    birthday_at: int
    today: date

    @classmethod
    def of(cls, columns: Sequence[Column]) -> "DocumentReader | None":
        """None for a kind that has no ID documents."""
        places = {column.code: place for place, column in enumerate(columns)}
        if NUMBER not in places:
            return None
        return cls(places[KIND], places[NUMBER], places[_BIRTHDAY], clock.today())

    def read(self, number: int, cells: list[str], problems: list[Problem]) -> SealedRow | None:
        """Take the number out of a row's cells and seal it; what is wrong with it is added to ``problems``.

        A birthday that the row lacks is taken from the number.
        """
        typed = cells[self.number_at]
        if not typed:
            if cells[self.kind_at]:
                problems.append((number, NUMBER, "value_missing", ""))
            return None
        shown = cells[self.number_at] = hidden(typed)
        try:
            kind = DocumentKind(cells[self.kind_at] or DocumentKind.ID_CARD)
        except ValueError:
            # The column's own check has said so.
            return None
        try:
            plain = normalise_id_number(typed, kind, today=self.today)
        except InvalidIdNumber as error:
            problem = "id_masked" if "*" in typed else f"id_{error.params['problem']}"
            problems.append((number, NUMBER, problem, shown))
            return None
        born = birth_date_of(plain, kind)
        if born is not None and not cells[self.birthday_at]:
            cells[self.birthday_at] = born.isoformat()
        sealed = encrypt(plain, purpose=ID_NUMBER)
        return number, kind.value, sealed, blind_index(plain, purpose=ID_NUMBER), masked_number(plain)


def check_documents(each: Kind, span: Span) -> None:
    """Add a problem to every row but the first that shows a document, and to rows whose document a member has shown."""
    run(
        f"""
        INSERT INTO imports_importproblem (row_id, "column", code, value)
        SELECT id, '{NUMBER}', 'duplicate_in_file', masked FROM (
            SELECT row.id, row.masked,
                row_number() OVER (PARTITION BY row.kind, row.number_index ORDER BY row.id) AS nth
            FROM imports_stageddocument row WHERE {SPAN}
        ) AS found WHERE nth > 1
        """,  # noqa: S608  (texts of ours)
        span.params,
    )
    check_known_documents(each, span)


def check_known_documents(each: Kind, span: Span, *, among: str = SPAN) -> None:
    """Add a problem to the rows whose document a member has shown."""
    add_problem(
        each, span, NUMBER, "document_exists", among=among,
        join="JOIN imports_stageddocument d ON d.id = row.id",
        where=there_is("members_iddocument i WHERE i.number_index = d.number_index AND i.kind = d.kind"),
    )  # fmt: skip


def filing_documents(given: str) -> str:
    """The SQL that files the documents of the rows in ``given`` (``row_id``, ``member_id``): as brought, not as seen.

    Its parameters are ``now`` and ``by``, whoever confirmed the import.
    """
    return f"""
        INSERT INTO members_iddocument
            (member_id, kind, number, number_index, masked, seen_at, seen_by, original_seen)
        SELECT given.member_id, d.kind, d.number, d.number_index, d.masked, %(now)s, %(by)s, false
        FROM {given} AS given JOIN imports_stageddocument d ON d.id = given.row_id
        """  # noqa: S608  (texts of ours)


def filing_params(span: Span) -> dict[str, Any]:
    """What ``filing_documents`` asks for."""
    return {"now": clock.now(), "by": span.imported.confirmed_name or span.imported.confirmed_by}
