"""A database of the benchmark's own, and chains with cards to post on."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections

from billing.pricebook.modules import MODULES_BY_CODE
from config.environment import ROOT
from kernel import clock, localservers
from kernel.db import in_chain, in_public
from ledger.domain import Contra, Line, LotKind, OpenLot, PostingRequest, Unit, request_hash
from ledger.models import Account
from ledger.services import post_many
from membership.cards.domain import CardStatus
from membership.cards.models import Card, CardLevel
from membership.members.models import Member
from tenants.chains.migrating import migrate_everything
from tenants.chains.models import Chain
from tenants.chains.services import provision, request_chain, set_entitlements
from tenants.people.domain import SYSTEM, Act, UserKind
from tenants.people.models import User
from tenants.people.services import create_api_key
from tenants.stores.models import Store

PRINCIPAL_FEN = 400_000
BONUS_FEN = 90_000


@dataclass(frozen=True, slots=True)
class BenchChain:
    """A chain to post in. Cards, and their accounts, have consecutive ids."""

    schema_name: str
    host: str
    key: str
    store_code: str
    store_id: int
    numbers: tuple[str, ...]
    first_card_id: int
    first_account_id: int


def fresh_database() -> None:
    """Drop what an earlier run left, and migrate an empty database."""
    servers = localservers.ensure(ROOT, "bench")
    for connection in connections.all():
        connection.close()
    name = connections["default"].settings_dict["NAME"]
    localservers.drop_database(servers, name)
    # Asked for through another one: this one is gone.
    localservers.create_database(servers.for_database("postgres"), name)
    migrate_everything()


def seed_chain(slug: str, *, cards: int) -> BenchChain:
    """A provisioned chain whose cards each hold CNY 4,900 in two lots, and a key for its till."""
    chain = _provision(slug)
    with in_chain(chain.schema_name):
        store = Store.objects.get()
        level = CardLevel.objects.order_by("rank").first()
        assert level is not None
        now, today = clock.now(), clock.today()
        member = Member.objects.create(code="M1", name="测试", phone="+8613800138000", store=store, created_at=now)
        accounts = Account.objects.bulk_create(
            [Account(kind="STORED", holder_id=n, unit=Unit.CNY, lotted=True) for n in range(1, cards + 1)]
            + [Account(kind="POINTS", holder_id=n, unit=Unit.PTS, lotted=True) for n in range(1, cards + 1)]
        )
        made = Card.objects.bulk_create(
            [
                Card(
                    number=f"{slug[-2:].upper()}{n:08}",
                    level=level,
                    status=CardStatus.ACTIVE,
                    member=member,
                    store=store,
                    stored_account=accounts[n],
                    points_account=accounts[cards + n],
                    valid_until=today.replace(year=today.year + 5, day=1),
                    account_valid_until=today.replace(year=today.year + 5, day=1),
                    made_at=now,
                    issued_at=now,
                )
                for n in range(cards)
            ]
        )
        key = create_api_key(actor=SYSTEM, name="bench", acts=[Act.VALUE_CONSUME], store_id=None).raw
    _top_up(chain.schema_name, [account.pk for account in accounts[:cards]])
    return BenchChain(
        schema_name=chain.schema_name,
        host=f"{slug}.localhost",
        key=key,
        store_code=store.code,
        store_id=store.pk,
        numbers=tuple(card.number for card in made),
        first_card_id=made[0].pk,
        first_account_id=accounts[0].pk,
    )


def request_bench_chain(slug: str) -> Chain:
    """A chain asked for by an owner of its own, not yet made."""
    with in_public():
        owner = User(username=slug, email=f"{slug}@example.cn", name="测试", kind=UserKind.OWNER)
        owner.set_unusable_password()
        owner.save()
        return request_chain(owner=owner, slug=slug, name=slug, plan="A", first_store_name="一号店")


def _provision(slug: str) -> Chain:
    chain = request_bench_chain(slug)
    provision(chain.pk)
    with in_public():
        set_entitlements(chain_id=chain.pk, plan=chain.plan, modules=[MODULES_BY_CODE["open_api"].number])
    return chain


def _top_up(schema_name: str, account_ids: Sequence[int]) -> None:
    now = clock.now()
    expires = now.replace(year=now.year + 3, day=1)
    lots = (OpenLot(LotKind.PRINCIPAL, PRINCIPAL_FEN), OpenLot(LotKind.BONUS, BONUS_FEN, expires))
    requests = [
        PostingRequest(
            kind="TOP_UP",
            idempotency_key=f"seed|{account_id}",
            request_hash=request_hash(account_id),
            actor="system",
            occurred_at=now,
            lines=(
                Line(account_id, None, Unit.CNY, PRINCIPAL_FEN + BONUS_FEN, lots),
                Line(None, Contra.CASH, Unit.CNY, -PRINCIPAL_FEN),
                Line(None, Contra.PROMOTION, Unit.CNY, -BONUS_FEN),
            ),
        )
        for account_id in account_ids
    ]
    for begin in range(0, len(requests), 500):
        post_many(requests[begin : begin + 500], schema=schema_name)
