"""Requests that come at the same time are posted together; each is answered as if it had come alone."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection, connections
from django.http import HttpResponse

from api.v1 import consumptions
from kernel.db import qualified
from kernel.gathering import Gathering
from tenants.people.domain import SYSTEM, Act
from tenants.people.services import create_api_key, revoke_api_key
from tests.api.conftest import Shop, error_of

TOGETHER = 6


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many requests each batch had. The first waits until the others have come."""
    sizes: list[int] = []

    def act(schema_name: str, asked: list[consumptions._Asked]) -> list[consumptions._Told]:
        sizes.append(len(asked))
        if len(sizes) == 1:
            lane = gathering._lanes[schema_name]
            while len(lane.waiting) < TOGETHER - 1:
                time.sleep(0.005)
        return consumptions._post_together(schema_name, asked)

    gathering: Gathering[consumptions._Asked, consumptions._Told] = Gathering(act, patience_s=30)
    monkeypatch.setattr(consumptions, "_together", gathering)
    return sizes


def _together(asks: list[Callable[[], HttpResponse]]) -> list[HttpResponse]:
    def closing(ask: Callable[[], HttpResponse]) -> HttpResponse:
        try:
            return ask()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(closing, asks))


def test_one_refusal_harms_no_other(shop: Shop, batches: list[int]) -> None:
    with shop.in_chain():
        revoked = create_api_key(actor=SYSTEM, name="旧", acts=[Act.VALUE_CONSUME], store_id=None)
        revoke_api_key(actor=SYSTEM, prefix=revoked.key.prefix)
    answers = _together(
        [
            lambda: shop.post(shop.asked(), idempotency_key="t-1"),
            lambda: shop.post(shop.asked(card_number=shop.second_card), idempotency_key="t-2"),
            lambda: shop.post(shop.asked(), idempotency_key="t-3", key=revoked.raw),
            lambda: shop.post(shop.asked(), idempotency_key="t-4", key=f"{shop.key[:-2]}zz"),
            lambda: shop.post(shop.asked(amount_fen=10**7), idempotency_key="t-5"),
            lambda: shop.post(shop.asked(store_code="no"), idempotency_key="t-6"),
        ]
    )
    assert sorted(batches) == [1, TOGETHER - 1]
    assert [answer.status_code for answer in answers[:2]] == [201, 201]
    assert [answer.json()["card_number"] for answer in answers[:2]] == [shop.card, shop.second_card]
    assert [error_of(answer) for answer in answers[2:]] == [
        (401, "invalid_api_key"),
        (401, "invalid_api_key"),
        (409, "insufficient_balance"),
        (404, "store_not_found"),
    ]
    assert shop.get(f"/api/v1/cards/{shop.card}").json()["balance"]["total_fen"] == 12_000 - 1_990


def test_when_a_batch_breaks_each_is_posted_by_itself_and_only_once(
    shop: Shop, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = consumptions.fast.consume_many

    def breaks_after_commit(asked: list[object], *, schema: str) -> list[object]:
        answers = whole(asked, schema=schema)  # type: ignore[arg-type]
        if len(asked) > 1:
            raise psycopg.OperationalError("lost just after the commit")
        return list(answers)

    monkeypatch.setattr(consumptions.fast, "consume_many", breaks_after_commit)
    answers = _together(
        [
            lambda number=number: shop.post(shop.asked(amount_fen=100), idempotency_key=f"b-{number}")  # type: ignore[misc]
            for number in range(TOGETHER)
        ]
    )
    assert {answer.status_code for answer in answers} == {201}
    with qualified(), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {shop.chain.schema_name}.ledger_posting WHERE kind = 'CONSUMPTION'")
        assert cursor.fetchone() == (TOGETHER,)
