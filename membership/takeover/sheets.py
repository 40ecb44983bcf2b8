"""The sheets of the workbook: kinds of imports that are checked beside each other and taken over in their order."""

from typing import ClassVar, Final

from django.utils.translation import gettext_lazy as _

from kernel import clock
from membership.imports.domain import ROW_BITS, Column
from membership.imports.kinds.base import GOOD, Kind, Span, add_duplicates, add_problem, kind, run
from membership.imports.kinds.cards import clean_number
from membership.imports.kinds.documents import (
    DOCUMENT_COLUMNS,
    check_documents,
    check_known_documents,
    filing_documents,
    filing_params,
)
from membership.imports.kinds.members import MEMBER_PROBLEMS, clean_birthday, clean_date, clean_name
from membership.members.domain import CODE_DIGITS, CODE_PREFIX, normalise_phone
from membership.takeover.models import Takeover, TakeoverSheet
from membership.vehicles.domain import normalise_plate, normalise_vin
from tenants.people.domain import Act


def ref_column() -> Column:
    """What the old system called a member."""
    return Column("ref", _("原会员号"), ("会员号", "会员编号"), longest=40, sample="V0001")


def number_column() -> Column:
    """A card of the old system."""
    return Column("number", _("卡号"), clean=clean_number, longest=32, sample="8800000001")


class Sheet(Kind):
    """A sheet of the workbook."""

    act = Act.DATA_IMPORT
    listed = False
    title: ClassVar[str]
    """The sheet's name in the workbook."""
    required: ClassVar[bool] = False

    def takeover_of(self, span: Span) -> Takeover:
        """The take-over that the sheet belongs to."""
        return TakeoverSheet.objects.select_related("takeover").get(imported=span.imported).takeover

    def sibling(self, span: Span, code: str) -> dict[str, int]:
        """The bounds of another sheet's staged rows, ``low2`` and ``high2``; empty bounds without it."""
        found = TakeoverSheet.objects.filter(takeover__sheets__imported=span.imported, imported__kind=code).first()
        low = found.imported_id << ROW_BITS if found else 0
        return {"low2": low, "high2": low + (1 << ROW_BITS) - 1 if found else 0}

    def check_known(self, span: Span, column: str, other: "Sheet", problem: str) -> None:
        """Add a problem to rows that name something the other sheet does not have."""
        there = f"SELECT FROM imports_importrow o WHERE o.cells[{other.place(column)}] = {self.cell(column)}"
        add_problem(
            self,
            span,
            column,
            problem,
            where=f"{self.cell(column)} <> '' AND NOT EXISTS ({there} AND o.id > %(low2)s AND o.id <= %(high2)s)",
            params=self.sibling(span, other.code),
        )

    def sums(self, span: Span) -> dict[str, int]:
        """What the sheet adds to the sums that are signed."""
        raise NotImplementedError


