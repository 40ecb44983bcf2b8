"""Acts on blank cards, by theme. Each requires a transaction of the chain."""

from membership.stock.services.drawing import draw, give_back
from membership.stock.services.filing import deliver, file_count, file_destruction, request_cards
from membership.stock.services.making import Codes, enter_codes, make_for_request, make_range
from membership.stock.services.policies import set_policy
from membership.stock.services.taking_in import make_into_stock, take_in_existing

__all__ = [
    "Codes",
    "deliver",
    "draw",
    "enter_codes",
    "file_count",
    "file_destruction",
    "give_back",
    "make_for_request",
    "make_into_stock",
    "make_range",
    "request_cards",
    "set_policy",
    "take_in_existing",
]
