"""May this chain do that? The one place that answers, from the snapshot on the chain, which a process remembers for
seconds.

A module that is off stops what is new: selling, granting, making rules. What members hold stays theirs to use, and what
was sold is still undone, returned and ended as it was promised.
"""

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Protocol

from django.db import connection
from django.utils.translation import gettext_lazy as _

from billing.pricebook.domain import PLANS, Module, Plan, PlanFeatures
from billing.pricebook.modules import MODULES_BY_CODE
from kernel import clock
from kernel.errors import DomainError
from tenants.chains.queries import chain_of


class Entitled(Protocol):
    """Whatever carries a chain's snapshot: ``request.chain``, or the chain's row."""

    @property
    def plan(self) -> str: ...

    @property
    def modules(self) -> Collection[int]: ...

    @property
    def created_at(self) -> datetime | None: ...


class ModuleNotEnabled(DomainError):
    """The chain has not subscribed to the module this belongs to."""

    code = "module_not_enabled"
    status = 403
    message = _("本商户尚未开通“{module}”。所有者可在控制台的“订阅”中开通。")


class PlanRequired(DomainError):
    """The chain's plan does not have it."""

    code = "plan_required"
    status = 403
    message = _("“{feature}”从 {least} 版起提供，本商户是 {plan} 版。所有者可在控制台的“订阅”中升级。未作任何更改。")


def features_of(chain: Entitled) -> PlanFeatures:
    """What the chain's plan gives by itself."""
    return PLANS[Plan(chain.plan)]


def plan_missing(chain: Entitled, feature: str, *, has: Callable[[PlanFeatures], bool]) -> PlanRequired:
    """The refusal that names the least plan that has it."""
    least = min(plan for plan, features in PLANS.items() if has(features))
    return PlanRequired(feature=feature, least=least.value, plan=chain.plan)


def has_module(chain: Entitled, code: str) -> bool:
    """Whether the module is on; what is always on always is, and what the chain had before it was sold for a while."""
    module = MODULES_BY_CODE[code]
    return module.always_on or module.number in chain.modules or free_until(chain, module) is not None


def free_until(chain: Entitled, module: Module) -> date | None:
    """Until when a chain that has not subscribed has for nothing what it had before it was sold; None: it has not."""
    if module.sold_from is None or chain.created_at is None or module.number in chain.modules:
        return None
    created_on = chain.created_at.astimezone(clock.CHINA).date()
    return module.free_until if module.is_free_for(created_on=created_on, today=clock.today()) else None


def modules_of(chain: Entitled) -> frozenset[str]:
    """All that are on, by code."""
    return frozenset(code for code in MODULES_BY_CODE if has_module(chain, code))


def module_on(code: str, *, schema_name: str | None = None) -> bool:
    """Whether the chain at hand (or the one of that schema) has the module. For services, which know no request."""
    chain = chain_of(schema_name or connection.schema_name)  # type: ignore[attr-defined]
    return chain is not None and has_module(chain, code)


def require_module(code: str) -> None:
    """Pass where the chain at hand has the module.

    Raises:
        ModuleNotEnabled
    """
    if not module_on(code):
        raise module_missing(code)


def module_missing(code: str) -> ModuleNotEnabled:
    """The refusal that names the module to subscribe to."""
    return ModuleNotEnabled(module=MODULES_BY_CODE[code].name)