@kind
class MembersSheet(Sheet):
    """会员: who the members are."""

    code = "TAKE_MEMBERS"
    title = "会员"
    label = _("会员")
    required = True
    columns = (
        ref_column(),
        Column("name", _("姓名"), ("会员姓名",), clean=clean_name, longest=60, personal=True, sample="林静"),
        Column("phone", _("手机号"), ("手机", "电话"), clean=normalise_phone, personal=True, sample="19900001234"),
        Column("birthday", _("生日"), ("出生日期",), False, clean_birthday, personal=True, sample="1985-03-17"),
        *DOCUMENT_COLUMNS,
    )
    problems = MEMBER_PROBLEMS

    def check(self, span: Span) -> None:
        """No member of the old system twice; nobody who is filed here already."""
        add_duplicates(self, span, "ref")
        check_documents(self, span)
        name, phone = self.cell("name"), self.cell("phone")
        add_problem(
            self, span, "phone", "member_exists",
            where=f"EXISTS (SELECT FROM members_member m WHERE m.phone = {phone} AND m.name = {name})",
        )  # fmt: skip

    def sums(self, span: Span) -> dict[str, int]:
        """Members."""
        return {"members": span.imported.good}

    def apply(self, span: Span) -> int:
        """File the members with their ID documents. A document that somebody has shown since the check is left out: its
        row counts as not taken over, and the sums differ from what was signed.
        """
        check_known_documents(self, span, among=GOOD)
        ref, name, phone, birthday = (self.cell(code) for code in ("ref", "name", "phone", "birthday"))
        return run(
            f"""
            WITH given AS MATERIALIZED (
                SELECT nextval(pg_get_serial_sequence('members_member', 'id')) AS member_id, good.* FROM (
                    SELECT row.id AS row_id, {ref} AS ref, {name} AS name, {phone} AS phone, {birthday} AS birthday
                    FROM imports_importrow row WHERE {GOOD} ORDER BY row.id) AS good
            ), filed AS (
                INSERT INTO members_member (id, code, name, phone, birthday, store_id, created_at)
                SELECT member_id, '{CODE_PREFIX}' || lpad(member_id::text, greatest({CODE_DIGITS},
                    length(member_id::text)), '0'), name, phone, nullif(birthday, '')::date, %(store)s, %(now)s
                FROM given
            ), papers AS ({filing_documents("given")})
            INSERT INTO takeover_takenmember (takeover_id, ref, member_id)
            SELECT %(takeover)s, ref, member_id FROM given
            """,  # noqa: S608
            {**span.params, **filing_params(span), "takeover": self.takeover_of(span).pk},
        )


@kind
class VehiclesSheet(Sheet):
    """车辆: whose they are."""

    code = "TAKE_VEHICLES"
    title = "车辆"
    label = _("车辆")
    columns = (
        ref_column(),
        Column("plate", _("车牌号"), ("车牌",), False, normalise_plate, personal=True, sample="沪A12345"),
        Column("vin", _("车架号"), ("VIN", "VIN码"), False, normalise_vin, personal=True),
    )
    problems = {
        **MEMBER_PROBLEMS,
        "member_unknown": _("“会员”表中没有这个会员号"),
        "vehicle_unnamed": _("车牌号和车架号都没有填写"),
    }

    def check(self, span: Span) -> None:
        """Each belongs to a member of the workbook and is known by something; no vehicle is somebody's already."""
        plate, vin = self.cell("plate"), self.cell("vin")
        self.check_known(span, "ref", MEMBERS, "member_unknown")
        add_duplicates(self, span, "vin")
        add_problem(self, span, "plate", "vehicle_unnamed", where=f"{plate} = '' AND {vin} = ''")
        add_problem(
            self, span, "vin", "vehicle_exists",
            where=f"{vin} <> '' AND EXISTS (SELECT FROM vehicles_vehicle v WHERE v.vin = {vin})",
        )  # fmt: skip

    def sums(self, span: Span) -> dict[str, int]:
        """Vehicles."""
        return {"vehicles": span.imported.good}

    def apply(self, span: Span) -> int:
        """File the vehicles."""
        return run(
            f"""
            INSERT INTO vehicles_vehicle (vin, plate, model_name, owner_id, created_at)
            SELECT {self.cell("vin")}, {self.cell("plate")}, '', t.member_id, %(now)s
            FROM imports_importrow row
            JOIN takeover_takenmember t ON t.takeover_id = %(takeover)s AND t.ref = {self.cell("ref")}
            WHERE {GOOD}
            """,  # noqa: S608
            {**span.params, "now": clock.now(), "takeover": self.takeover_of(span).pk},
        )


