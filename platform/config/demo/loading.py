"""Loading the demo, through the services that a desk uses.

Everything inside the chain is one transaction: broken off, it leaves nothing, and the next run begins it again.
"""

import math
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from django.conf import settings

from billing.metering.services import count_usage
from billing.payments.domain import Method
from billing.pricebook.modules import MODULES
from billing.statements.domain import month_of, months_between
from billing.statements.services import make_statements
from billing.subscriptions.domain import ChargeKind
from billing.subscriptions.models import Charge
from billing.subscriptions.services import begin, bring_current, count_stores
from config import environment
from config.demo import (
    corners,
    data,
    lives,
    members,
    office,
    payments,
    people,
    records,
    software,
    stock,
    story,
    value,
)
from config.demo.summary import Summary, summary_of
from kernel import clock
from kernel.calendar import add_months
from kernel.db import in_chain, in_public
from kernel.money import Money
from kernel.slots import patiently
from ledger.domain import DrawPolicy
from membership.cards.domain import NumberRange
from membership.cards.models import Card
from membership.cards.pins import NewPin, known_to_a_finder, new_pin
from membership.cards.services import issue_card, report_lost, set_locked
from membership.cards.web_login import change_pin
from membership.cashier import services as cashier
from membership.cashier.domain import CardRef, Occasion, bonus_expiry
from membership.cashier.drafts import consumption_draft, top_up_draft
from membership.cashier.posting import Draft, post_all
from membership.cashier.tender import plain
from membership.members.domain import normalise_phone
from membership.members.models import Member
from membership.members.services import create_member
from membership.records.models import Record
from membership.stock.services import make_range
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.chains.services import provision, request_chain, retry_chain
from tenants.people.domain import API_ACTS, SYSTEM, Actor
from tenants.people.models import ApiKey, User
from tenants.people.queries import actor_of
from tenants.people.services import assign_role, create_api_key, create_owner, create_staff, revoke_api_key
from tenants.stores.models import Store
from tenants.stores.services import open_store

_SUBSCRIBED: Final = timedelta(days=160)
_SEED: Final = 20_260_301
_PREFIXES: Final = {"PLAIN": "6601", "SILVER": "6602", "GOLD": "6608", "DIAMOND": "6609"}
_MADE: Final = {"PLAIN": 120, "SILVER": 60, "GOLD": 40, "DIAMOND": 20}
_BONUS_MONTHS: Final = 12
_REVERSED: Final = 5
_API_KEY_NAME: Final = "门店收银软件"


@dataclass(slots=True)
class _Cast:
    """Everybody and everything the story is about, by place."""

    stores: list[Store]
    tills: list[Actor]
    service: Actor
    cards: list[CardRef] = field(default_factory=list)


def load() -> Summary:
    """Make the demo, or what is missing of it, and say where to log in. Quick when it stands already.

    Raises:
        RuntimeError: somebody else has the demo's slug.
    """
    now = clock.now()
    began = now - timedelta(days=story.DAYS + 20)
    chain = _chain(began)
    with patiently(), in_chain(chain.schema_name):
        if not Card.objects.exists():
            _fill(now, began)
        number = _card_to_log_in_with()
        api_key = _api_key()
        cards = [] if software.has_called() else software.its_cards()
        stores = software.store_codes()
    data.bring(chain.schema_name, now=now)
    if cards:
        software.call(api_key=api_key, cards=cards, stores=stores, now=now)
    _bill(chain, now)
    with in_public():
        count_stores()
    if settings.MODE != "production":
        office.employ()
    return summary_of(card_number=number, api_key=api_key)


def _chain(began: datetime) -> Chain:
    """The chain, active; its owner signed up and its first store opened before the year began."""
    with clock.frozen(began):
        with in_public():
            owner = User.objects.filter(email=people.OWNER_EMAIL).first() or create_owner(
                email=people.OWNER_EMAIL, name=people.OWNER_NAME, password=people.PASSWORD
            )
            chain = Chain.objects.filter(slug=people.CHAIN_SLUG).first() or request_chain(
                owner=owner,
                slug=people.CHAIN_SLUG,
                name=people.CHAIN_NAME,
                plan="C",
                first_store_name=people.STORES[0][1],
            )
            if chain.owner_id != owner.pk:
                raise RuntimeError(f"the slug {people.CHAIN_SLUG} belongs to another owner")
            if chain.state == ChainState.FAILED:
                retry_chain(chain=chain)
        if provision(chain.pk) != ChainState.ACTIVE:
            raise RuntimeError("the demo chain is being made by another process: try again in a moment")
    payments.top_up(chain, fen=800_000, days_ago=_SUBSCRIBED.days + 1)
    with clock.frozen(clock.now() - _SUBSCRIBED), in_public():
        chain.refresh_from_db()
        begin(chain=chain, modules=[number for number, module in MODULES.items() if module.offered])
    return chain


