"""A chain's schema is exactly what migrations would have made."""

from collections.abc import Callable

import pytest

from kernel.db import in_public
from tenants.chains import schemas, spares, template
from tenants.chains.domain import TEMPLATE_SCHEMA
from tenants.chains.models import Chain, SchemaTemplate
from tenants.chains.versions import OWNER
from tests.cleaning import superuser
from tests.tenants.chains.catalog import catalog, reread_expressions


@pytest.fixture
def migrated(database: None) -> str:
    """A schema made by migrations alone, never dumped, never renamed."""
    schemas.migrate("c_migrated")
    reread_expressions("c_migrated")
    return "c_migrated"


def replayed(schema_name: str) -> None:
    """A schema made from the script although there are spares."""
    with in_public(using=OWNER):
        template.replay(template.hold(), schema_name=schema_name)


def test_a_replayed_schema_equals_a_migrated_one(migrated: str) -> None:
    replayed("c_replayed")
    assert catalog("c_replayed") == catalog(migrated)


def test_a_renamed_spare_equals_a_migrated_one(migrated: str) -> None:
    spares.refill(up_to=1)
    with in_public(using=OWNER):
        assert spares.claim(schema_name="c_renamed")
    assert catalog("c_renamed") == catalog(migrated)


def test_the_catalog_sees_differences(migrated: str) -> None:
    """The comparison itself: one small change of each kind is found."""
    before = catalog(migrated)
    changes = [
        "ALTER TABLE c_migrated.stores_store ALTER COLUMN name SET DEFAULT 'x'",
        "ALTER TABLE c_migrated.stores_store DROP CONSTRAINT store_closed_after_opened",
        "GRANT UPDATE (memo) ON c_migrated.ledger_posting TO kayun_app",
        "ALTER TABLE c_migrated.ledger_entry DISABLE TRIGGER USER",
        "DROP INDEX c_migrated.record_by_card",
        "COMMENT ON TABLE c_migrated.stores_store IS 'x'",
        "DELETE FROM c_migrated.django_migrations WHERE app = 'stores'",
    ]
    with superuser() as connection:
        for change in changes:
            connection.execute(change.encode())
            after = catalog(migrated)
            assert after != before, change
            before = after


def test_nothing_refers_to_the_template_or_a_spare(make_chain: Callable[..., Chain]) -> None:
    chain = make_chain("leftovers")
    for part, rows in catalog(chain.schema_name).items():
        text = str(rows)
        assert TEMPLATE_SCHEMA not in text, part
        assert "kayun_spare" not in text, part


def test_no_key_crosses_between_schemas(chain: Chain) -> None:
    with superuser() as connection:
        crossing = connection.execute(
            "SELECT c.conname FROM pg_constraint c JOIN pg_class r ON r.oid = c.confrelid"
            " WHERE c.contype = 'f' AND c.connamespace <> r.relnamespace"
        ).fetchall()
    assert crossing == []


def test_a_chain_counts_its_rows_from_the_start(chain: Chain, other_chain: Chain) -> None:
    with superuser() as connection:
        for made in (chain, other_chain):
            row = connection.execute(f"SELECT id FROM {made.schema_name}.stores_store".encode()).fetchone()
            assert row == (1,)


def test_without_a_template_no_chain_is_made(database: None) -> None:
    with in_public(using=OWNER):
        kept = SchemaTemplate.objects.using(OWNER).get()
        SchemaTemplate.objects.using(OWNER).all().delete()
        with pytest.raises(template.TemplateMissing):
            template.hold()
        kept.save(force_insert=True, using=OWNER)
