"""How the platform itself is: its parts and its database, the queue, what failed, what waits too long."""

from datetime import timedelta
from typing import Any, Final

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import RedisError

from billing.payments.queries import inbox_standing
from billing.subscriptions.queries import periods_behind
from kernel import clock
from kernel.observability import databases, health, workers
from portal.platform.access import PlatformRequest, platform_only
from tenants.chains.finding import unfinished_chains
from tenants.chains.models import Spare
from tenants.chains.overdue import PATIENCE, late_schemas, overdue
from tenants.chains.spares import POOL

_SHOWN: Final = 20
_NAMES: Final = {"database": _("数据库"), "migrations": _("迁移"), "valkey": "Valkey", "worker": _("后台任务")}
_READ_EVERY: Final = timedelta(hours=1)


@require_safe
@never_cache
@platform_only
def health_page(request: PlatformRequest) -> HttpResponseBase:
    """What can be said at once; what has to be asked of every chain comes after it."""
    now = clock.now()
    inbox = inbox_standing(now=now)
    context: dict[str, Any] = {
        "nav": "health",
        "parts": [(_NAMES.get(name, name), part.is_up()) for name, part in health.PARTS.items()],
        "database": databases.database_facts(),
        "workers": _workers(),
        "inbox": inbox,
        "unread": inbox.read_until is not None and now - inbox.read_until > _READ_EVERY,
        "behind": periods_behind(today=clock.today()),
        "spares": Spare.objects.count(),
        "pool": POOL,
        "chains": unfinished_chains(size=_SHOWN),
        "now": now,
    }
    return render(request, "platform/health.html", context)


@require_safe
@never_cache
@platform_only
def health_chains(request: PlatformRequest) -> HttpResponseBase:
    """What every chain was asked: whether anything is due there for too long, and whether its schema is of this
    release.
    """
    late = late_schemas()
    context = {
        "nav": "health",
        "work": overdue(),
        "late": late[:_SHOWN],
        "late_count": len(late),
        "patience_minutes": PATIENCE // timedelta(minutes=1),
    }
    part = getattr(request, "htmx", False)
    return render(request, "platform/_health_chains.html" if part else "platform/health_chains.html", context)


def _workers() -> dict[str, Any] | None:
    """None where Valkey does not answer."""
    try:
        return {
            "beat": workers.last_beat(),
            "queue": workers.queue_length(),
            "failed": workers.latest(size=_SHOWN),
        }
    except RedisError:
        return None
