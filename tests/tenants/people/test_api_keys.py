"""Keys of the chain's own software."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier

import pytest
from django.db import connection, connections

from kernel.db import qualified
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people import services
from tenants.people.domain import Actor
from tenants.people.models import ApiKey, User
from tenants.people.queries import actor_of, api_keys_by_prefix_sql

InChain = Callable[..., AbstractContextManager[None]]
Hire = Callable[..., User]


@pytest.fixture
def made(in_chain: InChain, owner: Actor) -> services.NewApiKey:
    with in_chain():
        return services.create_api_key(actor=owner, name="总店收银", acts=["value.consume"], store_id=1)


def test_a_key_acts_within_its_scope(in_chain: InChain, made: services.NewApiKey) -> None:
    with in_chain():
        actor = services.authenticate_api_key(made.raw)
    assert str(actor) == f"api:{made.key.pk}"
    assert actor.name == "总店收银"
    assert actor.may("value.consume", store_id=1)
    assert not actor.may("value.consume", store_id=2)
    assert not actor.may("value.consume")
    assert not actor.may("value.top_up", store_id=1)


def test_a_key_for_all_stores(in_chain: InChain, owner: Actor) -> None:
    with in_chain():
        made = services.create_api_key(actor=owner, name="总部", acts=["value.consume", "card.view"], store_id=None)
        actor = services.authenticate_api_key(made.raw)
    assert actor.grants == {"value.consume": "all", "card.view": "all"}


def test_the_secret_is_kept_nowhere(in_chain: InChain, made: services.NewApiKey) -> None:
    scheme, prefix, secret = made.raw.split("_", 2)
    assert (scheme, prefix) == ("kyn", made.key.prefix)
    assert len(secret) >= 43
    with in_chain():
        key = ApiKey.objects.get()
        trail = str(list(AuditEntry.objects.values_list("detail", flat=True)))
    assert secret.encode() not in bytes(key.secret_sha256)
    assert secret not in trail
    assert secret not in str(key)


def test_a_revoked_key_is_refused(in_chain: InChain, owner: Actor, made: services.NewApiKey) -> None:
    with in_chain():
        services.revoke_api_key(actor=owner, prefix=made.key.prefix)
        services.revoke_api_key(actor=owner, prefix=made.key.prefix)
        assert AuditEntry.objects.filter(act="apikey.revoke").count() == 1
        with pytest.raises(services.InvalidApiKey):
            services.authenticate_api_key(made.raw)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: "",
        lambda raw: raw[:-1],
        lambda raw: raw + "x",
        lambda raw: raw.replace("kyn_", "abc_"),
        lambda raw: raw.rsplit("_", 1)[0] if raw.count("_") == 2 else raw[:14],
        lambda raw: raw[:4] + ("a" if raw[4] != "a" else "b") + raw[5:],
        lambda raw: raw[:-1] + "密",
        lambda raw: "kyn_" + "a" * 10_000,
    ],
)
def test_what_is_not_a_key_is_refused(in_chain: InChain, made: services.NewApiKey, spoil: Callable[[str], str]) -> None:
    with in_chain(), pytest.raises(services.InvalidApiKey) as refusal:
        services.authenticate_api_key(spoil(made.raw))
    assert (refusal.value.code, refusal.value.status) == ("invalid_api_key", 401)


def test_a_key_of_another_chain_is_refused(in_chain: InChain, made: services.NewApiKey, other_chain: Chain) -> None:
    with in_chain(other_chain), pytest.raises(services.InvalidApiKey):
        services.authenticate_api_key(made.raw)


def test_known_and_unknown_prefixes_cost_the_same(
    in_chain: InChain, made: services.NewApiKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both hash once and compare once, over the same length."""
    compared: list[tuple[int, int]] = []
    monkeypatch.setattr(
        "tenants.people.services.api_keys.hmac.compare_digest",
        lambda left, right: compared.append((len(left), len(right))) or left == right,
    )
    with in_chain():
        for raw in (made.raw[:-2] + "zz", "kyn_" + "2" * 10 + "_" + "s" * 43):
            with pytest.raises(services.InvalidApiKey):
                services.authenticate_api_key(raw)
    assert compared == [(32, 32), (32, 32)]


def test_the_fast_path_reads_the_same(chain: Chain, in_chain: InChain, made: services.NewApiKey) -> None:
    prefix, secret = services.parse_api_key(made.raw)
    with qualified(), connection.cursor() as cursor:
        cursor.execute(api_keys_by_prefix_sql(chain.schema_name), [[prefix]])
        row = cursor.fetchone()
    found, key_id, name, digest, acts, store_id = row
    assert found == prefix
    assert (key_id, name, store_id) == (made.key.pk, "总店收银", 1)
    assert bytes(digest) == bytes(made.key.secret_sha256)
    loaded = (key_id, name, bytes(digest), acts if isinstance(acts, list) else ["value.consume"], store_id)
    assert services.verify_api_key(loaded, secret=secret).may("value.consume", store_id=1)


@pytest.mark.parametrize("acts", [["staff.manage"], ["value.consume", "value.reverse"], []])
def test_keys_are_given_only_what_the_api_offers(in_chain: InChain, owner: Actor, acts: list[str]) -> None:
    with in_chain():
        with pytest.raises(services.ActNotForKeys):
            services.create_api_key(actor=owner, name="越权", acts=acts, store_id=None)
        assert ApiKey.objects.count() == 0


def test_whoever_manages_no_keys_makes_and_ends_none(in_chain: InChain, made: services.NewApiKey, hire: Hire) -> None:
    with in_chain():
        elsewhere = actor_of(hire("it", "INFORMATION", store_id=2))
        for store_id in (1, None):
            with pytest.raises(services.NotAllowed):
                services.create_api_key(actor=elsewhere, name="越权", acts=["value.consume"], store_id=store_id)
        with pytest.raises(services.NotAllowed):
            services.revoke_api_key(actor=elsewhere, prefix=made.key.prefix)
        assert ApiKey.objects.get().revoked_at is None
        services.create_api_key(actor=elsewhere, name="二店", acts=["value.consume"], store_id=2)
        with pytest.raises(services.ApiKeyNotFound):
            services.revoke_api_key(actor=elsewhere, prefix="nothing")


def test_one_form_makes_one_key_also_when_it_is_sent_twice_at_once(in_chain: InChain, owner: Actor) -> None:
    start = Barrier(2)

    def send(name: str) -> str:
        try:
            with in_chain():
                start.wait(20)
                asked = {"actor": owner, "name": name, "acts": ["value.consume"], "store_id": None}
                return services.create_api_key(**asked, request_key="form-1").key.name  # type: ignore[arg-type]
        except services.ApiKeyAlreadyMade as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(send, ["甲", "乙"]))
    assert answers[0] == "api_key_already_made"
    with in_chain():
        (key,) = ApiKey.objects.filter(name__in=["甲", "乙"])
        assert key.name == answers[1]
        other = services.create_api_key(
            actor=owner, name="丙", acts=["value.consume"], store_id=None, request_key="form-2"
        )
    assert other.key.prefix != key.prefix
