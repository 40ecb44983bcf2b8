"""A chain comes into being, whole or not at all, whatever happens on the way."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from kernel.db import in_chain, in_public
from tenants.audit.models import AuditEntry
from tenants.chains import provisioning, schemas, spares
from tenants.chains.domain import ChainState, host_of
from tenants.chains.models import Chain, Domain, Spare
from tenants.chains.provisioning import ATTEMPTS_MAX, STEPS, provision
from tenants.people.models import Assignment, User
from tenants.stores.models import Store
from tests import cast
from tests.cleaning import superuser


class Killed(BaseException):
    """What a kill looks like from inside: nothing catches it, no clean-up of ours is in time."""


@pytest.fixture
def requested(database: None) -> Chain:
    return cast.request("yunshan")


def row(chain: Chain) -> Chain:
    with in_public():
        return Chain.objects.select_related("owner").get(pk=chain.pk)


def schemas_like(pattern: str) -> list[str]:
    with superuser() as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ %s ORDER BY 1", [pattern])
        return [name for (name,) in found.fetchall()]


def fail_at(monkeypatch: pytest.MonkeyPatch, step: str, error: type[BaseException], *, after: bool = False) -> None:
    """Let a step fail: before it does anything, or when it has done everything but could not say so."""
    real = STEPS[step]

    def failing(chain: Chain) -> None:
        if after:
            real(chain)
        raise error(step)

    monkeypatch.setattr(provisioning, "STEPS", {**STEPS, step: failing})


def assert_complete(chain: Chain) -> None:
    now = row(chain)
    assert (now.state, now.step, now.error_code) == (ChainState.ACTIVE, "people", "")
    assert now.activated_at is not None
    with in_public():
        assert list(Domain.objects.values_list("domain", "tenant_id", "is_primary")) == [
            (host_of(chain.slug, base_domain="localhost"), chain.pk, True)
        ]
    with in_chain(chain.schema_name):
        staff = User.objects.get()
        assert (staff.owner_id, staff.email, staff.kind) == (now.owner_id, now.owner.email, "STAFF")
        assert not staff.has_usable_password()
        assert list(Assignment.objects.values_list("user_id", "role__code", "store_id")) == [(staff.pk, "OWNER", None)]
        assert list(Store.objects.values_list("code", "name")) == [("001", "一号店")]
        assert AuditEntry.objects.filter(act="chain.provision", actor="system").count() == 1


def test_a_chain_is_made_from_a_spare(requested: Chain) -> None:
    spares.refill(up_to=1)
    with in_public():
        spares_before = Spare.objects.count()
    assert provision(requested.pk) is ChainState.ACTIVE
    assert_complete(requested)
    with in_public():
        assert Spare.objects.count() == spares_before - 1
    assert row(requested).attempts == 1


def test_a_chain_is_made_from_the_script_when_no_spare_is_left(requested: Chain) -> None:
    with in_public(using="owner"):
        spares.drop_all()
    assert schemas_like("^kayun_spare_") == []
    assert provision(requested.pk) is ChainState.ACTIVE
    assert_complete(requested)
    assert spares.refill(up_to=2) == 2
    assert len(schemas_like("^kayun_spare_")) == 2


def test_provisioning_again_changes_nothing(chain: Chain) -> None:
    before = row(chain)
    assert provision(chain.pk) is ChainState.ACTIVE
    assert row(chain).touched_at == before.touched_at


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", list(STEPS))
def test_a_killed_worker_is_followed_by_another(
    requested: Chain, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    with monkeypatch.context() as patch:
        fail_at(patch, step, Killed, after=after)
        with pytest.raises(Killed):
            provision(requested.pk)
    assert row(requested).state == ChainState.PROVISIONING
    assert provision(requested.pk) is ChainState.ACTIVE
    assert_complete(requested)
    assert row(requested).attempts == 2


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", list(STEPS))
def test_a_step_that_keeps_failing_leaves_nothing(
    requested: Chain, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    fail_at(monkeypatch, step, RuntimeError, after=after)
    for attempt in range(1, ATTEMPTS_MAX + 1):
        with pytest.raises(RuntimeError):
            provision(requested.pk)
        assert row(requested).attempts == attempt
    now = row(requested)
    assert (now.state, now.step, now.error_code) == (ChainState.FAILED, "", "provisioning_failed")
    assert schemas_like("^c_") == []
    with in_public():
        assert not Domain.objects.exists()
    assert provision(requested.pk) is ChainState.FAILED


def test_a_chain_whose_workers_all_die_is_given_up(requested: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_at(monkeypatch, "people", Killed)
    for _ in range(ATTEMPTS_MAX):
        with pytest.raises(Killed):
            provision(requested.pk)
    assert schemas_like("^c_") == ["c_yunshan"]
    assert provision(requested.pk) is ChainState.FAILED
    assert row(requested).error_code == "worker_lost"
    assert schemas_like("^c_") == []


def test_half_a_step_is_not_kept(requested: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner's account is in the transaction of the store: the store fails, so there is no account."""

    def no_store(**_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(provisioning, "open_store", no_store)
    with pytest.raises(RuntimeError):
        provision(requested.pk)
    with in_chain(requested.schema_name):
        assert not User.objects.exists()


def test_a_chain_that_another_worker_holds_is_left_alone(requested: Chain) -> None:
    with provisioning.held(requested.pk) as ours:
        assert ours
        seen: list[ChainState] = []

        def other_worker() -> None:
            seen.append(provision(requested.pk))
            connections.close_all()

        thread = threading.Thread(target=other_worker)
        thread.start()
        thread.join()
    assert seen == [ChainState.REQUESTED]
    assert row(requested).attempts == 0


def test_eight_chains_at_once(database: None) -> None:
    """More than there are spares left, by as many workers, every chain asked for twice."""
    with in_public(using="owner"):
        spares.drop_all()
    spares.refill(up_to=3)
    chains = [cast.request(f"chain-{number}") for number in range(8)]
    failures: list[BaseException] = []

    def worker(chain_id: int) -> None:
        try:
            provision(chain_id)
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker, args=[chain.pk]) for chain in chains for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [row(chain).state for chain in chains] == [ChainState.ACTIVE] * 8
    assert schemas_like("^c_") == [f"c_chain_{number}" for number in range(8)]
    assert schemas_like("^kayun_spare_") == []
    with in_public():
        assert not Spare.objects.exists()
    for chain in chains:
        with in_chain(chain.schema_name):
            assert Store.objects.count() == 1


def test_public_is_never_dropped(database: None) -> None:
    with pytest.raises(ValueError, match="public"):
        schemas.drop("public")


def test_a_chain_of_6_has_six_stores(chain_of_6: Chain, in_chain: Callable[..., object]) -> None:
    with in_chain(chain_of_6):  # type: ignore[attr-defined]
        assert list(Store.objects.order_by("code").values_list("code", flat=True)) == [
            "001", "002", "003", "004", "005", "006",
        ]  # fmt: skip
