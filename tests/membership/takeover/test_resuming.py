"""Ten thousand rows, a worker killed while it takes over and while it undoes: everything once, and to the fen."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.db import connection

from kernel.db import qualified
from ledger.audit import audit_schema
from ledger.models import Account, Posting
from membership.cards.models import Card
from membership.takeover import services
from membership.takeover.models import Takeover
from tenants.chains.models import Chain
from tests.membership.takeover.conftest import OLD, SECOND
from tests.workers import Workers, valkey, wait_for

InChain = Callable[..., AbstractContextManager[None]]

CARDS = 3_400
SUMS = {"members": CARDS, "cards": CARDS, "principal_fen": CARDS * 10_000, "bonus_fen": CARDS * 500}


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    monkeypatch.setenv("KAYUN_IMPORT_BATCH_ROWS", "200")
    with valkey(tmp_path) as broker:
        found = Workers(broker, tmp_path)
        yield found
        found.end()


def _old() -> dict[str, list[list[str]]]:
    return {
        "会员": [
            list(OLD["会员"][0]),
            *([f"V{n}", f"会员{n}", f"199{n:08d}", ""] for n in range(CARDS)),
        ],
        "会员卡": [
            list(OLD["会员卡"][0]),
            *([f"70{n:08d}", f"V{n}", "GOLD", "ORDINARY", "2099-12-31"] for n in range(CARDS)),
        ],
        "储值": [list(OLD["储值"][0]), *([f"70{n:08d}", "100", "5", ""] for n in range(CARDS))],
    }


def _one(chain: Chain, sql: str) -> str:
    with qualified(), connection.cursor() as cursor:
        cursor.execute(sql.format(schema=chain.schema_name))
        return str(cursor.fetchone()[0])


def test_a_worker_is_killed_and_nothing_is_posted_twice(
    workers: Workers, bring: Callable[..., Takeover], signed: Callable[..., None], in_chain: InChain, chain: Chain
) -> None:
    takeover = bring(_old())

    def send() -> None:
        workers.broker.send("takeover.advance", schema_name=chain.schema_name, takeover_id=takeover.pk)

    def state() -> str:
        return _one(chain, "SELECT state FROM {schema}.takeover_takeover")

    def posted() -> int:
        return int(_one(chain, "SELECT count(*) FROM {schema}.ledger_posting"))

    worker = workers.start()
    send()
    wait_for(lambda: state() == "CHECKED", patience_s=300)
    signed(takeover, SUMS)
    send()
    wait_for(lambda: posted() > 0)
    workers.kill(worker)
    assert posted() < CARDS
    worker = workers.start()
    send()
    wait_for(lambda: state() != "APPLYING", patience_s=300)
    with in_chain():
        assert Takeover.objects.get().state == "DONE"
        assert (Card.objects.count(), Posting.objects.count()) == (CARDS, CARDS)
        assert sum(Account.objects.values_list("balance", flat=True)) == CARDS * 10_500
    assert audit_schema(chain.schema_name) == []
    with in_chain():
        services.undo(actor=SECOND, takeover_id=takeover.pk)
    send()
    wait_for(lambda: posted() > CARDS, patience_s=300)
    workers.kill(worker)
    workers.start()
    send()
    wait_for(lambda: state() == "UNDONE", patience_s=300)
    with in_chain():
        assert (Card.objects.count(), Posting.objects.count()) == (0, 2 * CARDS)
        assert sum(Account.objects.values_list("balance", flat=True)) == 0
    assert audit_schema(chain.schema_name) == []
