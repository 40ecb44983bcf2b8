"""Asking for a chain, trying again, closing."""

import gzip
import subprocess
import threading
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import connections, transaction
from pytest_django import Settings

from kernel.db import in_chain, in_public
from kernel.errors import DomainError
from kernel.localservers.postgres import binaries
from tenants.chains import exporting, services
from tenants.chains.domain import ChainState, InvalidSlug, ReservedSlug, check_slug
from tenants.chains.models import Chain, Domain
from tenants.chains.services import SlugTaken, close_chain, finish_closing, request_chain, retry_chain
from tenants.stores.models import Store
from tests import cast
from tests.cleaning import superuser
from tests.tenants.chains.catalog import catalog
from tests.tenants.chains.test_provisioning import row, schemas_like


@pytest.fixture(autouse=True)
def _private_folder(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = str(tmp_path_factory.mktemp("private"))
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {**settings.STORAGES["private"], "OPTIONS": {"location": place}},
    }


@pytest.mark.parametrize(
    "slug", ["", "a", "1a", "-a", "a-", "a--b", "A", "云杉", "a_b", "a.b", "a b", "a\n", "a" * 31, "a;drop", "ab\x00"]
)
def test_a_slug_that_is_no_host_name_is_refused(database: None, slug: str) -> None:
    with in_public(), pytest.raises(InvalidSlug) as refusal:
        request_chain(owner=cast.make_owner(), slug=slug, name="x", plan="A", first_store_name="x")
    assert refusal.value.as_dict()["code"] == "invalid_slug"
    with in_public():
        assert not Chain.objects.exists()


@pytest.mark.parametrize("slug", ["ab", "a1", "a-b", "a" * 30, "yunshan-che-2"])
def test_a_slug_that_is_a_host_name_is_taken(slug: str) -> None:
    assert check_slug(slug) == slug


@pytest.mark.parametrize("slug", ["www", "api", "public", "ext", "kayun", "console", "desk"])
def test_a_reserved_slug_is_refused(database: None, slug: str) -> None:
    with in_public(), pytest.raises(ReservedSlug) as refusal:
        request_chain(owner=cast.make_owner(), slug=slug, name="x", plan="A", first_store_name="x")
    assert refusal.value.as_dict()["code"] == "reserved_slug"


def test_a_used_slug_is_refused_and_nothing_changes(chain: Chain) -> None:
    before = row(chain)
    owner = cast.make_owner()
    with in_public(), pytest.raises(SlugTaken) as refusal:
        request_chain(owner=owner, slug=chain.slug, name="x", plan="A", first_store_name="x")
    assert refusal.value.as_dict() == {
        "code": "slug_taken",
        "message": "网址名“yunshan”已被使用，请换一个。",
        "params": {"slug": "yunshan"},
    }
    with in_public():
        assert Chain.objects.count() == 1
    assert row(chain).touched_at == before.touched_at


def test_one_of_two_who_ask_at_once_gets_the_slug(database: None) -> None:
    owners = [cast.make_owner() for _ in range(8)]
    start = threading.Barrier(len(owners))
    outcomes: list[str] = []

    def ask(number: int) -> None:
        start.wait()
        try:
            cast.request("wanted", owner=owners[number])
            outcomes.append("made")
        except DomainError as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=[number]) for number in range(len(owners))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", *["slug_taken"] * 7]


def test_a_request_that_is_rolled_back_enqueues_nothing(database: None, sent_tasks: list[str]) -> None:
    with in_public():
        request_chain(owner=cast.make_owner(), slug="undone", name="x", plan="A", first_store_name="x")
        transaction.set_rollback(True)
    assert sent_tasks == []
    cast.request("kept")
    assert sent_tasks == ["chains.provision"]


def test_a_chain_that_was_given_up_can_be_tried_again(database: None, sent_tasks: list[str]) -> None:
    chain = cast.request("again")
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(state=ChainState.FAILED, attempts=5, error_code="x")
        retry_chain(chain=chain)
    assert sent_tasks == ["chains.provision", "chains.provision"]
    assert services.provision(chain.pk) is ChainState.ACTIVE
    with in_public(), pytest.raises(services.ChainNotFailed):
        retry_chain(chain=chain)


def test_closing_exports_before_it_drops(chain: Chain, other_chain: Chain) -> None:
    with in_chain(chain.schema_name):
        Store.objects.filter(code="001").update(name="带'引号\t和\\反斜杠\n的店 🚗")
    untouched = catalog(other_chain.schema_name)
    with in_public():
        close_chain(chain=chain)
    assert row(chain).state == ChainState.CLOSING
    finish_closing(chain.pk)
    closed = row(chain)
    assert (closed.state, closed.attempts) == (ChainState.CLOSED, 1)
    assert closed.closed_at is not None
    assert schemas_like("^c_") == ["c_qinghe"]
    assert catalog(other_chain.schema_name) == untouched
    with in_public():
        assert Domain.objects.filter(tenant_id=chain.pk).exists(), "the address says that the chain has left"
        # What is kept is what was proved: it brings the chain back.
        with storages["private"].open(closed.export_name) as kept:
            path = kept.name
    assert exporting._sha256(Path(path)) == closed.export_sha256
    restore(path)
    with in_chain(chain.schema_name):
        assert Store.objects.get().name == "带'引号\t和\\反斜杠\n的店 🚗"


def test_a_closed_chain_keeps_its_slug(chain: Chain) -> None:
    with in_public():
        close_chain(chain=chain)
    finish_closing(chain.pk)
    with pytest.raises(SlugTaken):
        cast.request(chain.slug)


def test_only_a_chain_in_use_can_be_closed(database: None) -> None:
    chain = cast.request("yet-to-come")
    with in_public(), pytest.raises(services.ChainNotActive):
        close_chain(chain=chain)
    finish_closing(chain.pk)
    assert row(chain).state == ChainState.REQUESTED


def test_an_export_that_does_not_restore_drops_nothing(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    with in_chain(chain.schema_name):
        Store.objects.create(code="002", name="二号店", opened_on="2026-01-01")
    real = exporting._rows
    monkeypatch.setattr(exporting, "_rows", lambda script: list(real(script))[:1])
    with in_public():
        close_chain(chain=chain)
    with pytest.raises(exporting.ExportDiffers, match="stores_store"):
        finish_closing(chain.pk)
    assert row(chain).state == ChainState.CLOSING
    assert row(chain).export_sha256 == ""
    with in_chain(chain.schema_name):
        assert Store.objects.count() == 2
    monkeypatch.undo()
    finish_closing(chain.pk)
    assert row(chain).state == ChainState.CLOSED


def test_a_kill_between_export_and_drop_is_gone_on_from(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    with in_public():
        close_chain(chain=chain)
    with monkeypatch.context() as patch:
        patch.setattr(services.schemas, "drop", lambda name: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            finish_closing(chain.pk)
    exported = row(chain).export_name
    finish_closing(chain.pk)
    assert row(chain).state == ChainState.CLOSED
    assert row(chain).export_name == exported


def restore(path: str) -> None:
    """As an administrator would, by hand: gunzip -c … | psql."""
    with superuser() as connection:
        conninfo = connection.info.dsn
    subprocess.run(
        [binaries() / "psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={conninfo}"],
        input=gzip.decompress(Path(path).read_bytes()),
        check=True,
        capture_output=True,
    )
