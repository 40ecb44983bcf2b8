"""How cards come to a store, and leave it again."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction

from kernel import clock
from kernel.errors import DomainError
from membership.cards.domain import CardStatus, NumberRange
from membership.cards.models import Card, CardType
from membership.documents import services as documents
from membership.documents.errors import DocumentFourEyes
from membership.documents.models import Document
from membership.documents.queries import visible_to, waiting_for
from membership.stock import queries, services
from membership.stock.domain import PlaceState
from membership.stock.errors import (
    CardNotReleased,
    CardsElsewhere,
    CodesMissing,
    CodesTaken,
    CodesWrong,
    CountUnexplained,
    DeliveryInThePast,
    DeliveryShortNotice,
    DrawOutOfOrder,
    DrawTooMany,
    ListUnreadable,
    NotDestroyable,
    NotDrawn,
    NotInRange,
    ReceiptByDeliverer,
    RequestNotOpen,
)
from membership.stock.models import CardPlace, CardRange
from tenants.audit.models import AuditEntry
from tenants.people.domain import SYSTEM, Act, Actor, NotAllowed
from tests.membership.stock.conftest import HEAD, KEEPER, OFFICE, PLANNER, RELEASE, Shop, number, person
from tests.membership.test_races import _at_once

Queries = Callable[[int], AbstractContextManager[None]]
AFTER = datetime(2026, 3, 4, 16, 0, tzinfo=UTC)
"""The moment RELEASE begins in China."""


def _states(shop: Shop) -> dict[str, int]:
    return queries.counts_of_ranges([shop.cards.pk])[shop.cards.pk]


def _refused(act: Callable[[], object]) -> str | None:
    try:
        with transaction.atomic():
            act()
    except DomainError as error:
        return error.code
    return None


# ── Making ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_chain_of_many_stores_keeps_new_cards_in_the_central_stock(shop: Shop) -> None:
    """R-F05, R-F07."""
    with shop.open():
        assert _states(shop) == {"CENTRAL": 20}
        assert (shop.cards.first, shop.cards.last, shop.cards.quantity) == (number(1), number(20), 20)
        with pytest.raises(CardNotReleased, match="总部库存"):
            shop.issue(number(1))


def test_a_chain_of_one_store_issues_what_it_has_just_made(shop: Shop) -> None:
    from tenants.stores.models import Store

    with shop.open():
        Store.objects.exclude(pk=shop.store).update(opened_on=clock.today(), closed_on=clock.today())
        services.make_range(actor=SYSTEM, level_code="GOLD", numbers=NumberRange(prefix="77", first=1, quantity=2))
        shop.issue("7700000001")
        assert CardPlace.objects.get(card__number="7700000002").store_id == shop.store
        assert CardPlace.objects.get(card__number="7700000001").state == PlaceState.ISSUED


def test_a_chain_may_choose_to_release_cards_when_they_are_made(shop: Shop) -> None:
    numbers = NumberRange(prefix="77", first=1, quantity=2)
    with shop.open():
        services.set_policy(actor=SYSTEM, release_when_made=True, announce_days=3, count_cycle="QUARTERLY")
        services.make_range(actor=SYSTEM, level_code="GOLD", numbers=numbers)
        shop.issue("7700000001", shop.other)
        assert CardPlace.objects.get(card__number="7700000001").store_id == shop.other
        with pytest.raises(NotAllowed):
            services.set_policy(
                actor=person(9, "x").__class__(kind="staff", id=9),
                release_when_made=False,
                announce_days=1,
                count_cycle="MONTHLY",
            )


def test_a_request_is_signed_approved_and_answered_by_cards(shop: Shop) -> None:
    """R-F01, R-F02, R-F03."""
    clerk = person(8, "叶知秋")
    with shop.open():
        shop.receive(1, 3)
        request = services.request_cards(
            actor=clerk, store_id=shop.store, level_code="GOLD", quantity=10, wanted_on=date(2026, 3, 20), reason="不够"
        )
        assert request.payload["stock"] == [{"level": "金卡", "quantity": 3}]
        assert request.number.startswith("ZK20260302-")
        numbers = NumberRange(prefix="88", first=1, quantity=10)
        make = lambda: services.make_for_request(actor=SYSTEM, number=request.number, numbers=numbers)  # noqa: E731
        with pytest.raises(RequestNotOpen), transaction.atomic():
            make()
        with pytest.raises(DocumentFourEyes), transaction.atomic():
            documents.approve(actor=clerk, number=request.number)
        documents.approve(actor=HEAD, number=request.number)
        documents.approve(actor=OFFICE, number=request.number)
        cards = make()
        assert (cards.request, cards.quantity, cards.level.code) == (request.number, 10, "GOLD")
        request.refresh_from_db()
        assert request.state == "COMPLETED"
        assert _refused(make) == "request_not_open"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"level_code": "NONE"}, "card_level_not_found"),
        ({"type_code": "NONE"}, "card_type_not_found"),
        ({"quantity": 0}, "document_invalid"),
        ({"quantity": 1_000_000}, "document_invalid"),
        ({"reason": " "}, "document_invalid"),
        ({"wanted_on": date(2026, 3, 1)}, "document_invalid"),
    ],
)
def test_a_request_that_cannot_be_is_refused(shop: Shop, change: dict[str, object], code: str) -> None:
    asked = {"level_code": "GOLD", "quantity": 1, "wanted_on": date(2026, 3, 20), "reason": "x"} | change
    with shop.open():
        assert _refused(lambda: services.request_cards(actor=KEEPER, store_id=shop.store, **asked)) == code  # type: ignore[arg-type]
        assert Document.objects.count() == 0


def test_internal_codes_have_the_form_of_the_type_and_are_nobody_elses(
    shop: Shop, django_assert_num_queries: Queries
) -> None:
    """R-F03, R-F04, R-F09."""
    with shop.open():
        CardType.objects.filter(pk=shop.cards.type_id).update(internal_prefix="GZ01", internal_length=10)
        for wrong in (services.Codes("GZ02", 1, 6), services.Codes("GZ01", 1, 7), services.Codes("GZ01", 999_990, 6)):
            with pytest.raises(CodesWrong), transaction.atomic():
                services.enter_codes(actor=SYSTEM, range_id=shop.cards.pk, codes=wrong)
        sent = shop.deliver()
        with pytest.raises(CodesMissing), transaction.atomic():
            documents.complete(actor=KEEPER, number=sent.number)
        with django_assert_num_queries(6):
            services.enter_codes(actor=SYSTEM, range_id=shop.cards.pk, codes=services.Codes("GZ01", 101, 6))
        assert Card.objects.get(number=number(20)).internal_code == "GZ01000120"
        documents.complete(actor=KEEPER, number=sent.number)
        more = services.make_range(
            actor=SYSTEM, level_code="GOLD", numbers=NumberRange(prefix="77", first=1, quantity=2)
        )
        with pytest.raises(CodesTaken, match="GZ01000120"):
            services.enter_codes(actor=SYSTEM, range_id=more.pk, codes=services.Codes("GZ01", 120, 6))


# ── Delivering ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_card_is_issued_only_where_and_when_its_range_is_released(shop: Shop) -> None:
    """R-F07: announced, signed for by the store, and not before the day."""
    with shop.open():
        sent = shop.deliver(1, 10)
        assert _states(shop) == {"CENTRAL": 10, "TRANSIT": 10}
        assert _refused(lambda: shop.issue(number(1))) == "card_not_released"
        with pytest.raises(ReceiptByDeliverer), transaction.atomic():
            documents.complete(actor=PLANNER, number=sent.number)
        documents.complete(actor=KEEPER, number=sent.number)
        assert _states(shop) == {"CENTRAL": 10, "STORE": 10}
        # The day has not come.
        assert _refused(lambda: shop.issue(number(1))) == "card_not_released"
        with clock.frozen(AFTER - timedelta(seconds=1)):
            assert _refused(lambda: shop.issue(number(1))) == "card_not_released"
        with clock.frozen(AFTER):
            assert _refused(lambda: shop.issue(number(1), shop.other)) == "card_not_released"
            assert _refused(lambda: shop.issue(number(11))) == "card_not_released"
            shop.issue(number(1))
        assert _states(shop) == {"CENTRAL": 10, "STORE": 9, "ISSUED": 1}


def test_a_delivery_is_announced_three_working_days_ahead_or_says_why_not(shop: Shop) -> None:
    """R-F07: a warning to be answered, not a wall."""
    given = {
        "actor": PLANNER,
        "store_id": shop.store,
        "first_number": number(1),
        "last_number": number(5),
        "keeper": "陈",
    }
    with shop.open():
        with pytest.raises(DeliveryShortNotice, match="2026-03-05"), transaction.atomic():
            services.deliver(**given, planned_on=date(2026, 3, 4))  # type: ignore[arg-type]
        with pytest.raises(DeliveryInThePast), transaction.atomic():
            services.deliver(**given, planned_on=date(2026, 3, 1), reason="急")  # type: ignore[arg-type]
        sent = services.deliver(**given, planned_on=date(2026, 3, 2), reason="门店断货")  # type: ignore[arg-type]
        documents.complete(actor=KEEPER, number=sent.number)
        shop.issue(number(1))


def test_a_delivery_can_be_taken_back_until_it_is_signed_for(shop: Shop) -> None:
    with shop.open():
        sent = shop.deliver(1, 10)
        documents.unapprove(actor=PLANNER, number=sent.number, reason="发错门店")
        assert _states(shop) == {"CENTRAL": 20}
        documents.submit(actor=PLANNER, number=sent.number)
        documents.complete(actor=KEEPER, number=sent.number)
        assert (
            _refused(lambda: documents.unapprove(actor=PLANNER, number=sent.number, reason="x"))
            == "document_step_forbidden"
        )


def test_what_lies_elsewhere_is_not_delivered_again(shop: Shop) -> None:
    with shop.open():
        shop.deliver(5, 8)
        with pytest.raises(CardsElsewhere, match="只有 6 张"), transaction.atomic():
            shop.deliver(1, 10)
        for first, last in ((number(3), number(1)), (number(1), "404")):
            assert _refused(
                lambda first=first, last=last: services.deliver(  # type: ignore[misc]
                    actor=PLANNER,
                    store_id=shop.store,
                    first_number=first,
                    last_number=last,
                    planned_on=RELEASE,
                    keeper="陈",
                )
            ) in ("not_in_range", "card_list_unreadable")
        assert _states(shop) == {"CENTRAL": 16, "TRANSIT": 4}
        assert Document.objects.count() == 1


def test_two_deliveries_of_the_same_cards_at_once_move_them_once(shop: Shop) -> None:
    def send(store_id: int) -> Callable[[], object]:
        def act() -> object:
            with clock.frozen(datetime(2026, 3, 2, 4, 0, tzinfo=UTC)):
                return shop.deliver(1, 10, store_id=store_id)

        return act

    assert _at_once(shop.chain, send(shop.store), send(shop.other)) == ["cards_elsewhere", "done"]
    with shop.open():
        assert _states(shop) == {"CENTRAL": 10, "TRANSIT": 10}
        assert Document.objects.count() == 1


def test_a_hundred_thousand_cards_are_delivered_by_a_few_statements(
    shop: Shop, django_assert_max_num_queries: Queries
) -> None:
    with shop.open():
        level, kind = shop.cards.level_id, shop.cards.type_id
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO cards_card (number, level_id, type_id, status, locked, made_at, pin_hash, pin_must_change,"
                " pin_version) SELECT '9' || lpad(n::text, 9, '0'), %s, %s, 'IDLE', false, now(), '', true, 0"
                " FROM generate_series(1, 100000) AS n",
                [level, kind],
            )
            big = CardRange.objects.create(
                type_id=kind,
                level_id=level,
                first="9000000001",
                last="9000100000",
                quantity=100_000,
                made_at=clock.now(),
            )
            cursor.execute(
                "INSERT INTO stock_cardplace (card_id, range_id, position, state) SELECT id, %s,"
                " row_number() OVER (ORDER BY number), 'CENTRAL' FROM cards_card WHERE number LIKE '9%%'",
                [big.pk],
            )
        with django_assert_max_num_queries(24):
            sent = services.deliver(
                actor=PLANNER,
                store_id=shop.store,
                first_number="9000000001",
                last_number="9000100000",
                planned_on=RELEASE,
                keeper="陈",
            )
        with django_assert_max_num_queries(12):
            documents.complete(actor=KEEPER, number=sent.number)
        assert queries.counts_of_ranges([big.pk]) == {big.pk: {"STORE": 100_000}}
        assert [segment.quantity for segment in queries.segments(range_id=big.pk)] == [100_000]


# ── Drawing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _draw(shop: Shop, quantity: int, **options: str) -> object:
    return services.draw(
        actor=PLANNER, store_id=shop.store, level_code="GOLD", quantity=quantity, drawn_by="叶知秋", **options
    )


def test_the_lowest_numbers_are_drawn_first(shop: Shop) -> None:
    """R-F05, R-F08, R-M02."""
    with shop.open():
        shop.receive(1, 10)
        with pytest.raises(DrawTooMany), transaction.atomic():
            _draw(shop, 1)
        with clock.frozen(AFTER):
            first, second = _draw(shop, 3), _draw(shop, 2)
            assert [(d.first, d.last, d.quantity) for d in (first, second)] == [  # type: ignore[attr-defined]
                (number(1), number(3), 3),
                (number(4), number(5), 2),
            ]
            with pytest.raises(DrawOutOfOrder, match=number(6)), transaction.atomic():
                _draw(shop, 1, first_number=number(8))
            odd = _draw(shop, 1, first_number=number(8), reason="顾客指定尾号")
            assert (odd.first, odd.reason) == (number(8), "顾客指定尾号")  # type: ignore[attr-defined]
            with pytest.raises(DrawTooMany, match="可领用 4 张"), transaction.atomic():
                _draw(shop, 5)
            shop.issue(number(2))
            shop.issue(number(7))
        assert _states(shop) == {"CENTRAL": 10, "STORE": 3, "DRAWN": 5, "ISSUED": 2}
        trail = AuditEntry.objects.filter(act="stock.draw").order_by("pk").values_list("detail", flat=True)
        assert trail[2]["reason"] == "顾客指定尾号"


def test_drawn_cards_are_given_back_and_drawn_again(shop: Shop) -> None:
    """R-F05, R-M02: they lie with the keeper again; the register tells both, and nothing of it is changed."""
    with shop.open():
        shop.receive(1, 10)
    with shop.open(), clock.frozen(AFTER):
        _draw(shop, 6)
        shop.issue(number(2))
        back = {"actor": PLANNER, "store_id": shop.store, "drawn_by": "叶知秋"}
        for text in (number(2), number(8), f"{number(1)} 至 {number(3)}"):
            with pytest.raises(NotDrawn), transaction.atomic():
                services.give_back(text=text, **back)  # type: ignore[arg-type]
        with pytest.raises(NotDrawn), transaction.atomic():
            services.give_back(text=number(3), **back | {"store_id": shop.other})  # type: ignore[arg-type]
        assert _states(shop) == {"CENTRAL": 10, "STORE": 4, "DRAWN": 5, "ISSUED": 1}
        given = services.give_back(text=f"{number(3)} 至 {number(4)}\n{number(6)}", **back)  # type: ignore[arg-type]
        assert [(one.first, one.last, one.quantity, one.given_back) for one in given] == [
            (number(3), number(4), 2, True),
            (number(6), number(6), 1, True),
        ]
        assert _states(shop) == {"CENTRAL": 10, "STORE": 7, "DRAWN": 2, "ISSUED": 1}
        assert _draw(shop, 1).first == number(3)  # type: ignore[attr-defined]
        assert AuditEntry.objects.filter(act="stock.give_back").count() == 2


def test_two_who_draw_at_once_get_different_cards(shop: Shop) -> None:
    with shop.open():
        shop.receive()

    def take() -> object:
        with clock.frozen(AFTER):
            return _draw(shop, 5)

    assert _at_once(shop.chain, take, take, take, take, take) == ["done"] * 4 + ["draw_too_many"]
    with shop.open():
        assert _states(shop) == {"DRAWN": 20}
        drawn = sorted((d.first, d.last) for d in queries.page_of_drawings(queries.drawings(shop.store), size=10))
        assert drawn == [(number(n), number(n + 4)) for n in (1, 6, 11, 16)]


def test_drawing_and_issuing_the_same_card_at_once_spoils_neither(shop: Shop) -> None:
    with shop.open():
        shop.receive(1, 4)

    def take() -> object:
        with clock.frozen(AFTER):
            return _draw(shop, 3)

    def issue(n: int) -> Callable[[], object]:
        def act() -> object:
            with clock.frozen(AFTER):
                return shop.issue(number(n))

        return act

    ends = _at_once(shop.chain, take, issue(1), issue(2))
    assert ends.count("done") >= 2
    with shop.open():
        states = _states(shop)
        assert states["ISSUED"] == Card.objects.filter(status=CardStatus.ACTIVE).count()
        assert sum(states.values()) == 20


# ── Counting ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_count_that_fits_is_checked_by_another_and_done(shop: Shop) -> None:
    """R-F06."""
    with shop.open():
        shop.receive(1, 10)
        assert queries.counts_due([shop.store, shop.other]) == {shop.store: None}
        count = services.file_count(actor=KEEPER, store_id=shop.store, text=f"{number(1)} 至 {number(10)}")
        assert (count.payload["expected"], count.payload["counted"], count.payload["missing"]) == (10, 10, [])
        documents.submit(actor=KEEPER, number=count.number)
        with pytest.raises(DocumentFourEyes), transaction.atomic():
            documents.approve(actor=KEEPER, number=count.number)
        assert documents.approve(actor=HEAD, number=count.number).state == "COMPLETED"
        assert queries.counts_due([shop.store]) == {}
        with clock.frozen(datetime(2026, 4, 1, tzinfo=UTC)):
            assert queries.counts_due([shop.store]) == {shop.store: date(2026, 3, 2)}
            services.set_policy(actor=SYSTEM, release_when_made=False, announce_days=3, count_cycle="QUARTERLY")
            assert queries.counts_due([shop.store]) == {shop.store: date(2026, 3, 2)}
        with clock.frozen(datetime(2026, 3, 31, tzinfo=UTC)):
            assert queries.counts_due([shop.store]) == {}


def test_missing_cards_are_blocked_once_the_difference_is_explained_and_approved(shop: Shop) -> None:
    """R-F06, R-M06."""
    with shop.open():
        shop.receive(1, 10)
        text = f"{number(1)}\n{number(2)} - {number(4)}，{number(8)}~{number(10)}\n{number(15)}"
        count = services.file_count(actor=KEEPER, store_id=shop.store, text=text)
        missing = [(line["first_number"], line["last_number"]) for line in count.payload["missing"]]
        assert missing == [(number(5), number(7))]
        assert [line["first_number"] for line in count.payload["strange"]] == [number(15)]
        with pytest.raises(CountUnexplained), transaction.atomic():
            documents.submit(actor=KEEPER, number=count.number)
        documents.edit(actor=KEEPER, number=count.number, payload=count.payload | {"explanation": "搬运遗失"})
        documents.submit(actor=KEEPER, number=count.number)
        documents.approve(actor=HEAD, number=count.number)
        assert _states(shop) == {"CENTRAL": 10, "STORE": 10}
        with clock.frozen(AFTER):
            # Found at the counter meanwhile, and issued.
            shop.issue(number(5))
        documents.approve(actor=OFFICE, number=count.number)
        assert _states(shop) == {"CENTRAL": 10, "STORE": 7, "MISSING": 2, "ISSUED": 1}
        with clock.frozen(AFTER):
            assert _refused(lambda: shop.issue(number(6))) == "card_not_released"
        again = services.file_count(
            actor=KEEPER,
            store_id=shop.store,
            text=f"{number(1)}至{number(4)}\n{number(6)}至{number(10)}",
            explanation="找回",
        )
        documents.submit(actor=KEEPER, number=again.number)
        documents.approve(actor=HEAD, number=again.number)
        documents.approve(actor=OFFICE, number=again.number)
        assert _states(shop) == {"CENTRAL": 10, "STORE": 9, "ISSUED": 1}


def test_a_count_names_what_is_no_card(shop: Shop) -> None:
    with shop.open():
        shop.receive(1, 2)
        with pytest.raises(ListUnreadable, match="404"), transaction.atomic():
            services.file_count(actor=KEEPER, store_id=shop.store, text="404")
        with pytest.raises(NotInRange), transaction.atomic():
            services.file_count(actor=KEEPER, store_id=shop.store, text=f"{number(2)} 至 {number(1)}")
        empty = services.file_count(actor=KEEPER, store_id=shop.store, text="")
        assert (empty.payload["expected"], empty.payload["counted"]) == (2, 0)


# ── From store to store ───────────────────────────────────────────────────────────────────────────────────────────


def _transfer(shop: Shop, text: str, *, to_store: int | None = None, actor: Actor = KEEPER) -> Document:
    payload = {"text": text, "to_store": to_store or shop.other, "keeper": "程前", "reason": "旺季"}
    drafted = documents.draft(actor=actor, kind="STOCK_TRANSFER", payload=payload, store_id=shop.store)
    return documents.submit(actor=actor, number=drafted.number)


def test_a_part_of_a_range_goes_to_another_store_with_both_keepers_acts(shop: Shop) -> None:
    """R-F05, R-F07: handed out here, agreed to, signed for there; issued there from the day it might be issued here."""
    there = Actor.with_cells(kind="staff", pk=6, name="程前", cells=[(Act.STOCK_COUNT, shop.other)])
    with shop.open():
        shop.receive(1, 10)
        paper = _transfer(shop, f"{number(3)} 至 {number(5)}\n{number(8)}")
        assert (paper.payload["quantity"], len(paper.payload["listed"])) == (4, 2)
        assert _states(shop) == {"CENTRAL": 10, "STORE": 10}
        with pytest.raises(DocumentFourEyes), transaction.atomic():
            documents.approve(actor=KEEPER, number=paper.number)
        assert (list(visible_to(there)), list(waiting_for(there))) == ([paper], [])
        documents.approve(actor=PLANNER, number=paper.number)
        assert _states(shop) == {"CENTRAL": 10, "STORE": 6, "TRANSIT": 4}
        assert list(waiting_for(there)) == [paper]
        with clock.frozen(AFTER):
            assert _refused(lambda: shop.issue(number(3), shop.other)) == "card_not_released"
        assert _refused(lambda: documents.complete(actor=KEEPER, number=paper.number)) == "receipt_by_giver"
        here = Actor.with_cells(kind="staff", pk=5, name="店员", cells=[(Act.STOCK_COUNT, shop.store)])
        assert _refused(lambda: documents.complete(actor=here, number=paper.number)) == "not_allowed"
        assert documents.complete(actor=there, number=paper.number).state == "COMPLETED"
        lying = queries.segments(store_id=shop.other, states=[PlaceState.STORE])
        assert [(run.first, run.last) for run in lying] == [(number(3), number(5)), (number(8), number(8))]
        assert _refused(lambda: shop.issue(number(4), shop.other)) == "card_not_released"
        with clock.frozen(AFTER):
            assert _refused(lambda: shop.issue(number(3), shop.store)) == "card_not_released"
            shop.issue(number(3), shop.other)


def test_a_transfer_is_taken_back_before_it_is_signed_for(shop: Shop) -> None:
    with shop.open():
        shop.receive(1, 10)
        paper = _transfer(shop, number(1))
        documents.approve(actor=PLANNER, number=paper.number)
        documents.unapprove(actor=PLANNER, number=paper.number, reason="不要了")
        assert _states(shop) == {"CENTRAL": 10, "STORE": 10}
        with clock.frozen(AFTER):
            shop.issue(number(1))
        assert _refused(lambda: documents.submit(actor=KEEPER, number=paper.number)) == "cards_not_in_store"


def test_what_is_not_transferred(shop: Shop) -> None:
    """Only what the keeper has, all or nothing, and only to another open store."""
    with shop.open():
        shop.receive(1, 10)
        with clock.frozen(AFTER):
            services.draw(actor=PLANNER, store_id=shop.store, level_code="GOLD", quantity=2, drawn_by="叶知秋")
        for text, to_store, code in (
            (f"{number(1)} 至 {number(4)}", None, "cards_not_in_store"),
            (f"{number(9)} 至 {number(12)}", None, "cards_not_in_store"),
            ("", None, "card_list_empty"),
            (number(5), shop.store, "transfer_nowhere"),
            (number(5), 9999, "transfer_nowhere"),
        ):
            assert _refused(lambda text=text, to=to_store: _transfer(shop, text, to_store=to)) == code  # type: ignore[misc]
        assert _states(shop) == {"CENTRAL": 10, "STORE": 8, "DRAWN": 2}
        first, second = _transfer(shop, number(5)), _transfer(shop, f"{number(5)} 至 {number(6)}")
        documents.approve(actor=PLANNER, number=first.number)
        assert _refused(lambda: documents.approve(actor=PLANNER, number=second.number)) == "cards_not_in_store"
        assert _states(shop) == {"CENTRAL": 10, "STORE": 7, "DRAWN": 2, "TRANSIT": 1}


# ── Taking in ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_blank_cards_that_were_there_before_are_taken_in(shop: Shop) -> None:
    """R-F05: from then on it is known of each where it lies."""
    from membership.cards.services import make_cards

    with shop.open():
        make_cards(actor=SYSTEM, level_code="GOLD", numbers=NumberRange(prefix="55", first=1, quantity=9))
        shop.issue("5500000002")
        assert queries.unplaced().count() == 8
        taken = services.take_in_existing(
            actor=KEEPER, text=f"5500000001 至 5500000004\n55\n{number(1)}", store_id=shop.store
        )
        assert taken == 3
        lying = queries.segments(store_id=shop.store, states=[PlaceState.STORE])
        assert [(run.first, run.last, run.quantity) for run in lying] == [("5500000001", "5500000004", 3)]
        shop.issue("5500000001")
        assert _refused(lambda: shop.issue("5500000003", shop.other)) == "card_not_released"
        assert services.take_in_existing(actor=KEEPER, text="5500000005 至 5500000006", store_id=None) == 2
        assert _refused(lambda: shop.issue("5500000005")) == "card_not_released"
        take = lambda text: services.take_in_existing(actor=KEEPER, text=text, store_id=None)  # noqa: E731
        assert _refused(lambda: take("5500000001 至 5500000006")) == "nothing_to_take_in"
        assert _refused(lambda: take("")) == "card_list_empty"
        assert AuditEntry.objects.filter(act="stock.take_in").values_list("detail__quantity", flat=True).count() == 2
        nobody = Actor(kind="staff", id=9)
        assert (
            _refused(lambda: services.take_in_existing(actor=nobody, text="5500000007", store_id=None)) == "not_allowed"
        )


# ── Destroying ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_cards_are_destroyed_before_two_witnesses_who_did_not_file_it(shop: Shop) -> None:
    """R-E05."""
    with shop.open():
        shop.receive(1, 10)
        with clock.frozen(AFTER):
            shop.issue(number(3))
        Card.objects.filter(number=number(3)).update(status=CardStatus.COLLECTED)
        filed = services.file_destruction(
            actor=KEEPER, store_id=None, text=f"{number(1)} 至 {number(4)}\n{number(20)}", reason="作废"
        )
        assert filed.payload["quantity"] == 5
        with pytest.raises(DocumentFourEyes), transaction.atomic():
            documents.approve(actor=KEEPER, number=filed.number)
        documents.approve(actor=HEAD, number=filed.number)
        with pytest.raises(DocumentFourEyes), transaction.atomic():
            documents.approve(actor=HEAD, number=filed.number)
        assert Card.objects.filter(status=CardStatus.DESTROYED).count() == 0
        assert documents.approve(actor=OFFICE, number=filed.number).state == "COMPLETED"
        gone = Card.objects.filter(status=CardStatus.DESTROYED).order_by("number").values_list("number", flat=True)
        assert list(gone) == [number(n) for n in (1, 2, 3, 4, 20)]
        assert _states(shop) == {"CENTRAL": 9, "STORE": 6, "DESTROYED": 5}
        records = Card.objects.get(number=number(3)).records.values_list("kind", "detail__note")
        assert ("DESTRUCTION", filed.number) in list(records)
        with clock.frozen(AFTER):
            assert _refused(lambda: shop.issue(number(1))) == "card_not_idle"


def test_a_card_in_somebodys_hands_is_not_destroyed(shop: Shop) -> None:
    with shop.open():
        shop.receive(1, 10)
        file = lambda text, store=None: services.file_destruction(  # noqa: E731
            actor=KEEPER, store_id=store, text=text, reason="作废"
        )
        filed = file(f"{number(1)}至{number(5)}")
        with clock.frozen(AFTER):
            shop.issue(number(2))
        documents.approve(actor=HEAD, number=filed.number)
        with pytest.raises(NotDestroyable, match=number(2)), transaction.atomic():
            documents.approve(actor=OFFICE, number=filed.number)
        assert _states(shop) == {"CENTRAL": 10, "STORE": 9, "ISSUED": 1}
        assert _refused(lambda: file(number(2))) == "card_not_destroyable"
        # A store destroys what lies in it.
        assert _refused(lambda: file(number(15), shop.store)) == "card_not_destroyable"
        assert _refused(lambda: file(number(9), shop.store)) is None
        assert _refused(lambda: file("")) == "card_list_empty"


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_overview_and_the_runs_of_a_range_are_one_query_each(
    shop: Shop, django_assert_num_queries: Queries
) -> None:
    with shop.open():
        shop.receive(1, 10)
        shop.deliver(15, 16, store_id=shop.other)
        with django_assert_num_queries(1):
            lines = queries.overview(stores=None)
        assert [(line.store_id, line.level_name, line.counts) for line in lines] == [
            (None, "金卡", {"CENTRAL": 8}),
            (shop.store, "金卡", {"STORE": 10}),
            (shop.other, "金卡", {"TRANSIT": 2}),
        ]
        assert [line.store_id for line in queries.overview(stores=frozenset({shop.other}))] == [shop.other]
        with django_assert_num_queries(1):
            runs = queries.segments(range_id=shop.cards.pk)
        assert [(run.first, run.last, run.quantity, run.state) for run in runs] == [
            (number(1), number(10), 10, "STORE"),
            (number(11), number(14), 4, "CENTRAL"),
            (number(15), number(16), 2, "TRANSIT"),
            (number(17), number(20), 4, "CENTRAL"),
        ]
        assert [found.pk for found in queries.page_of_ranges(queries.ranges(text=number(7)), size=5)] == [shop.cards.pk]


def test_a_card_under_no_stock_control_is_issued_as_before(shop: Shop) -> None:
    from membership.cards.services import make_cards

    with shop.open():
        make_cards(actor=SYSTEM, level_code="GOLD", numbers=NumberRange(prefix="55", first=1, quantity=1))
        shop.issue("5500000001")
