"""Moving encrypted texts and their indexes to the newest keys.

Every batch is one short transaction and a row that is done is found to be done: the work can be broken off anywhere and
taken up again, beside everything else that goes on. A key may leave the settings when ``stale_count`` is 0 everywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.db import models
from django.db.models import Q, QuerySet

from kernel.checks.models import placements
from kernel.crypto.fields import SealedField
from kernel.crypto.indexing import blind_index, blind_indexes, index_prefix
from kernel.crypto.keys import newest_data_version, newest_index_version
from kernel.crypto.sealing import Undecryptable, decrypt, encrypt, prefix
from kernel.db import PUBLIC_SCHEMA, in_schema

__all__ = ["SealedColumn", "Undecryptable", "prove_schema", "rotate_schema", "sealed_columns", "stale_count"]

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of encrypted texts, and that of their indexes if there is one."""

    model: type[models.Model]
    name: str
    purpose: str
    index: str

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.name}"

    def stale(self) -> "QuerySet[Any]":
        """The rows that are not under the newest keys yet."""
        old = ~Q(**{f"{self.name}__startswith": prefix(newest_data_version())})
        if self.index:
            old |= ~Q(**{f"{self.index}__startswith": index_prefix(newest_index_version())})
        return self.filled().filter(old)

    def filled(self) -> "QuerySet[Any]":
        """The rows that hold a text."""
        return self.model._default_manager.exclude(**{self.name: ""}).exclude(**{f"{self.name}__isnull": True})

    def prove(self, row: Any) -> None:
        """Decrypt the row's text and compare its index.

        Raises:
            Undecryptable: one or the other is not what the keys of the settings give.
        """
        plain = decrypt(getattr(row, self.name), purpose=self.purpose)
        if self.index and getattr(row, self.index) not in blind_indexes(plain, purpose=self.purpose):
            raise Undecryptable(f"{self}: the index of row {row.pk} is another value's")

    def renew(self, row: Any) -> None:
        """Encrypt and index the row's value anew.

        Raises:
            Undecryptable: its key is no longer in the settings.
        """
        plain = decrypt(getattr(row, self.name), purpose=self.purpose)
        setattr(row, self.name, encrypt(plain, purpose=self.purpose))
        if self.index:
            setattr(row, self.index, blind_index(plain, purpose=self.purpose))

    @property
    def columns(self) -> list[str]:
        """The names of what ``renew`` changes."""
        return [self.name, self.index] if self.index else [self.name]


def sealed_columns() -> list[SealedColumn]:
    """Every column of every model that holds encrypted texts."""
    return [
        SealedColumn(model=model, name=field.name, purpose=field.purpose, index=field.index)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, SealedField)
    ]


def rotate_schema(schema_name: str, *, size: int = BATCH) -> int:
    """Bring one schema's texts under the newest keys, batch after batch; how many rows were rewritten.

    Raises:
        Undecryptable: a row whose key is no longer in the settings; the batches before it are kept.
    """
    return sum(_batches(schema_name, size))


def stale_count(schema_name: str) -> int:
    """How many rows of a schema are not under the newest keys yet."""
    with in_schema(schema_name):
        return sum(column.stale().count() for column in _columns_in(schema_name))


def prove_schema(schema_name: str) -> int:
    """Decrypt every text of a schema and compare its index, changing nothing; how many there are.

    Raises:
        Undecryptable: the first that the keys of the settings do not fit.
    """
    count = 0
    with in_schema(schema_name):
        for column in _columns_in(schema_name):
            for row in column.filled().order_by("pk").iterator(chunk_size=BATCH):
                column.prove(row)
                count += 1
    return count


def _batches(schema_name: str, size: int) -> Iterator[int]:
    for column in _columns_in(schema_name):
        last: Any = None
        while True:
            with in_schema(schema_name):
                rows = _next_batch(column, after=last, size=size)
                for row in rows:
                    column.renew(row)
                column.model._default_manager.bulk_update(rows, column.columns)
            yield len(rows)
            if len(rows) < size:
                break
            last = rows[-1].pk


def _columns_in(schema_name: str) -> list[SealedColumn]:
    """Those whose tables are in this kind of schema."""
    kind = "public" if schema_name == PUBLIC_SCHEMA else "chain"
    return [column for column in sealed_columns() if kind in placements(column.model._meta.app_config)]


def _next_batch(column: SealedColumn, *, after: Any, size: int) -> list[Any]:
    stale = column.stale() if after is None else column.stale().filter(pk__gt=after)
    return list(stale.select_for_update(no_key=True).order_by("pk")[:size])
