"""Acts on applications for cards. Each requires a transaction of the chain."""

from membership.applications.services.applying import Wish, apply, check_open, send_code_again, submit, withdraw
from membership.applications.services.codes import ask_for_code, find_by_code
from membership.applications.services.deciding import approve, reject
from membership.applications.services.handing import hand_over, send
from membership.applications.services.lapsing import lapse, lapses_on
from membership.applications.services.pin_links import MadeLink, link_behind, renew_link, use_link
from membership.applications.services.policies import publish_terms, save_policy
from membership.applications.services.reading import reveal_number, show_photo

__all__ = [
    "MadeLink",
    "Wish",
    "apply",
    "approve",
    "ask_for_code",
    "check_open",
    "find_by_code",
    "hand_over",
    "lapse",
    "lapses_on",
    "link_behind",
    "publish_terms",
    "reject",
    "renew_link",
    "reveal_number",
    "save_policy",
    "send",
    "send_code_again",
    "show_photo",
    "submit",
    "use_link",
    "withdraw",
]
