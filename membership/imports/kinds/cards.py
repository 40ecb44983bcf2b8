"""Cards that a vendor has made: outer number, internal code, type and level (R-F04, R-F09). They become idle cards,
under stock control like those that were made here.
"""

import re

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from membership.cards.domain import LONGEST_NUMBER, tidy_number
from membership.imports.domain import Column
from membership.imports.kinds.base import (
    GOOD,
    SPAN,
    Ask,
    Kind,
    Span,
    add_duplicates,
    add_problem,
    add_problems,
    fetch,
    kind,
)
from membership.stock.services import make_into_stock
from tenants.people.domain import Act

_FORM = re.compile(r"\A[0-9A-Z]{4,32}\Z", re.ASCII)


class NumberForm(DomainError):
    """Not a card number."""

    code = "number_form"


def clean_number(text: str) -> str:
    """A card number or an internal code in its stored form.

    Raises:
        NumberForm
    """
    if _FORM.match(text):
        return text
    number = tidy_number(text)
    if not _FORM.match(number):
        raise NumberForm
    return number


def _clean_code(text: str) -> str:
    return text.upper()


def _ends_in_luhn(number: str) -> str:
    """The SQL of whether a number ends in its check digit; ``cards.domain.luhn_digit`` says the same."""
    doubled = "digit * 2 - CASE WHEN digit > 4 THEN 9 ELSE 0 END"
    return f"""(CASE WHEN {number} ~ '^[0-9]+$' THEN (
        SELECT mod(sum(CASE WHEN mod(place, 2) = 0 THEN {doubled} ELSE digit END), 10) = 0
        FROM (SELECT digit::int, place
            FROM string_to_table(reverse({number}), NULL) WITH ORDINALITY AS one (digit, place)) AS digits
    ) ELSE false END)"""  # noqa: S608


@kind
class Cards(Kind):
    """Idle cards, as ``cards.services.make_cards`` would make them, from the vendor's list."""

    code = "CARDS"
    label = _("会员卡（号段导入）")
    hint = _("制卡商交付的卡号与内部编码。导入后是空闲卡，不属于任何会员。")
    act = Act.CARD_MAKE
    columns = (
        Column("number", _("卡号"), ("外部卡号",), clean=clean_number, longest=LONGEST_NUMBER, sample="6608000001"),
        Column(
            "internal_code", _("内部编码"), ("内码", "芯片号"), required=False, clean=clean_number,
            longest=LONGEST_NUMBER, sample="A0000000001",
        ),
        Column("level", _("级别代码"), ("级别", "卡级别"), clean=_clean_code, longest=20, sample="GOLD"),
        Column("type", _("类型代码"), ("类型", "卡类型"), clean=_clean_code, longest=20, sample="ORDINARY"),
    )  # fmt: skip
    problems = {
        "number_form": _("只能是 4–32 位数字和大写字母"),
        "card_exists": _("系统中已有这个卡号"),
        "internal_code_exists": _("系统中已有这个内部编码"),
        "level_unknown": _("没有这个级别"),
        "type_unknown": _("没有这个卡类型"),
        "number_prefix": _("卡号前缀与卡类型不符"),
        "number_length": _("卡号长度与卡类型不符"),
        "number_check_digit": _("卡号的校验位不符"),
        "internal_prefix": _("内部编码前缀与卡类型不符"),
        "internal_length": _("内部编码长度与卡类型不符"),
        "internal_code_missing": _("这个卡类型须有内部编码"),
    }

    def check(self, span: Span) -> None:
        """Duplicates within the file and against the cards there are; level, type, and what the type asks (R-F09)."""
        add_duplicates(self, span, "number")
        add_duplicates(self, span, "internal_code")
        self._against_what_is_there(span)
        number, internal, level, type_ = (self.cell(column.code) for column in self.columns)
        coded = f"{internal} <> ''"
        add_problems(
            self,
            span,
            (
                Ask("level", "level_unknown", f"{level} <> '' AND l.id IS NULL"),
                Ask("type", "type_unknown", f"{type_} <> '' AND t.id IS NULL"),
                Ask("number", "number_prefix", f"NOT starts_with({number}, t.number_prefix)"),
                Ask("number", "number_length", f"length({number}) <> t.number_length"),
                Ask("number", "number_check_digit", f"t.check_digit AND NOT {_ends_in_luhn(number)}"),
                Ask("internal_code", "internal_prefix", f"{coded} AND NOT starts_with({internal}, t.internal_prefix)"),
                Ask("internal_code", "internal_length", f"{coded} AND length({internal}) <> t.internal_length"),
                Ask(
                    "internal_code",
                    "internal_code_missing",
                    f"{internal} = '' AND (t.internal_prefix <> '' OR t.internal_length IS NOT NULL)",
                ),
            ),
            join=f"""LEFT JOIN cards_cardlevel l ON l.code = {level} LEFT JOIN cards_cardtype t ON t.code = {type_}""",
        )

    def apply(self, span: Span) -> int:
        """Make the cards and put them into stock."""
        self._against_what_is_there(span, among=GOOD)
        return make_into_stock(
            making=f"""
                INSERT INTO cards_card (number, internal_code, type_id, level_id, status, locked, made_at,
                    pin_hash, pin_must_change, pin_version)
                SELECT {self.cell("number")}, nullif({self.cell("internal_code")}, ''), t.id, l.id, 'IDLE', false,
                    %(now)s, '', true, 0
                FROM imports_importrow row
                JOIN cards_cardlevel l ON l.code = {self.cell("level")}
                JOIN cards_cardtype t ON t.code = {self.cell("type")}
                WHERE {GOOD}
                """,  # noqa: S608
            params=span.params,
            store_id=span.imported.store_id,
            made_by_name=span.imported.confirmed_name,
        )

    def totals(self, span: Span) -> dict[str, int]:
        """Good cards by level."""
        counted = f"""
            SELECT {self.cell("level")}, count(*) FROM imports_importrow row WHERE {GOOD} GROUP BY 1 ORDER BY 1
            """  # noqa: S608
        return {str(level): int(count) for level, count in fetch(counted, span.params)}

    def _against_what_is_there(self, span: Span, *, among: str = SPAN) -> None:
        for column, code in (("number", "card_exists"), ("internal_code", "internal_code_exists")):
            cell = self.cell(column)
            # What is imported together lies close together: between its first and its last number the index finds the
            # cards that there are, mostly none, and a million others are not read again for every batch.
            least, most = (
                f"(SELECT {end}({cell}) FROM imports_importrow row WHERE {SPAN} AND {cell} <> '')"  # noqa: S608
                for end in ("min", "max")
            )
            join = f"JOIN cards_card c ON c.{column} = {cell} AND c.{column} BETWEEN {least} AND {most}"
            add_problem(self, span, column, code, join=join, where="true", among=among)
