"""Many tills at once: equal keys post once, and a card never gives more than it holds."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections

from tests.api.conftest import Shop

TILLS = 16


def _all_at_once(ask: Callable[[int], Any]) -> list[Any]:
    start = Barrier(TILLS)

    def till(number: int) -> Any:
        try:
            start.wait(timeout=20)
            return ask(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(TILLS) as pool:
        return list(pool.map(till, range(TILLS)))


def test_sixteen_tills_with_one_key_post_once(shop: Shop) -> None:
    answers = _all_at_once(lambda _: shop.post(shop.asked()))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert shop.get(f"/api/v1/cards/{shop.card}").json()["balance"]["total_fen"] == 12_000 - 1_990


def test_sixteen_tills_on_one_card_take_no_more_than_it_holds(shop: Shop) -> None:
    answers = _all_at_once(lambda number: shop.post(shop.asked(amount_fen=2_500), idempotency_key=f"k-{number}"))

    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] * 4 + [409] * 12
    balances = sorted(answer.json()["balance_after_fen"] for answer in answers if answer.status_code == 201)
    assert balances == [2_000, 4_500, 7_000, 9_500]
