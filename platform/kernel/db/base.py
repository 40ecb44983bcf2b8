"""The database wrapper: django-tenants' choice of schema, held to one transaction and one schema at a time."""

from typing import Any

import psycopg
from django.db.backends.postgresql.introspection import DatabaseIntrospection
from django.db.backends.utils import CursorWrapper
from django_tenants.postgresql_backend import base as django_tenants_backend

from kernel.db.guard import GuardedCursor, GuardedDebugCursor, SchemaSwitchInTransaction, TenantSqlOutsideTransaction
from kernel.db.names import PUBLIC_SCHEMA, search_path_of
from kernel.db.reaching import NotConnected, ask_leave, note_down, note_up


class DatabaseWrapper(django_tenants_backend.DatabaseWrapper):  # type: ignore[misc]
    """A connection whose SQL belongs to exactly one schema per transaction.

    ``schema_name`` (django-tenants) is the schema that was chosen; ``_bound_schema`` the one this transaction has
    already spoken to; ``_path_is_set`` whether its ``SET LOCAL`` still stands.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._bound_schema: str | None = None
        self._path_is_set = False
        self._qualified_depth = 0
        super().__init__(*args, **kwargs)
        # django-tenants' own sets the search path for the whole session; ours never holds more than the schema.
        self.introspection = DatabaseIntrospection(self)

    def set_tenant(self, tenant: Any, include_public: bool = False) -> None:
        """Choose the schema that later SQL speaks to; sends nothing.

        Not django-tenants' own: it empties the content types' cache (ours is kept by schema) and notes the schema in a
        dictionary that all threads share.
        """
        self.tenant = tenant
        self.schema_name = tenant.schema_name
        self.include_public_schema = False

    def before_statement(self) -> None:
        """Set the search path for the statement that comes, or refuse it.

        Raises:
            TenantSqlOutsideTransaction: a chain is chosen and no transaction is open.
            SchemaSwitchInTransaction: the open transaction belongs to another schema.
        """
        if self._qualified_depth:
            return
        if not self.in_atomic_block:
            if self.schema_name != PUBLIC_SCHEMA:
                raise TenantSqlOutsideTransaction(f"SQL for {self.schema_name} outside a transaction")
            return
        if self._bound_schema is None:
            self._bound_schema = self.schema_name
        elif self._bound_schema != self.schema_name:
            raise SchemaSwitchInTransaction(
                f"transaction of {self._bound_schema} asked to run SQL in {self.schema_name}"
            )
        if not self._path_is_set:
            self.validate_no_broken_transaction()
            # Not through the wrapped cursor: it would ask us again.
            with self.wrap_database_errors, self.connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL search_path = {search_path_of(self.schema_name)}")
            self._path_is_set = True

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        return GuardedCursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorWrapper:
        return GuardedDebugCursor(cursor, self)

    def _handle_search_path(self, cursor: Any = None) -> None:
        """django-tenants' plain ``SET`` outlives the transaction; ``before_statement`` takes its place."""

    def _forget_transaction(self) -> None:
        self._bound_schema = None
        self._path_is_set = False

    def get_new_connection(self, conn_params: Any) -> Any:
        """A connection, of the pool's where there is one.

        Raises:
            NotConnected: at once while others have just found the database down.
        """
        if self.pool:
            ask_leave(self.alias, patience_s=self.pool.timeout)
        try:
            made = super().get_new_connection(conn_params)
        except psycopg.OperationalError as error:
            note_down(self.alias)
            raise NotConnected(str(error)) from error
        note_up(self.alias)
        return made

    def connect(self) -> None:
        self._forget_transaction()
        super().connect()

    def close(self) -> None:
        # Inside an atomic block Django keeps the block open on a closed connection and refuses further SQL by itself.
        self._forget_transaction()
        super().close()

    def _close(self) -> Any:
        lost = self.connection is not None and self.connection.closed
        try:
            return super()._close()
        finally:
            if lost and self.pool:
                # Where one broke, the others may have, and each would fail somebody: replaced now.
                self.pool.check()

    def _commit(self) -> Any:
        try:
            return super()._commit()
        finally:
            self._forget_transaction()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()
        finally:
            self._forget_transaction()

    def _savepoint_rollback(self, sid: str) -> None:
        # Must work in a transaction that is broken, where no path can be set; and names no table.
        self._qualified_depth += 1
        try:
            super()._savepoint_rollback(sid)
        finally:
            self._qualified_depth -= 1

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            # ROLLBACK TO takes back a SET LOCAL made after the savepoint: set it again before the next statement.
            self._path_is_set = False
