"""Where a member can go from every page of hers: the bar under her thumb, and the same along the top of a wide screen.

A page that joins in is one line here.
"""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.pricebook.domain import PlanFeatures


@dataclass(frozen=True, slots=True)
class Tab:
    """A place in the navigation. ``code`` is what pages call ``nav``; ``icon``: see ``portal.components.icons``."""

    code: str
    url_name: str
    icon: str
    label: str | Promise
    of_balances: bool = False
    """Only where the plan shows balances, and what is settled of them."""


_TABS: Final = (
    Tab("home", "member:home", "card", _("我的卡")),
    Tab("balances", "member:balances", "coins", _("余额"), of_balances=True),
    Tab("records", "member:records", "list", _("用卡记录")),
    Tab("settlements", "member:settlements", "receipt", _("结算"), of_balances=True),
    Tab("services", "member:services", "grid", _("自助服务")),
)


def tabs_of(plan: PlanFeatures) -> list[Tab]:
    """The places that the chain's plan has for its members."""
    return [tab for tab in _TABS if plan.shows_balances or not tab.of_balances]
