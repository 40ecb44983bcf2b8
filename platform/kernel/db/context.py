"""Choosing the schema that SQL speaks to."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, cast

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from kernel.db.names import PUBLIC_SCHEMA, quote_schema

if TYPE_CHECKING:
    from kernel.db.base import DatabaseWrapper


def _connection(using: str) -> "DatabaseWrapper":
    return cast("DatabaseWrapper", connections[using])


@contextmanager
def selected(schema_name: str, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Choose a schema for the block, without opening a transaction."""
    quote_schema(schema_name)
    connection = _connection(using)
    before = connection.tenant
    connection.set_schema(schema_name)
    try:
        yield
    finally:
        connection.set_tenant(before)


@contextmanager
def in_chain(schema_name: str, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Choose a chain's schema and run the block in one transaction there (a savepoint, if one of that chain is open).

    Raises:
        ValueError: ``schema_name`` is ``public``; say ``in_public`` when you mean it.
    """
    if schema_name == PUBLIC_SCHEMA:
        raise ValueError("public is not a chain's schema")
    with selected(schema_name, using=using), transaction.atomic(using=using):
        yield


@contextmanager
def in_public(*, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Choose the public schema and run the block in one transaction there."""
    with selected(PUBLIC_SCHEMA, using=using), transaction.atomic(using=using):
        yield


def in_schema(schema_name: str, *, using: str = DEFAULT_DB_ALIAS) -> AbstractContextManager[None]:
    """``in_public`` or ``in_chain``, for work that goes over both kinds of schema."""
    return in_public(using=using) if schema_name == PUBLIC_SCHEMA else in_chain(schema_name, using=using)


@contextmanager
def qualified(*, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Run SQL that names the schema of every table in full: no search path is set, none is needed.

    What runs here must not lean on the search path at all; that is the writer's promise, so keep the block to one
    statement and the statement in sight.
    """
    connection = _connection(using)
    connection._qualified_depth += 1
    try:
        yield
    finally:
        connection._qualified_depth -= 1
