"""Requests as tills send them."""

import itertools
import json
import random
from collections.abc import Callable, Sequence

from bench.load import request_bytes
from bench.seeding import BenchChain

_keys = itertools.count(1)


def consumptions(chains: Sequence[BenchChain]) -> Callable[[], bytes]:
    """Each call gives another consumption of one fen from a random card of a random chain."""
    order = random.Random(17)

    def one() -> bytes:
        chain = order.choice(chains)
        body = (
            f'{{"card_number":"{order.choice(chain.numbers)}","amount_fen":1,'
            f'"store_code":"{chain.store_code}","reference":"17"}}'
        ).encode()
        headers = {
            "Authorization": f"Bearer {chain.key}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"b{next(_keys)}",
        }
        return request_bytes("/api/v1/consumptions", host=chain.host, body=body, headers=headers)

    return one


def batches(chain: BenchChain, *, size: int) -> Callable[[], bytes]:
    """Each call gives another batch of consumptions of one fen from random cards."""
    order = random.Random(18)
    headers = {"Authorization": f"Bearer {chain.key}", "Content-Type": "application/json"}

    def one() -> bytes:
        items = [
            {"idempotency_key": f"b{next(_keys)}", "card_number": order.choice(chain.numbers), "amount_fen": 1}
            for _ in range(size)
        ]
        body = json.dumps({"store_code": chain.store_code, "items": items}).encode()
        return request_bytes("/api/v1/consumptions/batch", host=chain.host, body=body, headers=headers)

    return one
