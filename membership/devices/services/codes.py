"""The changing code of a card: shown by its holder's telephone, read by a till, each accepted once.

It says which card is meant, and that somebody who proved its PIN to the web shows it now. It stands for the card in the
hand (R-L10) and for no PIN: see ``cashier.proving``.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.crypto import derived_key, newest_data_version
from kernel.errors import DomainError
from membership.cards.domain import tidy_number
from membership.cards.models import Card
from membership.devices import locks
from membership.devices.models import CardCode
from membership.devices.totp import HANDLE_DIGITS, STEP_S, hotp, matching_step, read_code, step_at, written
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, NotAllowed

_PURPOSE: Final = "devices.card_code"
_SAME_LOOK: Final = timedelta(seconds=15)
"""Within so long, a second look of the same person at the same code is the first one's repetition: a page that is
fetched twice, an answer that was lost."""
READERS: Final = (Act.CARD_VIEW, Act.VALUE_CONSUME, Act.VALUE_TOP_UP)


class CardCodeRefused(DomainError):
    """The code is too old, was used, or was never a card's: which, the till need not know."""

    code = "card_code_refused"
    status = 409
    message = _("这个会员码已失效或已用过，请会员出示手机上最新的会员码再扫一次。")


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A code, and for how many seconds it is the newest."""

    text: str
    left_s: int


def code_of(card: Card) -> ShownCode:
    """The card's code of now. Its handle is made the first time."""
    held = CardCode.objects.filter(card=card).first()
    if held is None:
        handle = f"{secrets.randbelow(10**HANDLE_DIGITS):0{HANDLE_DIGITS}d}"
        # Asked twice at once, or a handle that is another's already: whoever is there stays, and is asked for.
        CardCode.objects.bulk_create([CardCode(card=card, handle=handle)], ignore_conflicts=True)
        held = CardCode.objects.get(card=card)
    now_s = clock.now().timestamp()
    digits = hotp(_secret(card, held.handle), step_at(now_s))
    return ShownCode(text=written(held.handle, digits), left_s=STEP_S - int(now_s) % STEP_S)


def is_code(text: str) -> bool:
    """Whether a scanned text is written like a code."""
    return read_code(tidy_number(text)) is not None


def present(*, actor: Actor, text: str, store_id: int | None) -> str:
    """The number of the card whose code was scanned here and now. Accepted once; the trail says where and by whom.

    Raises:
        NotAllowed, CardCodeRefused
    """
    if not any(actor.may_somewhere(act) for act in READERS):
        raise NotAllowed(act=Act.CARD_VIEW.label)
    said = read_code(tidy_number(text))
    held = locks.hold_code(said.handle) if said is not None else None
    if said is None or held is None:
        raise CardCodeRefused
    now = clock.now()
    step = matching_step(_secret(held.card, held.handle), said.digits, now=step_at(now.timestamp()))
    if step is None or step < held.last_step:
        raise CardCodeRefused
    if step == held.last_step:
        if held.last_by != str(actor) or held.last_at is None or now - held.last_at > _SAME_LOOK:
            raise CardCodeRefused
        return held.card.number
    CardCode.objects.filter(pk=held.pk).update(last_step=step, last_at=now, last_by=str(actor))
    record(actor, "card.present", object_type="card", object_id=held.card.number, store_id=store_id)
    return held.card.number


def _secret(card: Card, handle: str) -> bytes:
    """This card's own, of this chain: nothing of it is in the database, and another PIN makes another."""
    key = derived_key(_PURPOSE, version=newest_data_version())
    return hmac.digest(key, f"{card.pk}|{handle}|{card.pin_version}".encode(), sha256)