def _bill(chain: Chain, now: datetime) -> None:
    """Half a year of subscription: each period charged when it began, each day's calls on the next, months stated."""
    with in_public():
        count_usage(since=now - timedelta(days=software.DAYS + 1), chain_ids=[chain.pk])
        charged = Charge.objects.filter(chain=chain, kind=ChargeKind.CALLS).exists()
    days = [0] if charged else [*range(_SUBSCRIBED.days, software.DAYS, -10), *range(software.DAYS, -1, -1)]
    for ago in days:
        with clock.frozen(now - timedelta(days=ago)), in_public():
            bring_current(chain_id=chain.pk)
    first = month_of((now - _SUBSCRIBED).date())
    with in_public():
        for month in months_between(first, add_months(month_of(clock.today()), -1)):
            make_statements(month=month, chain_ids=[chain.pk])
    payments.top_up(chain, fen=200_000, days_ago=0, method=Method.WECHAT_PAY)
    payments.top_up(chain, fen=50_000, days_ago=0, method=Method.CARD, pays=False)


def _fill(now: datetime, began: datetime) -> None:
    chance = random.Random(_SEED)  # noqa: S311  (a story, not a secret)
    told = story.tell(chance, until=now)
    with clock.frozen(began):
        cast = _cast()
        owner = actor_of(User.objects.get(owner_id__isnull=False))
        stock.release_when_made(owner)
        _make_cards(cast)
    _issue_cards(cast, told.issues, people.members(chance, story.MEMBERS))
    desk = _desk(cast)
    corners.lie_unused(desk, began=began)
    with clock.frozen(now - timedelta(days=3)):
        records.complete(cast.service, list(Member.objects.order_by("pk")))
    _live(cast, told.events)
    _mishaps(cast)
    hands = stock.Hands(*(actor_of(User.objects.get(username=username)) for username in people.STOCK_HANDS))
    stock.keep_stock(hands, actor=owner, store_id=cast.stores[0].pk, other_id=cast.stores[1].pk, now=now)
    # Cards to which nothing has happened: those of the mishaps stand before them.
    value.tell(cast.cards[50:68], actor=cast.tills[0], store_id=cast.stores[0].pk, now=now)
    corners.come_to_light(desk, now=now)
    software.open_cards(desk, now=now)
    members.speak_up(
        owner=owner,
        clerk=cast.service,
        herself=_card_to_log_in_with(),
        cards=cast.cards[10:14],
        store_id=cast.stores[0].pk,
        now=now,
    )
    lives.ask_for_pins(owner=owner)


def _desk(cast: _Cast) -> corners.Desk:
    owner = actor_of(User.objects.get(owner_id__isnull=False))
    return corners.Desk(owner=owner, service=cast.service, cashier=cast.tills[0], store_id=cast.stores[0].pk)


def _cast() -> _Cast:
    owner = actor_of(User.objects.get(owner_id__isnull=False))
    for code, name in people.STORES[1:]:
        open_store(actor=owner, code=code, name=name, opened_on=clock.today())
    stores = list(Store.objects.order_by("code"))
    accounts: dict[str, User] = {}
    for person in people.STAFF:
        account = create_staff(actor=owner, username=person.username, name=person.name, password=people.PASSWORD)
        store_id = None if person.store is None else stores[person.store].pk
        assign_role(actor=owner, user_id=account.pk, role_code=person.role, store_id=store_id)
        accounts[person.username] = account
    tills = [actor_of(accounts[username]) for username in people.TILLS]
    return _Cast(stores=stores, tills=tills, service=actor_of(accounts["service"]))


def _make_cards(cast: _Cast) -> None:
    lives.set_policy(owner=actor_of(User.objects.get(owner_id__isnull=False)))
    for level, prefix in _PREFIXES.items():
        numbers = NumberRange(prefix=prefix, first=1, quantity=_MADE[level], width=7, check_digit=True)
        make_range(actor=cast.service, level_code=level, numbers=numbers)


def _issue_cards(cast: _Cast, issues: Sequence[story.Issue], persons: Sequence[people.Person]) -> None:
    idle = {
        level: iter(Card.objects.filter(level__code=level).order_by("number").values_list("number", flat=True))
        for level in _PREFIXES
    }
    members: dict[int, Member] = {}
    numbers = [next(idle[issue.level]) for issue in issues]
    known = [_known(number, persons[issue.member]) for number, issue in zip(numbers, issues, strict=True)]
    for issue, number, secret in zip(issues, numbers, _pins(known), strict=True):
        store_id = cast.stores[issue.store].pk
        with clock.frozen(issue.moment):
            if issue.member not in members:
                person = persons[issue.member]
                members[issue.member] = create_member(
                    actor=cast.service,
                    name=person.name,
                    phone=person.phone,
                    birthday=person.birthday,
                    store_id=store_id,
                )
            issued = issue_card(
                actor=cast.service, number=number, member=members[issue.member], store_id=store_id, new_pin=secret
            )
        card = issued.card
        if card.stored_account is not None:
            cast.cards.append(CardRef(card.pk, card.stored_account.pk, card.number, card.points_account_id or 0))
        if len(cast.cards) == 1:
            change_pin(card=card, new_pin=people.MEMBER_PIN)