@kind
class CardsSheet(Sheet):
    """会员卡: which cards they hold. Issued and active, without a PIN: it is renewed at the desk."""

    code = "TAKE_CARDS"
    title = "会员卡"
    label = _("会员卡")
    required = True
    columns = (
        number_column(),
        ref_column(),
        Column("level", _("级别代码"), ("级别", "卡级别"), clean=str.upper, longest=20, sample="GOLD"),
        Column("type", _("类型代码"), ("类型", "卡类型"), clean=str.upper, longest=20, sample="ORDINARY"),
        Column("valid_until", _("有效期至"), ("有效期",), clean=clean_date, sample="2028-12-31"),
    )
    problems = {
        "number_form": _("只能是 4–32 位数字和大写字母"),
        "card_exists": _("系统中已有这个卡号"),
        "member_unknown": _("“会员”表中没有这个会员号"),
        "level_unknown": _("没有这个级别"),
        "type_unknown": _("没有这个卡类型，或它不须登记会员"),
        "date_form": _("日期无效，请写成 2026-03-02"),
        "date_past": _("有效期已过；请填写接管后的有效期"),
    }

    def check(self, span: Span) -> None:
        """Numbers that are new, holders that are there, levels and types of this chain, validities to come."""
        add_duplicates(self, span, "number")
        self._check_taken(span)
        self.check_known(span, "ref", MEMBERS, "member_unknown")
        level, type_ = self.cell("level"), self.cell("type")
        add_problem(
            self, span, "level", "level_unknown",
            where=f"{level} <> '' AND NOT EXISTS (SELECT FROM cards_cardlevel t WHERE t.code = {level})",
        )  # fmt: skip
        add_problem(
            self, span, "type", "type_unknown",
            where=f"{type_} <> '' AND NOT EXISTS (SELECT FROM cards_cardtype t WHERE t.code = {type_} "
            "AND t.member_required)",
        )  # fmt: skip
        add_problem(
            self, span, "valid_until", "date_past", params={"today": clock.today().isoformat()},
            where=f"{self.cell('valid_until')} ~ '^[0-9-]{{10}}$' AND {self.cell('valid_until')} < %(today)s",
        )  # fmt: skip

    def _check_taken(self, span: Span) -> None:
        add_problem(
            self, span, "number", "card_exists", join=f"JOIN cards_card c ON c.number = {self.cell('number')}",
            where="true",
        )  # fmt: skip

    def sums(self, span: Span) -> dict[str, int]:
        """Cards."""
        return {"cards": span.imported.good}

    def apply(self, span: Span) -> int:
        """Issue the cards with their accounts: one statement."""
        self._check_taken(span)
        number, ref, level, type_, until = (self.cell(column.code) for column in self.columns)
        return run(
            f"""
            WITH given AS MATERIALIZED (
                SELECT nextval(pg_get_serial_sequence('cards_card', 'id')) AS card_id,
                    nextval(pg_get_serial_sequence('ledger_account', 'id')) AS stored_id,
                    nextval(pg_get_serial_sequence('ledger_account', 'id')) AS points_id, good.*
                FROM (
                    SELECT {number} AS number, t.member_id, l.id AS level_id, y.id AS type_id, {until}::date AS until
                    FROM imports_importrow row
                    JOIN takeover_takenmember t ON t.takeover_id = %(takeover)s AND t.ref = {ref}
                    JOIN cards_cardlevel l ON l.code = {level}
                    JOIN cards_cardtype y ON y.code = {type_}
                    WHERE {GOOD} ORDER BY row.id) AS good
            ), accounts AS (
                INSERT INTO ledger_account (id, kind, holder_id, unit, lotted, allow_negative, balance, version)
                SELECT stored_id, 'STORED', card_id, 'CNY', true, false, 0, 0 FROM given
                UNION ALL SELECT points_id, 'POINTS', card_id, 'PTS', true, false, 0, 0 FROM given
            ), cards AS (
                INSERT INTO cards_card (id, number, type_id, level_id, status, locked, member_id, valid_until,
                    account_valid_until, stored_account_id, points_account_id, store_id, made_at, issued_at,
                    activated_at, pin_hash, pin_must_change, pin_version)
                SELECT card_id, number, type_id, level_id, 'ACTIVE', false, member_id, until, until, stored_id,
                    points_id, %(store)s, %(now)s, %(now)s, %(now)s, '', true, 0
                FROM given
            ), doors AS (
                INSERT INTO cards_cardweblogin (card_id, failures) SELECT card_id, 0 FROM given
            )
            INSERT INTO takeover_takencard (takeover_id, card_id) SELECT %(takeover)s, card_id FROM given
            """,  # noqa: S608
            {**span.params, "now": clock.now(), "takeover": self.takeover_of(span).pk},
        )


MEMBERS: Final = MembersSheet()
CARDS: Final = CardsSheet()
