"""May this chain do that? The one place that answers, from the snapshot on the chain: no query, no other schema."""

from collections.abc import Collection
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from billing.pricebook.domain import PLANS, Plan, PlanFeatures
from billing.pricebook.modules import MODULES_BY_CODE
from kernel.errors import DomainError


class Entitled(Protocol):
    """Whatever carries a chain's snapshot: ``request.chain``, or the chain's row."""

    @property
    def plan(self) -> str: ...

    @property
    def modules(self) -> Collection[int]: ...


class ModuleNotEnabled(DomainError):
    """The chain has not subscribed to the module this belongs to."""

    code = "module_not_enabled"
    status = 403
    message = _("本商户尚未开通“{module}”。所有者可在控制台的“订阅”中开通。")


def features_of(chain: Entitled) -> PlanFeatures:
    """What the chain's plan gives by itself."""
    return PLANS[Plan(chain.plan)]


def has_module(chain: Entitled, code: str) -> bool:
    """Whether the module is on; what is always on always is."""
    module = MODULES_BY_CODE[code]
    return module.always_on or module.number in chain.modules


def module_missing(code: str) -> ModuleNotEnabled:
    """The refusal that names the module to subscribe to."""
    return ModuleNotEnabled(module=MODULES_BY_CODE[code].name)