def _known(number: str, person: people.Person) -> tuple[str, ...]:
    return known_to_a_finder(number, Member(phone=normalise_phone(person.phone), birthday=person.birthday))


def _pins(known: Sequence[tuple[str, ...]]) -> Iterator[NewPin]:
    """A PIN for each, made on another processor while the card before is issued: a third of the demo's time."""
    with ThreadPoolExecutor(1) as maker:
        yield from maker.map(lambda personal: new_pin(personal=personal, wait_s=math.inf), known)


def _live(cast: _Cast, events: list[story.Event]) -> None:
    place = 0
    for batch in story.batches(events):
        drafts = [_draft(cast, event, place + offset) for offset, event in enumerate(batch)]
        place += len(batch)
        with clock.frozen(batch[-1].moment):
            # What is refused (a bonus that had expired, say) did not happen.
            post_all(drafts)


def _draft(cast: _Cast, event: story.Event, place: int) -> Draft:
    occasion = Occasion(
        actor=cast.tills[event.store],
        store_id=cast.stores[event.store].pk,
        occurred_at=event.moment,
        key=f"demo-{place}",
    )
    card = cast.cards[event.card]
    if event.paid_fen:
        expires_at = bonus_expiry(event.moment, _BONUS_MONTHS)
        return top_up_draft(card, Money(event.paid_fen), Money(event.bonus_fen), occasion, bonus_expires_at=expires_at)
    bill = plain(event.spent_fen, note=event.note)
    return consumption_draft(card, bill, occasion, policy=DrawPolicy.EARLIEST_EXPIRY)


def _mishaps(cast: _Cast) -> None:
    """What goes wrong in any year: cards lost and frozen, a lock, consumptions put right."""
    treasury = actor_of(User.objects.get(username="treasury"))
    main = cast.stores[0].pk
    # Not the first cards: those are the ones to log in with and to try things on.
    for card in cast.cards[20:22]:
        report_lost(actor=cast.service, number=card.number, store_id=main, reason="会员来电，卡已遗失")
    lives.fill_wrongly(till=cast.tills[0], reporter=cast.service, store_id=main, card=cast.cards[22])
    set_locked(actor=cast.service, number=cast.cards[23].number, locked=True, store_id=main)
    lives.live_on(
        manager=cast.service,
        owner=actor_of(User.objects.get(owner_id__isnull=False)),
        treasury=treasury,
        finance=actor_of(User.objects.get(username="finance")),
        store_id=main,
        cards=cast.cards[24:28],
        lost=cast.cards[21],
    )
    used = (_last_consumption(card) for card in cast.cards[30:50])
    for place, found in enumerate(islice(filter(None, used), _REVERSED)):
        cashier.reverse(
            actor=treasury,
            record_id=found.id,
            store_id=found.store_id or main,
            idempotency_key=f"demo-reverse-{place}",
            reason="重复扣款",
            occurred_at=found.occurred_at + timedelta(minutes=10),
        )


def _last_consumption(card: CardRef) -> Record | None:
    found = Record.objects.filter(card_id=card.card_id, kind="CONSUMPTION")
    return found.order_by("-occurred_at").first()


def _card_to_log_in_with() -> str:
    first = Card.objects.filter(member__phone=normalise_phone(people.phone(1))).order_by("issued_at")
    return first.values_list("number", flat=True)[0]


def _api_key() -> str:
    """A key that works. Its secret is shown once only, so it is kept beside the local secrets; made anew when lost."""
    place = _api_key_file()
    alive = ApiKey.objects.filter(name=_API_KEY_NAME, revoked_at__isnull=True)
    if place.exists():
        raw = place.read_text(encoding="ascii")
        if alive.filter(prefix=raw.split("_")[1]).exists():
            return raw
    for key in alive:
        revoke_api_key(actor=SYSTEM, prefix=key.prefix)
    acts = [act.value for act in API_ACTS]
    raw = create_api_key(actor=SYSTEM, name=_API_KEY_NAME, acts=acts, store_id=None).raw
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.touch(mode=0o600)
    place.write_text(raw, encoding="ascii")
    return raw


def _api_key_file() -> Path:
    return environment.LOCAL_DIR / "secrets" / "demo-api-key"
