"""What a member sees: her own, all of it that her chain's plan shows, and nobody else's."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.test import Client

from kernel import clock
from kernel.ids import uuid7
from kernel.money import Money
from membership.cards.models import CardType
from membership.cards.services import issue_card
from membership.cashier.services import consume
from membership.records.models import Record
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]
OnPlan = Callable[..., None]
Queries = Callable[[int], AbstractContextManager[None]]


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    ("plan", "stores", "shown"), [("A", 2, False), ("B", 1, False), ("B", 2, True), ("C", 1, False), ("C", 2, True)]
)
def test_the_balance_is_shown_in_a_chain_on_plan_b_or_c(
    holder: Holder, log_in: LogIn, on_plan: OnPlan, plan: str, stores: int, shown: bool
) -> None:
    """R-A05, R-A06, R-A07, X-10."""
    on_plan(plan, stores=stores)
    member = log_in(holder)
    home, records = member.get("/card/"), member.get("/card/records/")
    assert home.context["show_balance"] is shown
    (card,) = home.context["cards"]
    assert (card["sequence"], card["number"], card["level_name"]) == (1, holder.number, "金卡")
    assert card["balance_fen"] == (10_000 if shown else None)
    for page in (_text(home), _text(records)):
        assert ("余额" in page.partition("<main")[2].partition("</main>")[0]) is shown
    assert holder.card.valid_until is not None
    assert holder.card.valid_until.isoformat() in _text(home)


def test_all_her_cards_are_there_in_the_order_she_got_them(
    in_chain: InChain, holder: Holder, idle_cards: list[str], clerk: Actor, store_id: int, log_in: LogIn
) -> None:
    with in_chain():
        CardType.objects.filter(code="ORDINARY").update(cards_per_id=2)
        issue_card(actor=clerk, number=idle_cards[1], member=holder.member, store_id=store_id)
    cards = log_in(holder).get("/card/").context["cards"]
    assert [(card["sequence"], card["number"]) for card in cards] == [(1, idle_cards[0]), (2, idle_cards[1])]


def test_another_members_card_and_records_do_not_exist_for_her(
    in_chain: InChain, holder: Holder, issue: Callable[..., Holder], log_in: LogIn
) -> None:
    other = issue("江河", "13700005678", top_up_fen=50_000)
    with in_chain():
        hers = Record.objects.filter(card=holder.card, kind="TOP_UP").get().id
        theirs = Record.objects.filter(card=other.card, kind="TOP_UP").get().id
    member = log_in(holder)
    assert member.get(f"/card/records/{hers}/").status_code == 200
    for record_id in (theirs, uuid7()):
        answer = member.get(f"/card/records/{record_id}/")
        assert answer.status_code == 404
        assert "record_not_found" in _text(answer)
    for path in ("/card/", "/card/records/"):
        page = _text(member.get(path))
        assert other.number not in page.replace(" ", "")
        assert "江河" not in page


def test_a_record_is_shown_whole(holder: Holder, log_in: LogIn, on_plan: OnPlan, in_chain: InChain) -> None:
    on_plan("B", stores=2)
    with in_chain():
        record = Record.objects.get(kind="TOP_UP")
    page = _text(log_in(holder).get(f"/card/records/{record.id}/"))
    assert "+¥" in page or "¥100.00" in page
    assert "卡内余额" in page
    assert re.search(r"\d{8}-[0-9A-Z]{5}-[0-9A-Z]{5}", page)


@pytest.mark.parametrize(("plan", "months"), [("A", 3), ("B", 6), ("C", 12)])
def test_records_reach_back_as_far_as_the_plan_says(
    in_chain: InChain,
    holder: Holder,
    log_in: LogIn,
    on_plan: OnPlan,
    clerk: Actor,
    store_id: int,
    plan: str,
    months: int,
) -> None:
    """R-A10; older ones are hidden, not only from the list."""
    on_plan(plan, stores=1)
    with in_chain():
        ids = []
        for index, back in enumerate((months * 30 - 10, months * 31 + 5)):
            moment = clock.now() - timedelta(days=back)
            ids.append(
                consume(
                    actor=clerk,
                    card_number=holder.number,
                    amount=Money(100),
                    store_id=store_id,
                    idempotency_key=f"old-{index}",
                    occurred_at=moment,
                ).record_id
            )
            Record.objects.filter(id=ids[-1]).update(occurred_at=moment)
    member = log_in(holder)
    page = member.get("/card/records/?kind=CONSUMPTION")
    shown = [row["id"] for month in page.context["months"] for row in month["records"]]
    assert shown == [ids[0]]
    assert page.context["retention_months"] == months
    assert member.get(f"/card/records/{ids[1]}/").status_code == 404


def test_records_are_filtered_by_kind_and_counted(holder: Holder, log_in: LogIn) -> None:
    """R-A09."""
    member = log_in(holder)
    page = member.get("/card/records/?kind=TOP_UP")
    kinds = [(kind["code"], kind["count"], kind["active"]) for kind in page.context["kinds"]]
    assert kinds == [("", 2, False), ("ISSUE", 1, False), ("TOP_UP", 1, True)]
    rows = [row["kind"] for month in page.context["months"] for row in month["records"]]
    assert rows == ["TOP_UP"]
    assert member.get("/card/records/?kind=NONSENSE").status_code == 200


def test_more_records_come_page_by_page_in_as_many_queries(
    in_chain: InChain, holder: Holder, log_in: LogIn, clerk: Actor, store_id: int, queries: Queries
) -> None:
    member = log_in(holder)
    member.get("/card/records/")
    with queries(6):
        member.get("/card/records/")
    with in_chain():
        for number in range(40):
            consume(
                actor=clerk,
                card_number=holder.number,
                amount=Money(1),
                store_id=store_id,
                idempotency_key=f"c{number}",
            )
    with queries(6):
        page = member.get("/card/records/")
    assert sum(len(month["records"]) for month in page.context["months"]) == 20
    (onward,) = set(re.findall(r'hx-get="([^"]+)"', _text(page)))
    more = member.get("/card/records/" + onward, headers={"hx-request": "true"})
    assert "<html" not in _text(more)
    assert sum(len(month["records"]) for month in more.context["months"]) == 20
    # The month's sum is of the month, on every page of it.
    assert page.context["months"][0]["out_fen"] == more.context["months"][0]["out_fen"] == 40


@pytest.mark.parametrize("query", ["after=x", "after=%00", "kind=%00", "after=" + "A" * 500])
def test_records_asked_for_nonsense_still_answer(holder: Holder, log_in: LogIn, query: str) -> None:
    assert log_in(holder).get(f"/card/records/?{query}").status_code == 200


def test_her_pages_are_never_kept_by_a_cache(holder: Holder, log_in: LogIn) -> None:
    member = log_in(holder)
    for path in ("/card/", "/card/records/", "/card/pin/"):
        assert "no-store" in member.get(path)["Cache-Control"]
