"""``POST /api/v1/consumptions``: what it does, and that asking again does nothing twice."""

from datetime import datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel import clock
from membership.records.models import Record
from tenants.people.models import ApiKey
from tests.api.conftest import Shop, error_of


def test_a_consumption_takes_the_amount_from_the_card_and_says_from_which_part(shop: Shop) -> None:
    answer = shop.post(shop.asked(amount_fen=11_000, reference="单号 2026-17"))

    assert answer.status_code == 201
    assert answer["Content-Type"] == "application/json"
    assert "Idempotent-Replayed" not in answer
    body = answer.json()
    posting_id = body.pop("id")
    # The bonus expires and the principal does not, so it goes first.
    assert body == {
        "card_number": shop.card,
        "amount_fen": 11_000,
        "balance_after_fen": 1_000,
        "drawn": {"principal_fen": 9_000, "bonus_fen": 2_000},
        "store_code": shop.store_code,
        "reference": "单号 2026-17",
        "charged_calls": 1,
    }
    with shop.in_chain():
        record = Record.objects.get(id=posting_id)
        key = ApiKey.objects.get()
    assert (record.amount_fen, record.balance_after_fen, record.store_id) == (-11_000, 1_000, shop.store_id)
    assert (record.actor, record.actor_name) == (f"api:{key.pk}", "收银软件")


def test_asking_again_answers_the_same_and_changes_nothing(shop: Shop) -> None:
    first = shop.post(shop.asked())
    books = shop.books()

    again = shop.post(shop.asked())

    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert again.content == first.content
    assert shop.books() == books


def test_asking_again_later_is_still_answered_when_the_card_was_emptied_since(shop: Shop) -> None:
    first = shop.post(shop.asked())
    assert shop.post(shop.asked(amount_fen=10_010), idempotency_key="k-2").status_code == 201

    assert shop.post(shop.asked()).content == first.content


def test_the_same_key_with_another_body_is_refused(shop: Shop) -> None:
    shop.post(shop.asked())
    books = shop.books()

    for other in ({"amount_fen": 1991}, {"card_number": shop.second_card}, {"reference": "x"}):
        assert error_of(shop.post(shop.asked(**other))) == (409, "idempotency_conflict")

    assert shop.books() == books


def test_a_long_key_is_a_key_of_its_own(shop: Shop) -> None:
    long, other = "k" * 199 + "1", "k" * 199 + "2"
    first = shop.post(shop.asked(), idempotency_key=long).json()
    second = shop.post(shop.asked(), idempotency_key=other).json()
    assert first["id"] != second["id"]
    assert shop.post(shop.asked(), idempotency_key=long).json() == first


def test_what_happened_while_the_till_was_offline_is_posted_at_its_own_time(shop: Shop) -> None:
    then = (clock.now() - timedelta(hours=1)).replace(microsecond=0)
    answer = shop.post(shop.asked(occurred_at=then.isoformat()))
    assert answer.status_code == 201
    read = shop.get(f"/api/v1/consumptions/{answer.json()['id']}").json()
    assert datetime.fromisoformat(read["occurred_at"]) == then


def test_a_consumption_can_be_read(shop: Shop) -> None:
    posted = shop.post(shop.asked(reference="17")).json()
    answer = shop.get(f"/api/v1/consumptions/{posted['id']}")
    assert answer.status_code == 200
    read = answer.json()
    assert read.pop("occurred_at")
    posted.pop("charged_calls")
    assert read == posted


def test_a_card_can_be_read_with_its_holder_masked(shop: Shop) -> None:
    answer = shop.get(f"/api/v1/cards/{shop.card}")
    assert answer.status_code == 200
    card = answer.json()
    assert card.pop("valid_until") == card.pop("account_valid_until")
    level = card.pop("level")
    assert level
    assert card == {
        "number": shop.card,
        "status": "ACTIVE",
        "usable": True,
        "refusal_code": None,
        "holder": "欧*雪",
        "pin_above_fen": None,
        "vehicle_bound": False,
        "balance": {"total_fen": 12_000, "principal_fen": 10_000, "bonus_fen": 2_000},
    }


def test_a_request_costs_no_statement_but_the_callers_and_the_ledgers(shop: Shop) -> None:
    """Once the card is known, only the raw connection speaks: caller and store in one trip, the ledger in two."""
    shop.post(shop.asked())
    with CaptureQueriesContext(connection) as seen:
        assert shop.post(shop.asked(), idempotency_key="k-2").status_code == 201
    assert [query["sql"] for query in seen.captured_queries] == []
