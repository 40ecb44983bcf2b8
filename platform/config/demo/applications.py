"""Cards that people apply for on the web, in the demo: one in each state that a desk meets."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from config.demo import people, summary
from kernel import clock
from kernel.sms.models import OutgoingText
from kernel.sms.services import read
from membership.applications import queries
from membership.applications import services as applications
from membership.applications.domain import Handing
from membership.applications.models import Application
from membership.cards.models import CardLevel
from membership.cards.services import ORDINARY
from membership.cards.services import settings as card_settings
from membership.members.domain import DocumentKind
from tenants.people.domain import Actor

MEMBERS: Final = 3
"""Members who became such by applying."""
_LEVELS: Final = ("PLAIN", "SILVER")

# Passports: numbers in their form that no authority gave out. The fifth has the telephone of a member.
_APPLICANTS: Final[tuple[tuple[str, str, str, Handing], ...]] = (
    ("薛涛", "19900009101", "PDEMO0001", Handing.PICK_UP),
    ("鱼玄机", "19900009102", "PDEMO0002", Handing.PICK_UP),
    ("李冶", "19900009103", "PDEMO0003", Handing.DELIVERY),
    ("刘采春", "19900009104", "PDEMO0004", Handing.PICK_UP),
    ("上官婉儿", people.phone(3), "PDEMO0005", Handing.PICK_UP),
    ("关盼盼", "19900009106", "PDEMO0006", Handing.PICK_UP),
)


@dataclass(frozen=True, slots=True)
class _Subscribed:
    """What the demo's chain has subscribed to, as far as applications ask."""

    plan: str = "C"
    modules: Collection[int] = ()
    created_at: datetime | None = None


def apply_online(*, owner: Actor, clerk: Actor, store_id: int, now: datetime) -> None:
    """The last week: the chain offers its ordinary card on the web, and six people wish for one."""
    with clock.frozen(now - timedelta(days=8)):
        _offer(owner)
    made = []
    for place, (name, phone, passport, handing) in enumerate(_APPLICANTS):
        with clock.frozen(now - timedelta(days=7 - place, hours=3)):
            made.append(_submit(name, phone, passport, handing, store_id))
    collected, waits_for_her, sent, refused = made[:4]
    with clock.frozen(now - timedelta(days=2)):
        for application in (collected, waits_for_her, sent):
            _approve(application, clerk, store_id)
        applications.reject(
            actor=clerk,
            number=refused.number,
            reason="姓名与证件不符，请核对后重新申请",
            store_id=store_id,
            site_url=_site(),
        )
    with clock.frozen(now - timedelta(days=1)):
        applications.send(actor=clerk, number=sent.number, parcel="顺丰 SF1029384756")
        applications.hand_over(actor=clerk, number=collected.number, original_seen=True)


def _offer(owner: Actor) -> None:
    card_settings.edit_type(actor=owner, code=ORDINARY, values={"offered_online": True})
    CardLevel.objects.filter(code__in=_LEVELS).update(offered_online=True)
    applications.save_policy(actor=owner, delivery_offered=True, photo_required=False, per_day=200, kept_days=90)


def _submit(name: str, phone: str, passport: str, handing: Handing, store_id: int) -> Application:
    wish = applications.Wish(
        type_code=ORDINARY,
        level_code="PLAIN",
        name=name,
        phone=phone,
        document_kind=DocumentKind.PASSPORT,
        id_number=passport,
        handing=handing,
        store_id=store_id if handing == Handing.PICK_UP else None,
        address="" if handing == Handing.PICK_UP else "浙江省杭州市西湖区文三路 1 号 3 幢 402",
        terms_version=queries.terms().version,
    )
    draft = applications.apply(chain=_Subscribed(), wish=wish)
    text = read(OutgoingText.objects.order_by("-pk")[0])["text"]
    code = next(word for word in text.replace("，", " ").split() if word.isdecimal())
    submitted = applications.submit(application_id=draft.pk, code=code, site_url=_site())
    if submitted is None:
        raise RuntimeError("the demo's own code was refused")
    return submitted


def _approve(application: Application, clerk: Actor, store_id: int) -> None:
    applications.approve(
        actor=clerk,
        chain=_Subscribed(),
        number=application.number,
        card_number=queries.next_card(application, store_id=store_id),
        store_id=store_id,
        site_url=_site(),
    )


def _site() -> str:
    """The chain's own address as it is served, so that the links in the texts lead somewhere."""
    return f"{summary.address_of(f'{people.CHAIN_SLUG}.{settings.BASE_DOMAIN}')}/"
