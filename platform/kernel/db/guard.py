"""What the backend refuses, and the cursors that ask it before each statement."""

from typing import Any

from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from django.db.utils import DatabaseError


class TenantSqlOutsideTransaction(DatabaseError):
    """SQL for a chain was about to run outside a transaction that had set its search path locally."""


class SchemaSwitchInTransaction(DatabaseError):
    """A transaction that began in one schema was about to run SQL in another: they would never commit together."""


# Everything on a psycopg cursor that sends SQL by itself, without passing through Django's wrapper.
_SENDING = frozenset({"copy", "stream"})


class GuardedCursor(CursorWrapper):
    """A cursor that has the backend set, or refuse, the search path before each statement."""

    def _execute(self, sql: Any, params: Any, *ignored_wrapper_args: Any) -> Any:
        self.db.before_statement()
        return super()._execute(sql, params, *ignored_wrapper_args)  # type: ignore[misc]

    def _executemany(self, sql: Any, param_list: Any, *ignored_wrapper_args: Any) -> Any:
        self.db.before_statement()
        return super()._executemany(sql, param_list, *ignored_wrapper_args)  # type: ignore[misc]

    def callproc(self, procname: str, params: Any = None, kparams: Any = None) -> Any:
        self.db.before_statement()
        return super().callproc(procname, params, kparams)

    def __getattr__(self, attr: str) -> Any:
        if attr in _SENDING:
            self.db.before_statement()
        return super().__getattr__(attr)


class GuardedDebugCursor(CursorDebugWrapper, GuardedCursor):
    """The same, noting each statement for ``connection.queries``."""
