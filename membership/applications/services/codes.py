"""Codes that go to an applicant's telephone: to show that it is hers, and to find her application again.

A code is six digits, lasts ten minutes and five tries. Whoever asks for one to follow an application writes a row,
which a worker answers afterwards: neither the page nor its time tells whether the number and the telephone go together.
"""

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db.models import F
from django.utils.translation import gettext as _

from kernel import clock
from kernel.crypto import derived_key, newest_data_version
from kernel.db import in_chain
from kernel.sms import services as sms
from kernel.tasks import enqueue
from membership.applications import locks
from membership.applications.domain import ApplicationState, tidy_number
from membership.applications.models import Application, ApplicationCode, CodeAsk, CodeSent
from membership.applications.queries import ANSWER_CODES, policy
from membership.applications.services.steps import applicant
from membership.members.domain import normalise_phone
from tenants.audit.services import record

TEMPLATE: Final = "apply_code"

CODE_DIGITS: Final = 6
CODE_LASTS: Final = timedelta(minutes=10)
TRIES: Final = 5
APART: Final = timedelta(minutes=1)
"""No telephone gets two codes within so long."""
A_DAY: Final = 5
"""Codes that a telephone gets within a day, for whichever application."""
CODES_PER_APPLICATION: Final = 5
"""Times as many codes as applications a chain sends on one day: what strangers can make it pay for."""

_ASK_LASTS: Final = timedelta(minutes=5)
_PURPOSE: Final = "applications.code"
_NO_APPLICATION: Final = 0


def ask_for_code(*, number: str, phone: str) -> None:
    """Have a code sent, if there is such an application and that is its telephone.

    Raises:
        InvalidPhone: no telephone number at all.
    """
    CodeAsk.objects.create(number=tidy_number(number), phone=normalise_phone(phone), asked_at=clock.now())
    enqueue(ANSWER_CODES)


def answer_asks(schema_name: str) -> int:
    """Send the codes that were asked for and are due; how many. Opens its own transactions, one for each."""
    sent = 0
    while True:
        with in_chain(schema_name):
            ask = CodeAsk.objects.select_for_update(skip_locked=True).order_by("pk").first()
            if ask is None:
                return sent
            found = Application.objects.exclude(state=ApplicationState.DRAFT).filter(number=ask.number, phone=ask.phone)
            application = found.exclude(phone="").first()
            if application is not None and ask.asked_at + _ASK_LASTS >= clock.now():
                sent += int(send_code(application))
            ask.delete()


def send_code(application: Application) -> bool:
    """Send a new code to the applicant's telephone; False where it has had as many as it gets, which is not said."""
    now, phone = clock.now(), application.phone
    to_phone = CodeSent.objects.filter(phone_digest=_phone_digest(phone))
    if to_phone.filter(at__gt=now - APART).exists():
        return False
    day_ago = now - timedelta(days=1)
    if to_phone.filter(at__gt=day_ago).count() >= A_DAY:
        return False
    if CodeSent.objects.filter(at__gt=day_ago).count() >= CODES_PER_APPLICATION * policy().per_day:
        return False
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    ApplicationCode.objects.update_or_create(
        application=application,
        defaults={"digest": _digest(application, code), "tries": 0, "expires_at": now + CODE_LASTS},
    )
    CodeSent.objects.create(phone_digest=_phone_digest(phone), at=now)
    minutes = int(CODE_LASTS.total_seconds()) // 60
    text = _("验证码 %(code)s，用于网上办卡，%(minutes)s 分钟内有效。如非本人操作，请勿告诉任何人。")
    sms.post(
        phone=phone,
        template=TEMPLATE,
        params={"code": code},
        text=text % {"code": code, "minutes": minutes},
        useless_at=now + CODE_LASTS,
    )
    return True


def check_code(*, application_id: int, code: str) -> Application | None:
    """The application, if this is the code that was sent to its telephone; it works once. None for a wrong one.

    Returned, never raised: the count must be committed with the request. Applications that have no code, and such as
    there are not, cost the same queries as a wrong code.
    """
    held = locks.hold_code(application_id)
    right = hmac.compare_digest(_digest(held.application, code), held.digest) if held else False
    trying = ApplicationCode.objects.filter(pk=held.pk if held else _NO_APPLICATION, tries__lt=TRIES)
    trying.update(tries=F("tries") + int(not right))
    if held is None or not right or held.tries >= TRIES:
        return None
    if held.expires_at is None or held.expires_at <= clock.now():
        return None
    ApplicationCode.objects.filter(pk=held.pk).update(digest="", tries=TRIES)
    return held.application


def find_by_code(*, number: str, code: str) -> Application | None:
    """The application with this number, if the code is the one that was sent for it. An unknown number is answered like
    a wrong code.
    """
    found = Application.objects.exclude(state=ApplicationState.DRAFT).filter(number=tidy_number(number))
    key = found.values_list("pk", flat=True).first() or _NO_APPLICATION
    application = check_code(application_id=key, code=code)
    if application is not None:
        record(applicant(application), "application.follow", object_type="application", object_id=application.number)
    return application


def _digest(application: Application, code: str) -> str:
    """What is kept of a code: useless to whoever has the database alone, and for any other application or telephone."""
    told = f"{application.pk}|{application.phone}|{code}"
    return _keyed(told)


def _phone_digest(phone: str) -> str:
    return _keyed(f"phone|{phone}")


def _keyed(told: str) -> str:
    key = derived_key(_PURPOSE, version=newest_data_version())
    return hmac.digest(key, told.encode(), sha256).hex()
