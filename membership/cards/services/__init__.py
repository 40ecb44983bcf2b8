"""Acts on cards, by theme. Each requires a transaction of the chain.

What moves a card from one status to another is named in ``cards.domain.LIFE``; each of its acts is one function here.
"""

from membership.cards.services.ending import CardNotEmpty, collect_card, withdraw_card
from membership.cards.services.issuing import (
    CardNotIdle,
    IdLimitReached,
    IssuedCard,
    MemberNotWanted,
    MemberRequired,
    PaymentPending,
    SpendTooLittle,
    TypeNotEnabled,
    VehicleRequired,
    activate_card,
    confirm_payment,
    issue_card,
)
from membership.cards.services.making import (
    ORDINARY,
    CardNumberTaken,
    InvalidNumberRange,
    LevelNotFound,
    MadeCards,
    NumberFormWrong,
    TypeNotFound,
    make_cards,
)
from membership.cards.services.moving import Moved, move_value
from membership.cards.services.pin_acts import (
    PinChangedMeanwhile,
    PinsDiffer,
    TillPinOutcome,
    check_till_pin,
    choose_pin,
    reset_pin,
    unlock_pin,
)
from membership.cards.services.redating import Dated, ShiftWrong, ValidityMoved
from membership.cards.services.replacing import SameCard, Successor, reissue_card, replace_card
from membership.cards.services.stepping import InvalidValidity, LockForbids, StatusStepForbidden
from membership.cards.services.stopping import (
    AgentUnnamed,
    BearerNotTraceable,
    IdNotVerified,
    freeze_card,
    lift_loss,
    report_lost,
    set_locked,
    unfreeze_card,
)
from membership.cards.services.validity import (
    MOST_AT_ONCE,
    NotExpired,
    TooManyCards,
    adjust_account_expiry,
    expire_cards,
    reactivate_card,
)
from membership.cards.values import POINTS, STORED

__all__ = [
    "MOST_AT_ONCE",
    "ORDINARY",
    "POINTS",
    "STORED",
    "AgentUnnamed",
    "BearerNotTraceable",
    "CardNotEmpty",
    "CardNotIdle",
    "CardNumberTaken",
    "Dated",
    "IdLimitReached",
    "IdNotVerified",
    "InvalidNumberRange",
    "InvalidValidity",
    "IssuedCard",
    "LevelNotFound",
    "LockForbids",
    "MadeCards",
    "MemberNotWanted",
    "MemberRequired",
    "Moved",
    "NotExpired",
    "NumberFormWrong",
    "PaymentPending",
    "PinChangedMeanwhile",
    "PinsDiffer",
    "SameCard",
    "ShiftWrong",
    "SpendTooLittle",
    "StatusStepForbidden",
    "Successor",
    "TillPinOutcome",
    "TooManyCards",
    "TypeNotEnabled",
    "TypeNotFound",
    "ValidityMoved",
    "VehicleRequired",
    "activate_card",
    "adjust_account_expiry",
    "check_till_pin",
    "choose_pin",
    "collect_card",
    "confirm_payment",
    "expire_cards",
    "freeze_card",
    "issue_card",
    "lift_loss",
    "make_cards",
    "move_value",
    "reactivate_card",
    "reissue_card",
    "replace_card",
    "report_lost",
    "reset_pin",
    "set_locked",
    "unfreeze_card",
    "unlock_pin",
    "withdraw_card",
]
