"""The steps of a card's state that are taken at the desk: loss reported and lifted, freezing and its end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from membership.cards import services
from membership.cards.domain import CardStatus
from membership.cards.models import Card
from portal.desk.forms import CardStepForm
from tenants.people.domain import Act, Actor


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from which status, by whom, and what the page says of it."""

    code: str
    start: CardStatus
    act: Act
    take: Callable[..., Card]
    label: str | Promise
    question: str | Promise
    done: str | Promise


STEPS: Final = {
    step.code: step
    for step in (
        Step(
            code="lost",
            start=CardStatus.ACTIVE,
            act=Act.CARD_LOSS,
            take=services.report_lost,
            label=_("挂失"),
            question=_("确认已核对证件并挂失这张卡？挂失后立即不能使用，余额不受影响。"),
            done=_("已挂失，即时生效；余额不受影响。"),
        ),
        Step(
            code="found",
            start=CardStatus.LOST,
            act=Act.CARD_LOSS,
            take=services.lift_loss,
            label=_("解除挂失"),
            question=_("确认卡已找回、已核对证件并解除挂失？"),
            done=_("已解除挂失，可以继续使用。"),
        ),
        Step(
            code="freeze",
            start=CardStatus.ACTIVE,
            act=Act.CARD_FREEZE,
            take=services.freeze_card,
            label=_("冻结"),
            question=_("确认冻结这张卡？冻结后不能使用，余额不受影响，可免费解冻。"),
            done=_("已冻结；余额不受影响。"),
        ),
        Step(
            code="unfreeze",
            start=CardStatus.FROZEN,
            act=Act.CARD_FREEZE,
            take=services.unfreeze_card,
            label=_("解冻"),
            question=_("确认解冻这张卡？"),
            done=_("已解冻，可以继续使用。"),
        ),
    )
}
"""By the code that the form carries."""


def open_steps(card: Card, *, actor: Actor, store_id: int | None, tried: CardStepForm | None) -> list[dict[str, Any]]:
    """The steps this person may take with this card now, each with its form; ``tried`` is the one that was refused."""
    code = tried.data.get("step") if tried is not None else None
    return [
        {
            "code": step.code,
            "label": step.label,
            "question": step.question,
            "tried": step.code == code,
            "form": tried
            if step.code == code
            else CardStepForm(initial={"step": step.code}, auto_id=f"{step.code}_%s"),
        }
        for step in STEPS.values()
        if card.status == step.start and store_id is not None and actor.may(step.act, store_id=store_id)
    ]
