"""One trip to the database: statements queued, sent in one write, answered together.

psycopg's own ``pipeline()`` writes and waits once for every statement, in Python; that was half the cost of a posting.
This is the same protocol on psycopg's wrapper of libpq, with prepared statements kept by text.
"""

from collections import OrderedDict
from itertools import count
from typing import Any, Final, cast
from weakref import WeakKeyDictionary, ref

import psycopg
from psycopg import capabilities, generators
from psycopg.abc import PQGen
from psycopg.adapt import AdaptersMap, Transformer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.datetime import TimestamptzLoader

Connection = psycopg.Connection[Any]
Row = tuple[Any, ...]

# One connection serves many chains, each with its own texts; what is busy stays prepared, the rest is closed again.
PREPARED_KEPT: Final = 1000
# The server no longer knows a statement (something sent DEALLOCATE ALL or DISCARD), or a table changed under its plan.
STALE_STATES: Final = frozenset({"26000", "0A000"})

_SOUND: Final = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})
_numbers = count(1)


class Prepared:
    """The statements prepared on a connection: text to name, least recently used first."""

    _of: "WeakKeyDictionary[Connection, Prepared]" = WeakKeyDictionary()

    def __init__(self) -> None:
        self.names: OrderedDict[str, bytes] = OrderedDict()

    @classmethod
    def of(cls, conn: Connection) -> "Prepared":
        """The one of this connection."""
        found = cls._of.get(conn)
        if found is None:
            found = cls._of[conn] = cls()
        return found

    def find(self, sql: str) -> bytes | None:
        """The statement's name, if it is prepared."""
        name = self.names.get(sql)
        if name is not None:
            self.names.move_to_end(sql)
        return name

    def surplus(self) -> list[bytes]:
        """The names to close so that not more than ``PREPARED_KEPT`` stay."""
        over = len(self.names) - PREPARED_KEPT
        return [self.names.popitem(last=False)[1] for _ in range(over)]

    def forget(self) -> None:
        """Prepare everything anew when it is next met. Names are not used twice."""
        self.names.clear()


class _Loading:
    """The connection's own adapters, but for moments: Django's loader is written in Python, and was a twelfth of a
    batch's time; psycopg's own, which gives the same, is compiled.
    """

    _of: "WeakKeyDictionary[Connection, _Loading]" = WeakKeyDictionary()

    def __init__(self, conn: Connection) -> None:
        # The weak dictionary must not keep the connection alive through its value.
        self._conn = ref(conn)
        self.adapters = AdaptersMap(conn.adapters)
        self.adapters.register_loader("timestamptz", TimestamptzLoader)

    @property
    def connection(self) -> Connection | None:
        """Whose encoding and time zone count."""
        return self._conn()

    @classmethod
    def of(cls, conn: Connection) -> "_Loading":
        """The one of this connection."""
        found = cls._of.get(conn)
        if found is None:
            found = cls._of[conn] = cls(conn)
        return found


class Answer:
    """What a statement returned, once the trip has been made."""

    __slots__ = ("_conn", "result")

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.result: PGresult | None = None

    def rows(self) -> list[Row]:
        """All rows, loaded by the connection's own adapters; moments in the session's time zone."""
        if self.result is None:
            raise ValueError("the trip has not been made")
        loader = Transformer(_Loading.of(self._conn))
        loader.set_pgresult(self.result)
        return cast("list[Row]", loader.load_rows(0, self.result.ntuples, tuple))


class Trip:
    """Statements for one trip. Parameters are text, cast in the statement (``$1::bigint[]``)."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._queue: list[tuple[str, tuple[str, ...] | None, Answer]] = []

    def say(self, sql: str) -> None:
        """Queue a statement without parameters that is not worth preparing: BEGIN, COMMIT."""
        self._queue.append((sql, None, Answer(self._conn)))

    def send(self, sql: str, *params: str) -> Answer:
        """Queue a statement; prepared, unless the connection forbids it (``prepare_threshold=None``)."""
        answer = Answer(self._conn)
        self._queue.append((sql, params, answer))
        return answer

    def make(self) -> None:
        """Send all and wait for all answers.

        Raises:
            psycopg.Error: what the first failed statement says; those after it were not run.
        """
        conn = self._conn
        prepared = Prepared.of(conn)
        with conn.lock:
            conn.pgconn.enter_pipeline_mode()
            try:
                expected = self._write(conn.pgconn, prepared)
                results = conn.wait(_converse(conn.pgconn, len(expected)))
            finally:
                _leave_pipeline(conn)
        for what, result in zip(expected, results, strict=True):
            if result.status not in _SOUND:
                raise psycopg.errors.error_from_result(result, encoding="utf-8")
            if isinstance(what, Answer):
                what.result = result
            elif what is not None:
                sql, name = what
                prepared.names[sql] = name

    def _write(self, pgconn: PGconn, prepared: Prepared) -> list[Answer | tuple[str, bytes] | None]:
        """Put everything into libpq's buffer; what is expected back: answers, and statements being prepared."""
        expected: list[Answer | tuple[str, bytes] | None] = []
        preparing = self._conn.prepare_threshold is not None
        for sql, params, answer in self._queue:
            values = [param.encode() for param in params] if params is not None else None
            name = prepared.find(sql) if preparing and params is not None else None
            if name is None and preparing and params is not None:
                name = b"kayun_%d" % next(_numbers)
                pgconn.send_prepare(name, sql.encode())
                expected.append((sql, name))
            if name is None:
                pgconn.send_query_params(sql.encode(), values)
            else:
                pgconn.send_query_prepared(name, values)
            expected.append(answer)
        if capabilities.has_send_close_prepared():
            for name in prepared.surplus():
                pgconn.send_close_prepared(name)
                expected.append(None)
        pgconn.pipeline_sync()
        return expected


def _converse(pgconn: PGconn, count: int) -> PQGen[list[PGresult]]:
    yield from generators.send(pgconn)
    results: list[PGresult] = []
    for _ in range(count):
        results += yield from generators.fetch_many(pgconn)
    yield from generators.fetch_many(pgconn)  # the sync
    return results


def _leave_pipeline(conn: Connection) -> None:
    try:
        conn.pgconn.exit_pipeline_mode()
    except psycopg.OperationalError:
        # Broken, or interrupted with answers outstanding: whatever it was doing is rolled back by the server.
        conn.close()
