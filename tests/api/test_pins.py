"""Cards that ask for their PIN, through the API: told where it is wanted, counted where it is wrong, kept nowhere."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from django.db import connection, connections
from django.http import HttpResponse

from kernel.db import qualified
from membership.cards import services
from membership.cards.models import Card, CardRules, CardTillPin
from tenants.people.domain import SYSTEM
from tests.api.conftest import Shop, error_of

PIN, WRONG = "135792", "246801"


@dataclass(frozen=True)
class Till:
    """A till whose chain asks for the PIN above ¥10, and locks a card at the third wrong one."""

    shop: Shop

    def take(self, key: str, fen: int = 1_990, *, pin: str | None = None) -> HttpResponse:
        return self.shop.post(self.shop.asked(amount_fen=fen, pin=pin), idempotency_key=key)

    def failures(self) -> int:
        with self.shop.in_chain():
            return sum(CardTillPin.objects.values_list("failures", flat=True))


@pytest.fixture
def till(shop: Shop) -> Till:
    with shop.in_chain():
        CardRules.objects.update(pin_ask="ABOVE", pin_above_fen=1_000, pin_failures=3)
        services.choose_pin(
            actor=SYSTEM, number=shop.card, store_id=shop.store_id, pin_version=1, new_pin=PIN, again=PIN
        )
    return Till(shop)


def test_the_pin_is_asked_for_above_the_limit_and_lets_it_be_taken(till: Till) -> None:
    """X-16."""
    before = till.shop.books()
    assert error_of(till.take("a")) == (409, "pin_required")
    assert till.shop.books() == before
    # Below the limit nobody looks at what was typed.
    assert till.take("b", 1_000, pin=WRONG).status_code == 201
    assert till.take("a", pin=PIN).json()["balance_after_fen"] == 12_000 - 2_990
    assert till.failures() == 0


def test_a_repetition_needs_no_pin_and_gets_the_same_answer(till: Till) -> None:
    first = till.take("a", pin=PIN)
    for pin in (PIN, None, WRONG):
        again = till.take("a", pin=pin)
        assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
    assert till.failures() == 0
    assert error_of(till.take("a", 1_991, pin=PIN)) == (409, "idempotency_conflict")


def test_wrong_pins_are_counted_and_lock_the_card(till: Till) -> None:
    """X-19, R-L08."""
    before = till.shop.books()
    first = till.take("a", pin=WRONG)
    assert error_of(first) == (409, "wrong_pin")
    assert first.json()["error"]["params"] == {"left": 2}
    # A right one begins anew, though the balance does not suffice.
    assert error_of(till.take("a", 12_001, pin=PIN)) == (409, "insufficient_balance")
    assert till.failures() == 0
    assert till.shop.books() == before
    codes = [error_of(till.take("a", pin=WRONG))[1] for _try in range(3)]
    assert codes == ["wrong_pin", "wrong_pin", "card_pin_locked"]
    assert error_of(till.take("a", pin=PIN)) == (409, "card_pin_locked")
    with till.shop.in_chain():
        assert Card.objects.get(number=till.shop.card).status == "PIN_LOCKED"


def test_what_is_no_pin_is_refused_and_not_counted(till: Till) -> None:
    for typed in ("12345", "1234567", "１２３４５６", "abcdef"):
        answer = till.take("a", pin=typed)
        assert error_of(answer) == (400, "invalid_request")
        assert answer.json()["error"]["params"] == {"field": "pin", "reason": "bad_format"}
        assert typed not in answer.content.decode()
    assert error_of(till.take("a", pin="")) == (409, "pin_required")
    assert till.failures() == 0


def test_a_batch_takes_no_pins(till: Till) -> None:
    """Who keeps consumptions for later must not keep PINs with them."""
    item = {"idempotency_key": "i-1", "card_number": till.shop.card, "amount_fen": 1_990}
    body = {"store_code": till.shop.store_code, "items": [item, item | {"idempotency_key": "i-2", "amount_fen": 5}]}
    answer = till.shop.post(body, path="/api/v1/consumptions/batch")
    assert [one.get("error", {}).get("code") for one in answer.json()["outcomes"]] == ["pin_required", None]
    body["items"] = [item | {"pin": PIN}]
    assert error_of(till.shop.post(body, path="/api/v1/consumptions/batch")) == (400, "invalid_request")


def test_the_pin_is_in_no_table_and_no_log(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert till.take("a", pin=PIN).status_code == 201
        assert till.take("b", pin=WRONG).status_code == 409
    kept = caplog.text + str([vars(record) for record in caplog.records])
    with qualified(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [till.shop.chain.schema_name])
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {till.shop.chain.schema_name}.{table} AS t")
            kept += cursor.fetchone()[0] or ""
    # By itself: among the digits of a hash anything may stand.
    assert not re.search(rf"(?<![0-9a-f])({PIN}|{WRONG})(?![0-9a-f])", kept)


def test_a_card_that_asks_for_no_pin_pays_nothing_for_those_that_do(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("no PIN is looked at")

    monkeypatch.setattr("api.v1.consumptions.proved", never)
    with till.shop.in_chain():
        CardRules.objects.update(pin_ask="NEVER")
    assert till.take("a", pin=WRONG).status_code == 201


def test_guesses_at_once_are_counted_one_by_one(till: Till) -> None:
    def guess(number: int) -> HttpResponse:
        try:
            return till.take(f"g-{number}", pin=WRONG)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(error_of(answer)[1] for answer in pool.map(guess, range(6)))
    assert codes == ["card_pin_locked"] * 4 + ["wrong_pin"] * 2
    assert till.failures() == 3


def test_a_card_says_what_it_asks_for(till: Till) -> None:
    def read() -> tuple[object, object]:
        found = till.shop.get(f"/api/v1/cards/{till.shop.card}").json()
        return found["pin_above_fen"], found["vehicle_bound"]

    assert read() == (1_000, False)
    with till.shop.in_chain():
        CardRules.objects.update(pin_ask="NEVER")
    assert read() == (None, False)
