"""Names of schemas, and the search path that belongs to each."""

import re

PUBLIC_SCHEMA = "public"
# Extensions and the trigger functions shared by all schemas; never holds a table.
EXTENSIONS_SCHEMA = "ext"

_SAFE = re.compile(r"\A[a-z][a-z0-9_]{0,62}\Z")


def quote_schema(schema_name: str) -> str:
    """The name, quoted for SQL.

    Raises:
        ValueError: it is not a plain lower-case name; schema names are made by this program and never need more.
    """
    if not _SAFE.match(schema_name):
        raise ValueError(f"not a schema name of ours: {schema_name!r}")
    return f'"{schema_name}"'


def search_path_of(schema_name: str) -> str:
    """The search path of SQL for this schema: itself and the extensions, and nothing to fall through to."""
    return f'{quote_schema(schema_name)}, "{EXTENSIONS_SCHEMA}"'
