"""Members from another list: name, telephone, birthday, a vehicle and an ID document."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.imports.domain import Column
from membership.imports.kinds.base import GOOD, SPAN, Kind, Span, add_duplicates, add_problem, fetch, kind, there_is
from membership.imports.kinds.documents import (
    DOCUMENT_COLUMNS,
    DOCUMENT_PROBLEMS,
    check_documents,
    check_known_documents,
    filing_documents,
    filing_params,
)
from membership.members.domain import CODE_DIGITS, CODE_PREFIX, normalise_phone
from membership.vehicles.domain import normalise_plate, normalise_vin
from tenants.people.domain import Act


class DateForm(DomainError):
    """Not a day of the calendar."""

    code = "date_form"


class DateAhead(DomainError):
    """A birthday to come."""

    code = "date_ahead"


def clean_date(text: str) -> str:
    """A day as ISO writes it, from that or from ``2026/3/2`` and ``20260302``.

    Raises:
        DateForm
    """
    plain = text.split(" ")[0].replace("/", "-").replace(".", "-")
    parts = plain.split("-")
    if len(parts) == 1 and len(plain) == 8:
        parts = [plain[:4], plain[4:6], plain[6:]]
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day).isoformat()
    except ValueError as error:
        raise DateForm from error


def clean_birthday(text: str) -> str:
    """A day in the past.

    Raises:
        DateForm, DateAhead
    """
    day = clean_date(text)
    if day > clock.today().isoformat():
        raise DateAhead
    return day


def clean_name(text: str) -> str:
    """A name with single spaces."""
    return " ".join(text.split())


MEMBER_COLUMNS = (
    Column("name", _("姓名"), ("会员姓名", "客户姓名"), clean=clean_name, longest=60, personal=True, sample="林静"),
    Column("phone", _("手机号"), ("手机", "电话"), clean=normalise_phone, personal=True, sample="19900001234"),
    Column("birthday", _("生日"), ("出生日期",), False, clean_birthday, personal=True, sample="1985-03-17"),
    Column("plate", _("车牌号"), ("车牌",), False, normalise_plate, personal=True, sample="京A12345"),
    Column("vin", _("车架号"), ("VIN", "VIN码"), False, normalise_vin, personal=True),
    *DOCUMENT_COLUMNS,
)

MEMBER_PROBLEMS = {
    "invalid_phone": _("手机号无效"),
    "date_form": _("日期无效，请写成 2026-03-02"),
    "date_ahead": _("生日不能晚于今天"),
    "member_exists": _("已有同名且同手机号的会员"),
    "vehicle_exists": _("系统中已有这个车架号"),
    "invalid_plate": _("车牌号无效"),
    "invalid_vin": _("车架号无效"),
    **DOCUMENT_PROBLEMS,
}


def insert_members(each: Kind, span: Span) -> int:
    """File the good rows as members, each with her vehicle and her ID document; how many. Their keys rise in the
    file's order.
    """
    name, phone, birthday, plate, vin = (each.cell(code) for code in ("name", "phone", "birthday", "plate", "vin"))
    (count,) = fetch(
        f"""
        WITH given AS MATERIALIZED (
            SELECT nextval(pg_get_serial_sequence('members_member', 'id')) AS member_id, good.*
            FROM (SELECT row.id AS row_id, {name} AS name, {phone} AS phone, {birthday} AS birthday, {plate} AS plate,
                {vin} AS vin FROM imports_importrow row WHERE {GOOD} ORDER BY row.id) AS good
        ), filed AS (
            INSERT INTO members_member (id, code, name, phone, birthday, store_id, created_at)
            SELECT member_id, '{CODE_PREFIX}' || lpad(member_id::text, greatest({CODE_DIGITS},
                length(member_id::text)), '0'), name, phone, nullif(birthday, '')::date, %(store)s, %(now)s
            FROM given RETURNING id
        ), cars AS (
            INSERT INTO vehicles_vehicle (vin, plate, model_name, owner_id, created_at)
            SELECT vin, plate, '', member_id, %(now)s FROM given WHERE vin <> '' OR plate <> ''
        ), papers AS ({filing_documents("given")})
        SELECT count(*) FROM filed
        """,  # noqa: S608
        {**span.params, **filing_params(span)},
    )
    return int(count[0])


@kind
class Members(Kind):
    """Members as ``members.services.create_member`` would file them."""

    code = "MEMBERS"
    label = _("会员")
    hint = _("会员姓名、手机号、生日、车辆和证件号码。证件号码加密保存，办卡时仍须核对原件。")
    act = Act.MEMBER_CREATE
    columns = MEMBER_COLUMNS
    problems = MEMBER_PROBLEMS

    def check(self, span: Span) -> None:
        """The same person twice, in the file or already filed; a vehicle that is somebody's."""
        add_duplicates(self, span, "phone", "name")
        add_duplicates(self, span, "vin")
        check_documents(self, span)
        self._against_what_is_there(span)

    def apply(self, span: Span) -> int:
        """File them."""
        check_known_documents(self, span, among=GOOD)
        self._against_what_is_there(span, among=GOOD)
        return insert_members(self, span)

    def _against_what_is_there(self, span: Span, *, among: str = SPAN) -> None:
        name, phone, vin = self.cell("name"), self.cell("phone"), self.cell("vin")
        add_problem(
            self, span, "phone", "member_exists", among=among,
            where=there_is(f"members_member m WHERE m.phone = {phone} AND m.name = {name}"),
        )  # fmt: skip
        add_problem(
            self, span, "vin", "vehicle_exists", among=among,
            where=f"{vin} <> '' AND " + there_is(f"vehicles_vehicle v WHERE v.vin = {vin}"),
        )  # fmt: skip
