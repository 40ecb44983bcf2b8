"""Acts on cards, by theme. Each requires a transaction of the chain.

What moves a card from one status to another is named in ``cards.domain.LIFE``; each of its acts is one function here.
"""

from membership.cards.services.issuing import (
    CardNotIdle,
    IdLimitReached,
    IssuedCard,
    MemberNotWanted,
    MemberRequired,
    PaymentPending,
    SpendTooLittle,
    TypeNotEnabled,
    activate_card,
    confirm_payment,
    issue_card,
)
from membership.cards.services.making import (
    CardNumberTaken,
    InvalidNumberRange,
    LevelNotFound,
    MadeCards,
    NumberFormWrong,
    TypeNotFound,
    make_cards,
)
from membership.cards.services.pin_acts import PinChangedMeanwhile, reset_pin
from membership.cards.services.stepping import InvalidValidity, LockForbids, StatusStepForbidden
from membership.cards.services.stopping import (
    AgentUnnamed,
    BearerNotTraceable,
    freeze_card,
    lift_loss,
    report_lost,
    set_locked,
    unfreeze_card,
)
from membership.cards.values import POINTS, STORED

__all__ = [
    "POINTS",
    "STORED",
    "AgentUnnamed",
    "BearerNotTraceable",
    "CardNotIdle",
    "CardNumberTaken",
    "IdLimitReached",
    "InvalidNumberRange",
    "InvalidValidity",
    "IssuedCard",
    "LevelNotFound",
    "LockForbids",
    "MadeCards",
    "MemberNotWanted",
    "MemberRequired",
    "NumberFormWrong",
    "PaymentPending",
    "PinChangedMeanwhile",
    "SpendTooLittle",
    "StatusStepForbidden",
    "TypeNotEnabled",
    "TypeNotFound",
    "activate_card",
    "confirm_payment",
    "freeze_card",
    "issue_card",
    "lift_loss",
    "make_cards",
    "report_lost",
    "reset_pin",
    "set_locked",
    "unfreeze_card",
]
