"""What a chain chooses for its applications."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.applications import locks
from membership.applications.domain import LONGEST_WAIT_DAYS, SHORTEST_WAIT_DAYS, WAITS_FOR_HER_DAYS
from membership.applications.errors import InvalidTerms
from membership.applications.models import ApplicationPolicy, ApplicationTerms
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

_SHORTEST, _LONGEST = 20, 4_000
_MOST_A_DAY, _LONGEST_KEPT_DAYS = 10_000, 365
_WAITS: Final = range(SHORTEST_WAIT_DAYS, LONGEST_WAIT_DAYS + 1)


class PolicyUnsound(DomainError):
    """A number outside of what makes sense."""

    code = "application_policy_unsound"
    status = 400
    message = _("每天受理 1 到 {most} 份，个人资料保留 1 到 {days} 天，未领可作废 {least} 到 {days} 天。")


def save_policy(
    *,
    actor: Actor,
    delivery_offered: bool,
    photo_required: bool,
    per_day: int,
    kept_days: int,
    waits_days: int = WAITS_FOR_HER_DAYS,
) -> ApplicationPolicy:
    """Whether cards are sent, whether a photo of the document is asked for, how many applications a day, how many days
    an application that has ended keeps what it says of a person, and how many days a card that was granted waits for
    her before the desk may put it away.

    Raises:
        NotAllowed, PolicyUnsound
    """
    require(actor, Act.CARD_TYPE)
    if not (1 <= per_day <= _MOST_A_DAY and 1 <= kept_days <= _LONGEST_KEPT_DAYS and waits_days in _WAITS):
        raise PolicyUnsound(most=_MOST_A_DAY, days=_LONGEST_KEPT_DAYS, least=SHORTEST_WAIT_DAYS)
    policy = locks.lock_policy()
    policy.delivery_offered, policy.photo_required = delivery_offered, photo_required
    policy.per_day, policy.kept_days, policy.waits_days = per_day, kept_days, waits_days
    policy.save()
    detail = {
        "delivery_offered": delivery_offered,
        "photo_required": photo_required,
        "per_day": per_day,
        "kept_days": kept_days,
        "waits_days": waits_days,
    }
    record(actor, "application.policy", object_type="application_policy", object_id=policy.pk, detail=detail)
    return policy


def publish_terms(*, actor: Actor, text: str) -> ApplicationTerms:
    """Publish what applicants agree to from now on; the same words again are no new version.

    Raises:
        NotAllowed, InvalidTerms
    """
    require(actor, Act.CARD_TYPE)
    text = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if not _SHORTEST <= len(text) <= _LONGEST:
        raise InvalidTerms
    # Two who publish at once take turns.
    locks.lock_policy()
    latest = ApplicationTerms.objects.order_by("-version")[0]
    if latest.text == text:
        return latest
    published = ApplicationTerms.objects.create(version=latest.version + 1, text=text, published_at=clock.now())
    record(actor, "application.terms", object_type="application_terms", object_id=published.version)
    return published
