"""How far a new chain has come, as the console shows it."""

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.chains.provisioning import STEPS

_TITLES: Final[dict[str, str | Promise]] = {
    "schema": _("准备独立的数据空间"),
    "address": _("启用网址"),
    "people": _("开设您的账号和首家门店"),
}

# As the chain list shows it: to an owner, being asked for and being made are one thing.
_SHOWN_STATES: Final = {
    ChainState.REQUESTED: "PROVISIONING",
    ChainState.PROVISIONING: "PROVISIONING",
    ChainState.ACTIVE: "READY",
    ChainState.FAILED: "FAILED",
    ChainState.CLOSING: "CLOSED",
    ChainState.CLOSED: "CLOSED",
}


def shown_state(chain: Chain) -> str:
    """READY, PROVISIONING, FAILED or CLOSED."""
    return _SHOWN_STATES[ChainState(chain.state)]


def progress_of(chain: Chain) -> dict[str, Any]:
    """``state``, ``percent``, ``steps`` and ``error`` of the progress page."""
    names = list(STEPS)
    done = len(names) if chain.state == ChainState.ACTIVE else names.index(chain.step) + 1 if chain.step else 0
    state = {"READY": "done", "PROVISIONING": "running"}.get(shown_state(chain), "failed")
    return {
        "state": state,
        "percent": round(100 * done / len(names)),
        "steps": [
            {"code": name, "title": _TITLES[name], "state": _step_state(place, done=done, state=state)}
            for place, name in enumerate(names)
        ],
        "error": {"code": chain.error_code, "message": _("开通没有成功，未产生任何费用。请重新申请或联系我们。")}
        if state == "failed"
        else None,
    }


def _step_state(place: int, *, done: int, state: str) -> str:
    if state == "failed":
        return "failed" if place == done else "todo"
    if place < done:
        return "done"
    return "active" if place == done else "todo"
