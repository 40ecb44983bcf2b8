"""The tenant-safe database backend (``ENGINE = "kernel.db"``) and the words for choosing a schema.

PostgreSQL silently skips a schema in ``search_path`` that does not exist, and a transaction-mode pooler hands a
session's ``SET`` to whoever comes next. So a chain's SQL runs only inside a transaction that began with ``SET LOCAL
search_path``, the path never holds ``public``, and the backend refuses anything else. Statements that name every
table's schema in full may run anywhere, inside ``qualified()``.
"""

from kernel.db.asking import ask_all
from kernel.db.context import in_chain, in_public, in_schema, qualified, selected
from kernel.db.guard import SchemaSwitchInTransaction, TenantSqlOutsideTransaction
from kernel.db.names import EXTENSIONS_SCHEMA, PUBLIC_SCHEMA, quote_schema, search_path_of

__all__ = [
    "EXTENSIONS_SCHEMA",
    "PUBLIC_SCHEMA",
    "SchemaSwitchInTransaction",
    "TenantSqlOutsideTransaction",
    "ask_all",
    "in_chain",
    "in_public",
    "in_schema",
    "qualified",
    "quote_schema",
    "search_path_of",
    "selected",
]
