"""How the pages members come for are answered once there is much: by the index of a card's records, without a sort."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from membership.cards.domain import NumberRange
from membership.cards.services import make_cards
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM
from tests.cleaning import superuser
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
_CARDS: Final = 200
_EACH: Final = 200
_FILL: Final = f"""
    INSERT INTO records_record (id, card_id, kind, amount_fen, actor, actor_name, occurred_at, detail)
    SELECT gen_random_uuid(), card.id, 'CONSUMPTION', -100, '', '', now() - n * interval '1 hour', '{{}}'
    FROM cards_card card, generate_series(1, {_EACH}) n"""
_HERS: Final = {"/card/": 1, "/card/records/": 1, "/card/records/?kind=CONSUMPTION": 1}
"""Pages with a list of records, and how many such lists."""


def test_a_list_of_records_is_read_in_the_order_of_its_index(
    chain: Chain, holder: Holder, log_in: Callable[[Holder], Client], on_plan: Callable[..., None], in_chain: InChain
) -> None:
    on_plan("C", stores=2)
    browser = log_in(holder)
    with in_chain(), connection.cursor() as cursor:
        make_cards(actor=SYSTEM, level_code="GOLD", numbers=NumberRange(prefix="55", first=1, quantity=_CARDS))
        cursor.execute(_FILL)
    with superuser() as administrator:
        administrator.execute(f"ANALYZE {chain.schema_name}.records_record")
    for path, lists in _HERS.items():
        browser.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(path).status_code == 200
        asked = [one["sql"] for one in captured.captured_queries if "records_record" in one["sql"]]
        assert asked
        plans = [_plan(sql, in_chain) for sql in asked]
        assert [plan for plan in plans if "Seq Scan on records_record" in plan] == []
        shown = [plan for sql, plan in zip(asked, plans, strict=True) if " LIMIT " in sql and "ORDER BY" in sql]
        assert len(shown) >= lists, path
        for plan in shown:
            assert re.search(r"Index Scan using record_by_card", plan), plan
            assert "Sort" not in plan, plan


def _plan(sql: str, in_chain: InChain) -> str:
    with in_chain(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())
