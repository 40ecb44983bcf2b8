"""A release comes: every schema goes to the new version whole, or stays on the old one whole."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command
from django.db import connections
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from kernel.db import PUBLIC_SCHEMA, in_chain, in_public
from tenants.chains import beside, migrating, schemas, spares, versions
from tenants.chains.beside import migrating_beside
from tenants.chains.domain import TEMPLATE_SCHEMA
from tenants.chains.migrating import ChainsNotMigrated, migrate_everything
from tenants.chains.models import Chain, SchemaTemplate, Spare
from tenants.chains.versions import OWNER, pending, schemas_with_migrations
from tenants.stores.models import Store
from tests import cast
from tests.cleaning import superuser
from tests.databases import another_database
from tests.tenants.chains.catalog import Catalog, catalog

LATER = ["stores.9001_telephone", "stores.9002_strict_codes"]


@pytest.fixture(autouse=True)
def _database_of_its_own(database: None) -> Iterator[None]:
    with another_database():
        yield


@pytest.fixture
def chains(_database_of_its_own: None) -> list[Chain]:
    return [cast.make_chain(slug) for slug in ("first", "second", "third")]


@pytest.fixture
def release(settings: Settings) -> Callable[[], None]:
    """Install the later release."""

    def install() -> None:
        settings.MIGRATION_MODULES = {"stores": "tests.tenants.chains.later_stores.migrations"}

    return install


def has_column(schema_name: str, column: str) -> bool:
    with superuser() as connection:
        found = connection.execute(
            "SELECT FROM information_schema.columns WHERE table_schema = %s AND table_name = 'stores_store'"
            " AND column_name = %s",
            [schema_name, column],
        )
        return found.fetchone() is not None


def without_sequences(schema_name: str) -> Catalog:
    """The catalog without where sequences stand: they do not go back with a transaction."""
    return {part: rows for part, rows in catalog(schema_name).items() if part != "sequence values"}


def test_nothing_is_pending_and_nothing_is_done(chains: list[Chain]) -> None:
    outcome = migrate_everything()
    assert (outcome.applied, outcome.failed) == ({}, {})


def test_what_is_pending_is_one_query_however_many_chains(chains: list[Chain]) -> None:
    found = schemas_with_migrations()
    assert {PUBLIC_SCHEMA, TEMPLATE_SCHEMA, *(chain.schema_name for chain in chains)} <= set(found)
    with CaptureQueriesContext(connections[OWNER]) as queries:
        assert pending(found) == []
    assert len([query for query in queries if "django_migrations" in query["sql"]]) == 1
    with CaptureQueriesContext(connections[OWNER]) as few:
        migrate_everything()
    cast.make_chain("fourth")
    spares.refill()
    with CaptureQueriesContext(connections[OWNER]) as more:
        migrate_everything()
    assert len(more) == len(few)


def test_a_release_reaches_every_schema(chains: list[Chain], release: Callable[[], None]) -> None:
    with in_public():
        old_spares = set(Spare.objects.values_list("schema_name", flat=True))
    release()
    outcome = migrate_everything()
    expected = {TEMPLATE_SCHEMA, *(chain.schema_name for chain in chains)}
    assert outcome.applied == dict.fromkeys(expected, LATER)
    assert pending(schemas_with_migrations()) == []
    for chain in chains:
        assert has_column(chain.schema_name, "fax")
        with superuser() as connection:
            told = connection.execute(f"SELECT telephone FROM {chain.schema_name}.stores_store".encode()).fetchall()
            assert told == [("001",)]
    with in_public():
        new_spares = set(Spare.objects.values_list("schema_name", flat=True))
    assert len(new_spares) == spares.POOL
    assert not old_spares & new_spares
    assert migrate_everything().applied == {}


def test_chains_made_after_a_release_equal_those_migrated_by_it(
    chains: list[Chain], release: Callable[[], None]
) -> None:
    release()
    migrate_everything()
    with in_public(using=OWNER):
        assert spares.claim(schema_name="c_new")
    for part, rows in catalog("c_new").items():
        if part != "sequence values":
            # Expressions are written twice in a copied schema: see reread_expressions.
            assert len(rows) == len(catalog("c_first")[part]), part
    assert catalog("c_new")["columns"] == catalog("c_first")["columns"]
    assert catalog("c_new")["applied migrations"] == catalog("c_first")["applied migrations"]


def test_a_chain_that_fails_half_way_stays_whole_and_stops_no_other(
    chains: list[Chain], release: Callable[[], None]
) -> None:
    with in_chain("c_second"):
        Store.objects.filter(code="001").update(code="TOO LONG")
    before = without_sequences("c_second")
    release()
    with pytest.raises(ChainsNotMigrated, match=r"c_second.*store_code_of_3") as failure:
        migrate_everything()
    assert set(failure.value.outcome.applied) == {TEMPLATE_SCHEMA, "c_first", "c_third"}
    assert without_sequences("c_second") == before, "the first of the two migrations is undone with the second"
    assert pending(schemas_with_migrations()) == ["c_second"]
    # On the old version, and at work.
    with in_chain("c_second"):
        assert Store.objects.get().code == "TOO LONG"
        Store.objects.update(code="002")
    assert migrate_everything().applied == {"c_second": LATER}


def test_a_run_that_was_killed_is_gone_on_from(
    chains: list[Chain], release: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    release()
    real = schemas.migrate

    def killed_at_the_second(name: str) -> list[str]:
        if name == "c_second":
            raise KeyboardInterrupt
        return real(name)

    with monkeypatch.context() as patch:
        patch.setattr(migrating.schemas, "migrate", killed_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            migrate_everything()
    assert pending(schemas_with_migrations()) == ["c_second", "c_third"]
    assert set(migrate_everything().applied) == {"c_second", "c_third"}


def test_a_kill_between_template_and_script_is_gone_on_from(
    chains: list[Chain], release: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The template is new, its script old: nothing of the old one may be handed out as new."""
    release()
    with monkeypatch.context() as patch:
        patch.setattr(migrating.template, "dump", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            migrate_everything()
    assert not has_column("c_first", "fax")
    migrate_everything()
    with in_public():
        assert "9002_strict_codes" in SchemaTemplate.objects.get().script
    assert has_column("c_first", "fax")


def test_a_chain_being_made_meanwhile_is_not_missed(chains: list[Chain], release: Callable[[], None]) -> None:
    claimed, go_on = threading.Event(), threading.Event()

    def slow_worker() -> None:
        with in_public(using=OWNER):
            spares.claim(schema_name="c_meanwhile")
            claimed.set()
            go_on.wait(10)
        connections.close_all()

    outcomes: list[migrating.Outcome] = []

    def migrate() -> None:
        outcomes.append(migrate_everything())
        connections.close_all()

    worker = threading.Thread(target=slow_worker)
    worker.start()
    claimed.wait(10)
    release()
    migration = threading.Thread(target=migrate)
    migration.start()
    migration.join(2)
    assert migration.is_alive(), "it waits for who is making a chain from the old script"
    go_on.set()
    worker.join()
    migration.join()
    assert outcomes[0].applied["c_meanwhile"] == LATER


def test_two_runs_at_once_do_the_work_once(chains: list[Chain], release: Callable[[], None]) -> None:
    release()
    outcomes: list[migrating.Outcome] = []

    def migrate() -> None:
        outcomes.append(migrate_everything())
        connections.close_all()

    runs = [threading.Thread(target=migrate) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(len(outcome.applied) for outcome in outcomes) == [0, 4]


def test_djangos_own_command_does_the_same(chains: list[Chain], release: Callable[[], None]) -> None:
    release()
    call_command("migrate", verbosity=0)
    assert pending(schemas_with_migrations()) == []


def test_each_kind_of_schema_has_its_own_apps(chains: list[Chain]) -> None:
    public, chain = versions.wanted(PUBLIC_SCHEMA).names, versions.wanted("c_x").names
    assert "chains.0001_initial" in public
    assert "chains.0001_initial" not in chain
    assert "stores.0001_initial" in chain
    assert "stores.0001_initial" not in public
    assert "ledger.0001_initial" in public & chain


def test_a_run_waits_for_the_process_that_a_killed_one_left(chains: list[Chain]) -> None:
    """An empty database's template is made by a process of its own, which may outlive the run."""
    done = threading.Event()

    def migrate() -> None:
        migrate_everything()
        connections.close_all()
        done.set()

    with superuser() as orphan:
        orphan.execute("SELECT pg_advisory_lock(%s)", [beside._LOCK])
        migration = threading.Thread(target=migrate)
        migration.start()
        assert not done.wait(0.5), "it waits"
        orphan.execute("SELECT pg_advisory_unlock(%s)", [beside._LOCK])
        migration.join(20)
    assert done.is_set()


def test_where_only_the_template_was_made_public_follows(chains: list[Chain], monkeypatch: pytest.MonkeyPatch) -> None:
    """The run was killed while its other process went on."""
    migrated: list[str] = []
    monkeypatch.setattr(migrating, "schemas_with_migrations", lambda: [TEMPLATE_SCHEMA])
    monkeypatch.setattr(migrating.schemas, "migrate", lambda name: migrated.append(name) or [])
    migrate_everything()
    assert migrated == [PUBLIC_SCHEMA]


def test_what_fails_in_the_other_process_fails_here(chains: list[Chain]) -> None:
    # Its name is refused before anything is done.
    with pytest.raises(ValueError, match="not a schema name"), migrating_beside("no schema") as other:
        other.result()
