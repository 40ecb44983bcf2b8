"""From an uploaded file to rows taken over: everything is checked first, nothing is taken over twice (R-F04, R-F09)."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from kernel import clock
from kernel.files.services import contents
from kernel.sheets import rows_of
from membership.cards.domain import NumberRange
from membership.cards.models import Card, CardType
from membership.cards.services import make_cards
from membership.imports import services
from membership.imports.domain import ImportState
from membership.imports.errors import (
    FileUploadedBefore,
    ImportNotFound,
    ImportStepForbidden,
    NothingToImport,
    whole_file_error,
)
from membership.imports.models import Import, ImportProblem, ImportRow
from membership.imports.queries import problems_of
from membership.imports.staging import unsealed
from membership.members.models import Member
from membership.stock.models import CardPlace, CardRange
from membership.stock.services import set_policy
from membership.vehicles.models import Vehicle
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Act, Actor, NotAllowed
from tenants.stores.models import Store

InChain = Callable[..., AbstractContextManager[None]]
Upload = Callable[..., Import]
Advance = Callable[[Import], Import]

CARDS = "卡号,内部编码,级别,类型\n6608 0000-01,a001,gold,ORDINARY\n66080002,,GOLD,ORDINARY\n"


def confirmed(in_chain: InChain, actor: Actor, imported: Import) -> None:
    with in_chain():
        services.confirm(actor=actor, import_id=imported.pk)


def found(imported: Import, in_chain: InChain) -> list[tuple[int, str, str]]:
    with in_chain():
        problems = problems_of(imported, size=100)
    return [(problem.row_id - imported.first_row_id, problem.column, problem.code) for problem in problems]


def test_cards_are_checked_confirmed_and_made(
    upload: Upload, advance: Advance, in_chain: InChain, clerk: Actor, store_id: int
) -> None:
    imported = upload("CARDS", CARDS)
    assert imported.state == ImportState.CHECKING
    checked = advance(imported)
    assert (checked.state, checked.rows, checked.good, checked.bad, checked.totals) == ("CHECKED", 2, 2, 0, {"GOLD": 2})
    assert checked.mapping == [["卡号", "number"], ["内部编码", "internal_code"], ["级别", "level"], ["类型", "type"]]
    with in_chain():
        assert Card.objects.count() == 0
    confirmed(in_chain, clerk, imported)
    done = advance(imported)
    assert (done.state, done.taken, done.applied) == ("DONE", 2, 3)
    with in_chain():
        cards = list(Card.objects.order_by("number").select_related("level", "type"))
        assert ImportRow.objects.count() == 0
        trail = AuditEntry.objects.filter(object_type="import").order_by("pk").values_list("act", "actor", "store_id")
        assert list(trail) == [
            ("import.upload", "staff:7", store_id),
            ("import.confirm", "staff:7", store_id),
            (Act.DATA_IMPORT, "staff:7", store_id),
        ]
    assert [(card.number, card.internal_code, card.level.code, card.status) for card in cards] == [
        ("6608000001", "A001", "GOLD", "IDLE"),
        ("66080002", None, "GOLD", "IDLE"),
    ]


def test_each_faulty_row_is_named_with_its_reason(upload: Upload, advance: Advance, in_chain: InChain) -> None:
    with in_chain():
        make_cards(actor=SYSTEM, level_code="GOLD", numbers=NumberRange(prefix="77", first=1, quantity=1, width=6))
        CardType.objects.create(
            code="GIFT8", name="礼品卡", kind="GIFT", earns_points=False, member_required=False, use_by="BEARER",
            balance_cap_fen=100_000, number_prefix="88", number_length=8, internal_prefix="B", internal_length=5,
        )  # fmt: skip
    checked = advance(
        upload(
            "CARDS",
            "卡号,内部编码,级别,类型\n"
            "77000001,,GOLD,ORDINARY\n"
            "!,,GOLD,ORDINARY\n"
            "66000001,X001,GOLD,ORDINARY\n"
            "66000001,X001,GOLD,ORDINARY\n"
            ",,GOLD,ORDINARY\n"
            "66000002,,NONE,NONE\n"
            "660000010,C001,GOLD,GIFT8\n"
            "88000011,,GOLD,GIFT8\n"
            "88000012,B0001,GOLD,GIFT8\n",
        )
    )
    assert found(checked, in_chain) == [
        (2, "number", "card_exists"),
        (3, "number", "number_form"),
        (5, "number", "duplicate_in_file"),
        (5, "internal_code", "duplicate_in_file"),
        (6, "number", "value_missing"),
        (7, "level", "level_unknown"),
        (7, "type", "type_unknown"),
        (8, "number", "number_prefix"),
        (8, "number", "number_length"),
        (8, "internal_code", "internal_prefix"),
        (8, "internal_code", "internal_length"),
        (9, "internal_code", "internal_code_missing"),
    ]
    assert (checked.rows, checked.good, checked.bad) == (9, 2, 7)
    with in_chain():
        assert checked.error_file is not None
        with unsealed(checked.error_file) as stream:
            rows = [cells for _number, cells in rows_of(stream)]
    assert rows[0][:4] == ["行号", "原因", "Reason", "卡号"]
    assert rows[1][:4] == [2.0, "卡号：系统中已有这个卡号", "Card number: a card of this number exists", "77000001"]
    assert len(rows) == 8


def test_only_rows_without_a_problem_are_taken_over(
    upload: Upload, advance: Advance, in_chain: InChain, clerk: Actor
) -> None:
    imported = upload("CARDS", "卡号\n66000001\n66000001\n66000002\n", level="GOLD", type="ORDINARY")
    assert advance(imported).bad == 1
    with in_chain():
        # A card that comes into being between check and confirmation.
        make_cards(actor=SYSTEM, level_code="GOLD", numbers=NumberRange(prefix="66", first=2, quantity=1, width=6))
    confirmed(in_chain, clerk, imported)
    done = advance(imported)
    assert (done.state, done.taken, done.good, done.bad) == ("DONE", 1, 1, 2)
    with in_chain():
        assert sorted(Card.objects.values_list("number", flat=True)) == ["66000001", "66000002"]


def test_members_come_with_their_vehicles(upload: Upload, advance: Advance, in_chain: InChain, clerk: Actor) -> None:
    imported = upload(
        "MEMBERS",
        "姓名,手机,生日,车牌,VIN\n"
        "林 静,139 0000 1234,1985/3/17,沪A12345,\n"
        "江河,13700005678,,,\n"
        "江河,13700005678,,,\n"
        "王,1,2999-01-01,,\n",
    )
    checked = advance(imported)
    assert found(checked, in_chain) == [
        (4, "phone", "duplicate_in_file"),
        (5, "phone", "invalid_phone"),
        (5, "birthday", "date_ahead"),
    ]
    with in_chain():
        assert "13700005678" not in str(list(ImportProblem.objects.values_list("value", flat=True)))
    confirmed(in_chain, clerk, imported)
    assert advance(imported).taken == 2
    with in_chain():
        members = list(Member.objects.order_by("pk"))
        car = Vehicle.objects.get()
    assert [(member.name, member.phone, str(member.birthday)) for member in members] == [
        ("林 静", "+8613900001234", "1985-03-17"),
        ("江河", "+8613700005678", "None"),
    ]
    assert members[0].code == f"M{members[0].pk:06d}"
    assert (car.plate, car.owner_id) == ("沪A12345", members[0].pk)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "sheet_empty"),
        (b"\xd0\xcf\x11\xe0 old", "old_workbook"),
        ("é\nü".encode("latin-1"), "encoding_unknown"),
        ("姓名,电话\n".encode(), "columns_missing"),
        (("卡号,级别,类型\n" + "x" * 3000).encode(), "cell_too_long"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(
    upload: Upload, advance: Advance, in_chain: InChain, content: bytes, code: str
) -> None:
    failed = advance(upload("CARDS", content))
    assert (failed.state, failed.error["code"]) == ("FAILED", code)
    assert "{" not in whole_file_error(failed.error)
    with in_chain():
        assert ImportRow.objects.count() == 0


def test_the_same_file_is_noticed(upload: Upload, advance: Advance, in_chain: InChain) -> None:
    first = upload("CARDS", CARDS)
    with pytest.raises(FileUploadedBefore, match="正在检查"):
        upload("CARDS", CARDS)
    assert upload("CARDS", CARDS, again=True).pk != first.pk
    with in_chain():
        assert Import.objects.count() == 2


def test_who_may_not_import_or_not_make_cards_is_refused(in_chain: InChain, store_id: int) -> None:
    for acts in ((Act.DATA_IMPORT,), (Act.CARD_MAKE,)):
        actor = Actor(kind="staff", id=1, grants=dict.fromkeys(acts, "all"))
        with in_chain(), pytest.raises(NotAllowed):
            services.upload(actor=actor, kind_code="CARDS", content=[b"x"], filename="a", store_id=store_id)
    with in_chain():
        assert Import.objects.count() == 0


def test_steps_are_taken_once_and_in_order(
    upload: Upload, advance: Advance, in_chain: InChain, clerk: Actor, store_id: int
) -> None:
    imported = upload("CARDS", "卡号,级别,类型\n1,GOLD,ORDINARY\n")
    with in_chain(), pytest.raises(ImportStepForbidden):
        services.confirm(actor=clerk, import_id=imported.pk)
    advance(imported)
    with in_chain(), pytest.raises(NothingToImport):
        services.confirm(actor=clerk, import_id=imported.pk)
    with in_chain():
        services.cancel(actor=clerk, import_id=imported.pk)
    with in_chain(), pytest.raises(ImportStepForbidden):
        services.cancel(actor=clerk, import_id=imported.pk)
    with in_chain(), pytest.raises(ImportNotFound):
        services.cancel(actor=clerk, import_id=imported.pk + 1)
    assert advance(imported).state == "CANCELLED"


def test_no_chain_sees_anothers(upload: Upload, in_chain: InChain, other_chain: Chain, clerk: Actor) -> None:
    imported = upload("CARDS", CARDS)
    with in_chain(other_chain):
        assert Import.objects.count() == 0
        with pytest.raises(ImportNotFound):
            services.cancel(actor=clerk, import_id=imported.pk)
    with in_chain():
        assert b"".join(contents(imported.file)) == CARDS.encode()


@pytest.mark.parametrize("released", [False, True])
def test_imported_cards_are_under_stock_control(
    released: bool, upload: Upload, advance: Advance, in_chain: InChain, clerk: Actor, store_id: int
) -> None:
    with in_chain():
        Store.objects.create(code="S9", name="二店", opened_on=clock.today())
        set_policy(actor=clerk, release_when_made=released, announce_days=3, count_cycle="MONTHLY")
    imported = upload("CARDS", "卡号,内部编码,级别,类型\n66080009,B002,GOLD,ORDINARY\n66080002,B001,GOLD,ORDINARY\n")
    advance(imported)
    confirmed(in_chain, clerk, imported)
    assert advance(imported).taken == 2
    with in_chain():
        cards = CardRange.objects.get()
        assert (cards.first, cards.last, cards.quantity) == ("66080002", "66080009", 2)
        assert (cards.first_code, cards.last_code, cards.made_by_name) == ("B001", "B002", clerk.name)
        places = CardPlace.objects.order_by("position").values_list("card__number", "state", "store_id")
        lies = ("STORE", store_id) if released else ("CENTRAL", None)
        assert list(places) == [("66080002", *lies), ("66080009", *lies)]


def test_the_check_digit_where_the_type_asks_for_one(upload: Upload, advance: Advance, in_chain: InChain) -> None:
    with in_chain():
        CardType.objects.filter(code="ORDINARY").update(check_digit=True)
    good = NumberRange(prefix="6608", first=1, quantity=20, width=5, check_digit=True).numbers()
    wrong = [f"{number[:-1]}{(int(number[-1]) + 1) % 10}" for number in good] + ["66080000A"]
    text = "卡号,级别,类型\n" + "".join(f"{number},GOLD,ORDINARY\n" for number in good + wrong)
    checked = advance(upload("CARDS", text))
    assert (checked.good, checked.bad) == (len(good), len(wrong))
    assert {code for _row, _column, code in found(checked, in_chain)} == {"number_check_digit"}
