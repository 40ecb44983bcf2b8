"""The steps of a card's life that are taken on its page: the table of ``cards.domain`` with the words of the desk."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel import clock
from membership.cards import services
from membership.cards.domain import LOCK_FORBIDS, CardAct, CardStatus, destination
from membership.cards.models import Card
from membership.cashier.faults import open_form_on
from membership.expiry.services.dormancy import is_dormant
from portal.desk.card_forms import CardStepForm
from tenants.people.domain import Act, Actor


@dataclass(frozen=True, slots=True)
class Step:
    """One step: which act of the table, by whom, and what the page says of it. ``moves`` None: it only sets a flag."""

    code: str
    moves: CardAct | None
    act: Act
    take: Callable[..., Any]
    label: str | Promise
    question: str | Promise
    done: str | Promise
    asks_id: bool = False
    asks_reason: bool = True
    is_open: Callable[[Card], bool] = lambda card: True

    def form(self, data: Any = None) -> CardStepForm:
        """The step's form, empty or as it was sent."""
        return CardStepForm(
            data,
            initial={"step": self.code},
            auto_id=f"{self.code}_%s",
            asks_id=self.asks_id,
            asks_reason=self.asks_reason,
        )


def _ended(until: date | None) -> bool:
    return until is None or until < clock.today()


def _has_expired(card: Card) -> bool:
    return card.status == CardStatus.EXPIRED or _ended(card.valid_until) or _ended(card.account_valid_until)


def _may_be_collected(card: Card) -> bool:
    return card.bearer or card.status not in (CardStatus.ACTIVE, CardStatus.EXPIRED)


def _lock(**asked: Any) -> Card:
    return services.set_locked(locked=True, **asked)


def _unlock(**asked: Any) -> Card:
    return services.set_locked(locked=False, **asked)


STEPS: Final = {
    step.code: step
    for step in (
        Step(
            code="paid",
            moves=None,
            act=Act.VALUE_SETTLE,
            take=services.confirm_payment,
            label=_("确认到账"),
            question=_("确认支票或转账已经到账？"),
            done=_("已确认到账，可以激活。"),
            asks_reason=False,
            is_open=lambda card: card.payment_pending,
        ),
        Step(
            code="activate",
            moves=CardAct.ACTIVATE,
            act=Act.CARD_ISSUE,
            take=services.activate_card,
            label=_("激活"),
            question=_("确认激活这张卡？激活后即可使用。"),
            done=_("已激活，可以使用。"),
            asks_reason=False,
            is_open=lambda card: not card.payment_pending,
        ),
        Step(
            code="lost",
            moves=CardAct.REPORT_LOST,
            act=Act.CARD_LOSS,
            take=services.report_lost,
            label=_("挂失"),
            question=_("确认已核对证件并挂失这张卡？挂失后立即不能使用，余额不受影响。"),
            done=_("已挂失，即时生效；余额不受影响。"),
            asks_id=True,
            is_open=lambda card: not card.bearer,
        ),
        Step(
            code="found",
            moves=CardAct.LIFT_LOSS,
            act=Act.CARD_LOSS,
            take=services.lift_loss,
            label=_("解除挂失"),
            question=_("确认卡已找回、已核对证件并解除挂失？"),
            done=_("已解除挂失，卡恢复到挂失前的状态。"),
            asks_id=True,
        ),
        Step(
            code="freeze",
            moves=CardAct.FREEZE,
            act=Act.CARD_FREEZE,
            take=services.freeze_card,
            label=_("冻结"),
            question=_("确认冻结这张卡？冻结后不能使用，余额不受影响，可免费解冻。"),
            done=_("已冻结；余额不受影响。"),
        ),
        Step(
            code="unfreeze",
            moves=CardAct.UNFREEZE,
            act=Act.CARD_FREEZE,
            take=services.unfreeze_card,
            label=_("解冻"),
            question=_("确认解冻这张卡？"),
            done=_("已解冻，可以继续使用。"),
            is_open=lambda card: open_form_on(card.number) is None and not is_dormant(card),
        ),
        Step(
            code="unlock_pin",
            moves=CardAct.UNLOCK_PIN,
            act=Act.PIN_RESET,
            take=services.unlock_pin,
            label=_("解除密码锁定"),
            question=_("确认已核对证件并解除密码锁定？忘记密码的请另行重置。"),
            done=_("已解除密码锁定，原密码继续有效。"),
            asks_id=True,
        ),
        Step(
            code="reactivate",
            moves=CardAct.REACTIVATE,
            act=Act.CARD_VALIDITY,
            take=services.reactivate_card,
            label=_("重新激活"),
            question=_("确认免费重新激活这张卡？到期的有效期从今天重新计算，余额不受影响。"),
            done=_("已重新激活，可以使用。"),
            asks_reason=False,
            is_open=_has_expired,
        ),
        Step(
            code="lock",
            moves=None,
            act=Act.CARD_FREEZE,
            take=_lock,
            label=_("锁定"),
            question=_("确认锁定这张卡？锁定后不能使用，也不能换卡或退会。"),
            done=_("已锁定。"),
            is_open=lambda card: not card.locked and card.issued_at is not None,
        ),
        Step(
            code="unlock",
            moves=None,
            act=Act.CARD_FREEZE,
            take=_unlock,
            label=_("解除锁定"),
            question=_("确认解除锁定？"),
            done=_("已解除锁定。"),
            is_open=lambda card: card.locked,
        ),
        Step(
            code="withdraw",
            moves=CardAct.WITHDRAW,
            act=Act.CARD_COLLECT,
            take=services.withdraw_card,
            label=_("退会"),
            question=_("确认退会？须先退清余额、积分和套餐。"),
            done=_("已退会。"),
            is_open=lambda card: not card.bearer,
        ),
        Step(
            code="collect",
            moves=CardAct.COLLECT,
            act=Act.CARD_COLLECT,
            take=services.collect_card,
            label=_("回收"),
            question=_("确认已收回卡片？"),
            done=_("已回收。"),
            is_open=_may_be_collected,
        ),
    )
}
"""By the code that the form carries."""

