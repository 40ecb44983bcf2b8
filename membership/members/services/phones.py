"""A filed telephone that becomes another one: it is trusted with no PIN for a while, and the old one hears of it.

Whoever may correct a file, or holds an API key that may, could otherwise have the code for a card's PIN sent to
herself.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from django.utils.translation import gettext as _

from kernel import clock
from kernel.sms import services as sms
from membership.members.domain import is_mobile, masked_phone
from membership.members.models import Member

TEMPLATE: Final = "phone_changed"
_NEWS_FOR: Final = timedelta(days=3)
"""After that the text is not sent any more."""


def note_phone_change(member: Member, *, before: str) -> dict[str, str]:
    """Note on the member, who is not saved here, that her telephone was ``before``; what the trail says of it. That the
    old one was hers says nothing of the new.
    """
    member.phone_verified_at, member.phone_changed_at = None, clock.now()
    return {"phone_before": masked_phone(before), "phone_after": masked_phone(member.phone)}


def tell_old_phones(phones: Collection[str]) -> None:
    """Text to telephones that they are no longer on their members' files; never what is there now. One statement."""
    mobiles = [phone for phone in phones if is_mobile(phone)]
    if not mobiles or not sms.offered():
        return
    day = clock.today().isoformat()
    text = _("您登记的会员手机号已于 %(day)s 改为其他号码，今后不再用本号码核实身份。如非本人要求，请立即联系门店。")
    sms.post_alike(
        phones=mobiles,
        template=TEMPLATE,
        params={"day": day},
        text=text % {"day": day},
        useless_at=clock.now() + _NEWS_FOR,
    )
