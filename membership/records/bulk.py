"""Card records by the hundred, as one statement that rides in the ledger's own transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from ledger.engine import arrays

_INSERT = """
    INSERT INTO {schema}.records_record (id, card_id, kind, amount_fen, balance_after_fen, store_id, actor, actor_name,
        posting_id, occurred_at, detail)
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
        $8::text[], $9::uuid[], $10::timestamptz[], $11::jsonb[])"""


class RecordRow(NamedTuple):
    """A row of ``records_record``."""

    id: UUID
    card_id: int
    kind: str
    amount_fen: int
    balance_after_fen: int | None
    store_id: int | None
    actor: str
    actor_name: str
    posting_id: UUID
    occurred_at: datetime
    detail: Mapping[str, Any]


def insert_records(rows: Sequence[RecordRow]) -> tuple[str, Sequence[str]]:
    """The statement that inserts the rows, for a rider of ``ledger.services.post_many``."""
    ids, cards, kinds, amounts, balances, stores, actors, names, postings, occurred, details = zip(*rows, strict=True)
    return _INSERT, (
        arrays.plain(ids),
        arrays.plain(cards),
        arrays.texts(kinds),
        arrays.plain(amounts),
        arrays.plain(balances),
        arrays.plain(stores),
        arrays.texts(actors),
        arrays.texts(names),
        arrays.plain(postings),
        arrays.plain(occurred),
        arrays.texts(msgspec.json.encode(detail).decode() for detail in details),
    )