_SUCCESSIONS: Final = (
    (CardAct.REISSUE, "reissue", _("补卡"), _("为挂失的卡换发新卡：旧号作废，余额、积分和套餐转入新卡。")),
    (CardAct.REPLACE, "replace", _("换卡"), _("收回旧卡，换发新卡：余额、积分和套餐转入新卡。")),
    (CardAct.REPLACE, "transfer", _("转让"), _("过户给另一位会员：余额、积分和套餐转入受让人的新卡。")),
)


def may_move(card: Card, act: CardAct) -> bool:
    """Whether the table, the status and the lock allow the act."""
    if card.locked and act in LOCK_FORBIDS:
        return False
    return destination(act, status=card.status, before_loss=card.before_loss) is not None


def open_steps(card: Card, *, actor: Actor, store_id: int | None, tried: CardStepForm | None) -> list[dict[str, Any]]:
    """The steps this person may take with this card now, each with its form; ``tried`` is the one that was refused."""
    code = tried.data.get("step") if tried is not None else None
    return [
        {
            "code": step.code,
            "label": step.label,
            "question": step.question,
            "tried": step.code == code,
            "form": tried if step.code == code else step.form(),
        }
        for step in STEPS.values()
        if store_id is not None
        and actor.may(step.act, store_id=store_id)
        and (step.moves is None or may_move(card, step.moves))
        and step.is_open(card)
    ]


def open_successions(card: Card, *, actor: Actor, store_id: int | None) -> list[dict[str, Any]]:
    """Reissue, replacement and transfer, where this person may do them with this card now."""
    if store_id is None or not actor.may(Act.CARD_REISSUE, store_id=store_id):
        return []
    return [
        {"code": code, "label": label, "text": text}
        for act, code, label, text in _SUCCESSIONS
        # Whoever holds a bearer card has it: it is neither lost nor made over.
        if may_move(card, act) and not (card.bearer and code != "replace")
    ]
