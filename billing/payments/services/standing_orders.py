"""What becomes of an owner's standing order when its card was charged or declined. Inside the caller's transaction,
which holds the order and the attempt.
"""

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from billing.payments.domain import AUTO_TOP_UPS_PER_DAY, DAILY_CEILING, pause_after_decline
from billing.payments.models import Attempt, AutoTopUp
from kernel import clock
from kernel.calendar import start_of
from kernel.mail.services import post, post_in_every_language
from kernel.money import Money
from tenants.chains.models import Chain

# The bank wants the owner herself: asking again without her is of no use.
_HOPELESS = frozenset(
    {"authentication_required", "authentication_not_handled", "expired_card", "lost_card", "stolen_card"}
)


def charged(attempt: Attempt) -> None:
    """The card paid: whatever went wrong before is forgotten."""
    AutoTopUp.objects.filter(pk=attempt.chain_id).update(failures=0, problem="", next_at=clock.now())


def declined(attempt: Attempt) -> None:
    """Leave the card alone for longer each time, and in the end for good; the owner is told each time."""
    order = AutoTopUp.objects.filter(pk=attempt.chain_id).first()
    if order is None:
        return
    if attempt.error_code == "not_reached":
        # Not the card's fault.
        return
    failures = order.failures + 1
    pause = None if attempt.error_code in _HOPELESS else pause_after_decline(failures)
    AutoTopUp.objects.filter(pk=order.pk).update(
        failures=F("failures") + 1,
        problem=attempt.error_code,
        enabled=order.enabled and pause is not None,
        next_at=clock.now() + (pause or timedelta(0)),
    )
    _tell(attempt, switched_off=pause is None)


def wait_for_tomorrow(order: AutoTopUp) -> None:
    """Leave the card alone until midnight in China, since it was charged as often as it may be; tell the owner."""
    AutoTopUp.objects.filter(pk=order.pk).update(
        problem=DAILY_CEILING, next_at=start_of(clock.today() + timedelta(days=1))
    )
    chain = Chain.objects.select_related("owner").get(pk=order.pk)
    values = {
        "chain": chain.name,
        "count": AUTO_TOP_UPS_PER_DAY,
        "amount": Money(order.amount_fen),
        "threshold": Money(order.threshold_fen),
    }

    def write() -> tuple[str, str]:
        subject = _("今天的自动充值已达上限：%(chain)s") % values
        body = _(
            "“%(chain)s”今天已自动充值 %(count)s 次，每次 %(amount)s，账户余额仍低于 %(threshold)s。"
            "每天最多自动充值 %(count)s 次，今天不再扣款，明天再看。"
            "如果余额不够用，请登录控制台充值，或提高每次充值的金额。"
        )
        return subject, body % values

    post_in_every_language([chain.owner.email], write)


def _tell(attempt: Attempt, *, switched_off: bool) -> None:
    chain = Chain.objects.select_related("owner").get(pk=attempt.chain_id)
    parts = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            parts.append(_message(chain, attempt, switched_off=switched_off))
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("自动充值没有成功：%(chain)s") % {"chain": chain.name}
    post(EmailMessage(subject=subject, body="\n\n———\n\n".join(parts), to=[chain.owner.email]))


def _message(chain: Chain, attempt: Attempt, *, switched_off: bool) -> str:
    said = _(
        "“%(chain)s”的自动充值没有成功：银行卡 %(card)s 没有付出 %(amount)s（%(code)s）。账户没有变动，也没有扣款。"
    ) % {
        "chain": chain.name,
        "card": attempt.card,
        "amount": Money(attempt.amount_fen),
        "code": attempt.error_code or "card_declined",
    }
    onward = (
        _("自动充值已关闭。请登录控制台换一张银行卡，或用支付宝、微信支付充值。")
        if switched_off
        else _("我们会过一段时间再试。您也可以登录控制台，用支付宝、微信支付或其他银行卡充值。")
    )
    return f"{said}\n\n{onward}"
