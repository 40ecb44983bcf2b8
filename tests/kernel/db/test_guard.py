"""The backend lets SQL reach a chain's schema in one way only: in a transaction that set its search path locally.

Blocks that must raise hold several statements here on purpose: what came before is part of the case.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction
from django.db.transaction import TransactionManagementError

from kernel.db import (
    SchemaSwitchInTransaction,
    TenantSqlOutsideTransaction,
    in_chain,
    in_public,
    in_schema,
    qualified,
    quote_schema,
    selected,
)
from kernel.db.contenttypes import SchemaKeyedCache
from tenants.chains.models import Chain
from tenants.people.models import Role
from tenants.stores.models import Store

SQL = "SELECT code FROM stores_store"


@contextmanager
def spoken() -> Iterator[list[str]]:
    """Every statement that goes over the wire within the block, as libpq itself notes it; filled in at its end."""
    connection.ensure_connection()
    statements: list[str] = []
    with TemporaryFile() as trace:
        connection.connection.pgconn.trace(trace.fileno())
        try:
            yield statements
        finally:
            connection.connection.pgconn.untrace()
            trace.seek(0)
            said = trace.read().decode()
            statements += re.findall(r'\t(?:Query|Parse)\t ?(?:"" )?"(.*)"(?: \d+)*$', said, re.MULTILINE)


def search_path() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path')")
        return str(cursor.fetchone()[0])


def session_search_path() -> str:
    with qualified(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path')")
        return str(cursor.fetchone()[0])


def test_sql_outside_a_transaction_is_refused(chain: Chain) -> None:
    with selected(chain.schema_name):
        with pytest.raises(TenantSqlOutsideTransaction):
            list(Store.objects.all())
        with connection.cursor() as cursor, pytest.raises(TenantSqlOutsideTransaction):
            cursor.execute(SQL)
    assert connection.schema_name == "public"


@pytest.mark.parametrize("way", ["execute", "executemany", "copy", "stream", "callproc"])
def test_every_way_of_sending_is_guarded(chain: Chain, way: str) -> None:
    arguments = {"executemany": (SQL, [[]]), "copy": ("COPY stores_store TO STDOUT",)}.get(way, (SQL,))
    with selected(chain.schema_name), connection.cursor() as cursor, pytest.raises(TenantSqlOutsideTransaction):
        getattr(cursor, way)(*arguments)


def test_a_server_side_cursor_is_guarded(chain: Chain) -> None:
    with selected(chain.schema_name):
        with connection.chunked_cursor() as cursor, pytest.raises(TenantSqlOutsideTransaction):
            cursor.execute(SQL)
        with transaction.atomic(), connection.chunked_cursor() as cursor:
            cursor.execute(SQL)
            assert cursor.fetchall() == [("001",)]


def test_debug_cursors_are_guarded_and_keep_notes(chain: Chain) -> None:
    connection.force_debug_cursor = True
    try:
        with selected(chain.schema_name), pytest.raises(TenantSqlOutsideTransaction):
            list(Store.objects.all())
        with in_chain(chain.schema_name):
            assert Store.objects.count() == 1
        assert "stores_store" in connection.queries[-2]["sql"]
    finally:
        connection.force_debug_cursor = False


def test_copy_reaches_the_chain_inside_a_transaction(chain: Chain) -> None:
    with (
        in_chain(chain.schema_name),
        connection.cursor() as cursor,
        cursor.copy("COPY stores_store (code) TO STDOUT") as copy,
    ):
        assert b"".join(copy) == b"001\n"


def test_the_path_is_set_locally_and_once(chain: Chain) -> None:
    with spoken() as statements, in_chain(chain.schema_name):
        Store.objects.count()
        Store.objects.count()
    setting = [statement for statement in statements if "search_path" in statement]
    assert setting == ['SET LOCAL search_path = "c_yunshan", "ext"']
    assert statements.index(setting[0]) == 1, "right after BEGIN"


def test_a_transaction_without_sql_sets_nothing(chain: Chain) -> None:
    with spoken() as statements, in_chain(chain.schema_name):
        pass
    assert statements == []


def test_the_path_never_holds_public(chain: Chain) -> None:
    with in_chain(chain.schema_name):
        assert search_path() == "c_yunshan, ext"
        with pytest.raises(ProgrammingError, match="chains_chain"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM chains_chain")


def test_nothing_of_the_path_outlives_the_transaction(chain: Chain) -> None:
    before = session_search_path()
    with in_chain(chain.schema_name):
        Store.objects.count()
    assert session_search_path() == before == "public, ext"
    with pytest.raises(ZeroDivisionError), in_chain(chain.schema_name):  # noqa: PT012
        Store.objects.count()
        raise ZeroDivisionError
    assert session_search_path() == before


def test_after_a_savepoint_is_rolled_back_the_path_stands(chain: Chain) -> None:
    """The first statement of the transaction may lie behind the savepoint, and its SET LOCAL with it."""
    with in_chain(chain.schema_name):
        with pytest.raises(IntegrityError), transaction.atomic():
            Store.objects.create(code="001", name="again", opened_on="2026-01-01")
        assert search_path() == "c_yunshan, ext"
        assert Store.objects.count() == 1
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
            with transaction.atomic():
                Store.objects.create(code="002", name="x", opened_on="2026-01-01")
            raise ZeroDivisionError
        assert search_path() == "c_yunshan, ext"
        assert Store.objects.count() == 1


def test_a_savepoint_opened_by_hand_keeps_the_path(chain: Chain) -> None:
    with in_chain(chain.schema_name):
        sid = transaction.savepoint()
        Store.objects.count()
        transaction.savepoint_rollback(sid)
        assert search_path() == "c_yunshan, ext"


def test_a_savepoint_is_rolled_back_after_an_error_that_came_past_the_guard(chain: Chain) -> None:
    """The ledger speaks to the raw connection: its error breaks the transaction while no path is set."""
    with in_chain(chain.schema_name):
        with pytest.raises(psycopg.errors.DivisionByZero), transaction.atomic():  # noqa: PT012
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                raise ZeroDivisionError
            connection.connection.execute("SELECT 1 / 0")
        assert search_path() == "c_yunshan, ext"
        assert Store.objects.count() == 1


def test_a_broken_transaction_stays_broken(chain: Chain) -> None:
    with pytest.raises(TransactionManagementError), in_chain(chain.schema_name):  # noqa: PT012
        with pytest.raises(IntegrityError), transaction.atomic(savepoint=False):
            Store.objects.create(code="001", name="again", opened_on="2026-01-01")
        Store.objects.count()


@pytest.mark.parametrize("second", ["c_qinghe", "public"])
def test_a_transaction_stays_with_its_schema(chain: Chain, other_chain: Chain, second: str) -> None:
    with in_chain(chain.schema_name):
        Store.objects.filter(code="001").update(name="kept")
        with pytest.raises(SchemaSwitchInTransaction), in_schema(second):
            pass
        with selected(second), pytest.raises(SchemaSwitchInTransaction):
            Role.objects.count()
        assert Store.objects.get().name == "kept"
    with in_chain(chain.schema_name):
        assert Store.objects.get().name == "kept"


def test_a_public_transaction_stays_in_public(chain: Chain) -> None:
    with in_public():
        Chain.objects.count()
        with pytest.raises(SchemaSwitchInTransaction), in_chain(chain.schema_name):
            pass
        assert Chain.objects.count() == 1


def test_another_chain_comes_after_the_transaction(chain: Chain, other_chain: Chain) -> None:
    for which in (chain, other_chain, chain):
        with in_chain(which.schema_name):
            assert search_path() == f"{which.schema_name}, ext"


def test_the_same_chain_inside_itself_is_a_savepoint(chain: Chain) -> None:
    with in_chain(chain.schema_name):
        Store.objects.count()
        with pytest.raises(ZeroDivisionError), in_chain(chain.schema_name):  # noqa: PT012
            Store.objects.create(code="002", name="x", opened_on="2026-01-01")
            raise ZeroDivisionError
        assert Store.objects.count() == 1


def test_a_missing_schema_is_an_error_and_never_public(database: None) -> None:
    """People are in both kinds of schema: with public in the path this would have been a platform role."""
    with pytest.raises(ProgrammingError, match="people_role"), in_chain("c_nowhere"):
        Role.objects.create(code="X", name="x")
    with in_public():
        assert not Role.objects.exists()


def test_qualified_sql_needs_no_transaction_and_no_path(chain: Chain) -> None:
    with spoken() as statements, selected(chain.schema_name), qualified(), connection.cursor() as cursor:
        cursor.execute("SELECT code FROM c_yunshan.stores_store")
        assert cursor.fetchall() == [("001",)]
    assert statements == ["SELECT code FROM c_yunshan.stores_store"]
    with selected(chain.schema_name), connection.cursor() as cursor, pytest.raises(TenantSqlOutsideTransaction):
        cursor.execute(SQL)


def test_qualified_sql_within_a_transaction_leaves_it_its_schema(chain: Chain, other_chain: Chain) -> None:
    with in_chain(chain.schema_name):
        Store.objects.count()
        with qualified(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert search_path() == "c_yunshan, ext"


def test_hooks_after_commit_have_no_transaction_left(chain: Chain) -> None:
    seen: list[type[BaseException]] = []

    def hook() -> None:
        try:
            Store.objects.count()
        except TenantSqlOutsideTransaction as error:
            seen.append(type(error))

    with in_chain(chain.schema_name):
        transaction.on_commit(hook)
    assert seen == [TenantSqlOutsideTransaction]


def test_a_lost_connection_is_forgotten_with_its_path(chain: Chain) -> None:
    with pytest.raises(Exception, match=r"closed|terminat"), in_chain(chain.schema_name):  # noqa: PT012
        Store.objects.count()
        connection.connection.close()
        Store.objects.count()
    with in_chain(chain.schema_name):
        assert search_path() == "c_yunshan, ext"


@pytest.mark.parametrize(
    "name", ["", "C_X", "c-x", "c x", 'c"x', "c_x; drop schema public", "é", "c_" + "x" * 62, "1c"]
)
def test_a_schema_name_that_is_not_ours_reaches_no_sql(name: str) -> None:
    with pytest.raises(ValueError, match="schema name"):
        quote_schema(name)
    with pytest.raises(ValueError, match="schema name"), selected(name):
        pass


def test_public_is_not_a_chain(database: None) -> None:
    with pytest.raises(ValueError, match="public"), in_chain("public"):
        pass


def test_content_types_are_remembered_by_schema(chain: Chain, other_chain: Chain) -> None:
    """Two threads serve two chains at once whose content types have other ids."""
    with in_chain(other_chain.schema_name), connection.cursor() as cursor:
        cursor.execute("UPDATE django_content_type SET model = 'was_store' WHERE model = 'store'")
        cursor.execute("INSERT INTO django_content_type (app_label, model) VALUES ('stores', 'store')")
    ids: dict[str, set[int]] = {chain.schema_name: set(), other_chain.schema_name: set()}
    start = threading.Barrier(2)

    def serve(schema_name: str) -> None:
        start.wait()
        for _ in range(50):
            with in_chain(schema_name):
                ids[schema_name].add(ContentType.objects.get_for_model(Store).pk)
        connections.close_all()

    threads = [threading.Thread(target=serve, args=[name]) for name in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(found) for found in ids.values()] == [1, 1]
    assert ids[chain.schema_name] != ids[other_chain.schema_name]


def test_the_memory_of_content_types_is_bounded(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = SchemaKeyedCache()
    for number in range(1000):
        with selected(f"c_{number}"):
            cache.setdefault("default", {})["x"] = number
            assert cache["default"]["x"] == number
    assert len(cache) <= 200
