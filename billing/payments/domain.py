"""Rules of payments, pure: what an attempt may become, when something is tried again, what may be paid."""

from datetime import timedelta
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from kernel.money import Money


class Method(TextChoices):
    """How an owner pays."""

    ALIPAY = "ALIPAY", _("支付宝")
    WECHAT_PAY = "WECHAT_PAY", _("微信支付")
    CARD = "CARD", _("银行卡")


class AttemptKind(TextChoices):
    """What was asked of the payment service."""

    TOP_UP = "TOP_UP", _("充值")
    """The owner pays on the service's page."""
    CARD_SETUP = "CARD_SETUP", _("登记银行卡")
    """The owner leaves a card there for later; nothing is paid."""
    AUTO_TOP_UP = "AUTO_TOP_UP", _("自动充值")
    """A saved card is charged without the owner present."""
    REFUND = "REFUND", _("退款")
    """Platform staff send a top-up, or a part of one, back to who paid it."""


class AttemptState(TextChoices):
    """Where an attempt stands."""

    CREATED = "CREATED", _("准备中")
    """Written down; the payment service has not been asked, or has said that it did nothing."""
    CALLING = "CALLING", _("等待确认")
    """The service has been asked and its answer is not known (yet): it is looked up, never asked for money again."""
    OPEN = "OPEN", _("等待付款")
    """The service knows it: the payer is there, or the money is on its way."""
    SUCCEEDED = "SUCCEEDED", _("成功")
    FAILED = "FAILED", _("未成功")
    EXPIRED = "EXPIRED", _("已放弃")
    """The payer left the page without paying."""


class EventState(TextChoices):
    """Where a message from the payment service stands."""

    WAITING = "WAITING", _("待处理")
    DONE = "DONE", _("已处理")
    ATTENTION = "ATTENTION", _("需人工处理")
    """It could not be made sense of, or the service could not be asked: somebody has to look."""
    IGNORED = "IGNORED", _("已忽略")


# An object is fetched anew for every message, so what is learnt late may be older than what is known: states only rise.
_RISE: Final = (
    AttemptState.CREATED,
    AttemptState.CALLING,
    AttemptState.OPEN,
    AttemptState.EXPIRED,
    AttemptState.FAILED,
    AttemptState.SUCCEEDED,
)
# A refund that went out may still come back from the bank.
_RISE_OF_REFUNDS: Final = (
    AttemptState.CREATED,
    AttemptState.CALLING,
    AttemptState.OPEN,
    AttemptState.SUCCEEDED,
    AttemptState.FAILED,
)
ENDED: Final = (AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.EXPIRED)

# The service takes nothing below about half a dollar.
MIN_TOP_UP: Final = Money.from_yuan(4)
MAX_TOP_UP: Final = Money.from_yuan(50_000)
# How long the payer has on the service's page (it takes from half an hour to a day).
PAGE_LASTS: Final = timedelta(hours=2)
# How long a call may take before another process may take it for lost.
CALL_PATIENCE: Final = timedelta(minutes=2)
# A charge that nobody can find after so many looks never reached the service.
LOOKS_FOR_A_LOST_CHARGE: Final = 4
# The service forgets idempotency keys after a day: until then the same refund may be asked for again.
KEY_LASTS: Final = timedelta(hours=20)
# After the last of these an automatic top-up is switched off until the owner switches it on again.
PAUSES_AFTER_DECLINES: Final = (timedelta(hours=6), timedelta(days=1), timedelta(days=3))
# So often is a chain's card charged on one day in China; the next charge waits for the next day.
AUTO_TOP_UPS_PER_DAY: Final = 5
DAILY_CEILING: Final = "daily_ceiling"
"""The ``problem`` of a standing order that waits for the next day because its card was charged so often."""
EVENT_TRIES: Final = 8

_LOOK_PAUSES: Final = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
_LATER_LOOKS: Final = timedelta(hours=1)


def rises(kind: str, before: str, after: str) -> bool:
    """Whether an attempt in state ``before`` becomes ``after`` when that is learnt."""
    order = _RISE_OF_REFUNDS if kind == AttemptKind.REFUND else _RISE
    if after not in order:
        return False
    return before not in order or order.index(AttemptState(after)) > order.index(AttemptState(before))


def pause_before_look(looks: int) -> timedelta:
    """How long to wait before looking again at an attempt that was looked at so often."""
    return _LOOK_PAUSES[looks] if looks < len(_LOOK_PAUSES) else _LATER_LOOKS


def pause_after_decline(failures: int) -> timedelta | None:
    """How long an automatic top-up waits after its ``failures``-th decline in a row; None: it is switched off."""
    return PAUSES_AFTER_DECLINES[failures - 1] if failures <= len(PAUSES_AFTER_DECLINES) else None


def pause_before_retry(tries: int) -> timedelta:
    """How long a message that could not be processed waits."""
    return timedelta(seconds=30 * (1 << min(tries, 10)))
