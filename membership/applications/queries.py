"""What is offered to applicants, the desk's work list, and who may be the same person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet

from billing.subscriptions.entitlements import Entitled, features_of
from kernel import clock
from kernel.calendar import span_of
from kernel.crypto import blind_indexes
from membership.applications.domain import ApplicationState, Handing, tidy_number
from membership.applications.errors import ApplicationNotFound
from membership.applications.models import Application, ApplicationPolicy, ApplicationTerms
from membership.cards.domain import CardStatus
from membership.cards.models import Card, CardLevel, CardType
from membership.members.models import ID_NUMBER, IdDocument, Member
from membership.stock.domain import KEPT
from tenants.people.domain import EVERYWHERE, Act, Actor
from tenants.stores.models import Store
from tenants.stores.queries import open_stores

ANSWER_CODES: Final = "applications.answer_codes"
"""The task that sends the codes which were asked for to follow an application."""

CODES_DUE: Final = "SELECT FROM {schema}.applications_codeask WHERE asked_at <= %(now)s - interval '15 seconds'"
"""Whether a chain has somebody who asked and was not answered at once."""

CLEAN_UP: Final = "applications.clean_up"
"""The task that deletes unverified drafts and forgets whom ended applications were of."""

DRAFTS_LAST: Final = timedelta(days=1)
CODES_KEPT: Final = timedelta(days=2)

TO_CLEAN_UP: Final = (
    "SELECT FROM {schema}.applications_application"
    " WHERE (state = 'DRAFT' AND created_at < %(now)s - interval '1 day')"
    " OR (forgotten_at IS NULL"
    " AND forget_on < (%(now)s::timestamptz AT TIME ZONE 'Asia/Shanghai')::date)"
)
"""Finds a row where there is something for it to do."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What applicants may choose from. Nothing of it where the chain takes no applications."""

    types: Sequence[CardType]
    levels: Sequence[CardLevel]
    stores: Sequence[Store]
    policy: ApplicationPolicy

    @property
    def is_open(self) -> bool:
        """Whether there is anything to apply for."""
        return bool(self.types and self.levels and (self.stores or self.policy.delivery_offered))


def plan_has_applications(chain: Entitled) -> bool:
    """Whether the chain's plan has applications by its members themselves (R-A11, R-A13)."""
    return features_of(chain).application_fee is not None


def policy() -> ApplicationPolicy:
    """What the chain has chosen; the defaults where it has chosen nothing."""
    return ApplicationPolicy.objects.filter(pk=ApplicationPolicy.ONLY).first() or ApplicationPolicy()


def offer() -> Offer:
    """What the chain offers now, whatever its plan says."""
    types = CardType.objects.filter(offered_online=True, enabled_at__isnull=False).order_by("id")
    levels = CardLevel.objects.filter(offered_online=True).order_by("rank", "code")
    return Offer(types=list(types), levels=list(levels), stores=open_stores(), policy=policy())


def is_offered(chain: Entitled) -> bool:
    """Whether the log-in page points to the form: two queries where the plan has it, none where it has not."""
    return (
        plan_has_applications(chain)
        and CardType.objects.filter(offered_online=True, enabled_at__isnull=False).exists()
        and CardLevel.objects.filter(offered_online=True).exists()
    )


def terms() -> ApplicationTerms:
    """The words in force."""
    return ApplicationTerms.objects.order_by("-version")[0]


def submitted_today() -> int:
    """How many applications the chain took today."""
    begin, end = span_of(clock.today())
    return Application.objects.filter(submitted_at__gte=begin, submitted_at__lt=end).count()


# ── The work list ─────────────────────────────────────────────────────────────────────────────────────────────────


def applications_for(actor: Actor) -> QuerySet[Application]:
    """The applications this person may see: those of her stores, and those to be sent, which any store may take on."""
    found = Application.objects.exclude(state=ApplicationState.DRAFT)
    granted = actor.grants.get(Act.CARD_ISSUE, frozenset())
    if isinstance(granted, str):
        return found if granted == EVERYWHERE else found.none()
    if not granted:
        return found.none()
    return found.filter(Q(store_id__in=sorted(granted)) | Q(store__isnull=True))


def count_waiting(actor: Actor) -> int:
    """How many wait for a decision by this person."""
    return applications_for(actor).filter(state=ApplicationState.SUBMITTED).count()


def counts_by_state(found: QuerySet[Application]) -> dict[str, int]:
    """How many stand where. One query."""
    return dict(found.order_by().values_list("state").annotate(Count("pk")))


def page_of_applications(found: QuerySet[Application], *, size: int, before_id: int | None = None) -> list[Application]:
    """The latest ``size`` applications before that one, with what a list shows of them. One query on any page."""
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    return list(found.select_related("type", "level", "store", "card").order_by("-pk")[:size])


def get_application(number: str, *, actor: Actor) -> Application:
    """The application, if this person may see it, with everything that its page shows.

    Raises:
        ApplicationNotFound
    """
    number = tidy_number(number)
    related = ("type", "level", "store", "member", "card", "photo", "terms")
    found = applications_for(actor).select_related(*related).filter(number=number).first()
    if found is None:
        raise ApplicationNotFound(number=number)
    return found


# ── Duplicates ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Alike:
    """A member or another application that may be the same person's, and by what: ``document``, ``phone``."""

    reasons: tuple[str, ...]
    member: Member | None = None
    application: Application | None = None


_MOST_SHOWN: Final = 10


def alike(application: Application) -> list[Alike]:
    """Who else has the applicant's document or telephone (R-H02): members first, the surest first. Two queries."""
    if application.forgotten_at is not None:
        return []
    indexes = blind_indexes(application.plain_number(), purpose=ID_NUMBER)
    members = _members_alike(application, indexes)
    same = Q(number_index__in=indexes, document_kind=application.document_kind) | Q(phone=application.phone)
    others = Application.objects.exclude(state=ApplicationState.DRAFT).exclude(pk=application.pk).filter(same)
    applications = [
        Alike(
            application=other,
            reasons=_reasons(
                document=other.number_index in indexes and other.document_kind == application.document_kind,
                phone=other.phone == application.phone,
            ),
        )
        for other in others.select_related("type", "level").order_by("-pk")[:_MOST_SHOWN]
    ]
    return [*members, *applications]


def _members_alike(application: Application, indexes: Iterable[str]) -> list[Alike]:
    holders = IdDocument.objects.filter(kind=application.document_kind, number_index__in=list(indexes))
    by_document = set(holders.values_list("member_id", flat=True))
    found = Member.objects.filter(merged_into__isnull=True, erased_at__isnull=True)
    found = found.filter(Q(pk__in=by_document) | Q(phone=application.phone)).annotate(card_count=Count("card"))
    rows = [
        Alike(
            member=member,
            reasons=_reasons(document=member.pk in by_document, phone=member.phone == application.phone),
        )
        for member in found.order_by("pk")[:_MOST_SHOWN]
    ]
    return sorted(rows, key=lambda row: "document" not in row.reasons)


def _reasons(*, document: bool, phone: bool) -> tuple[str, ...]:
    return tuple(name for name, holds in (("document", document), ("phone", phone)) if holds)


# ── Cards to give ─────────────────────────────────────────────────────────────────────────────────────────────────


def next_card(application: Application, *, store_id: int) -> str:
    """The lowest number of a card of the wanted type and level that this store may issue; empty where it has none."""
    wanted = Card.objects.filter(status=CardStatus.IDLE, type_id=application.type_id, level_id=application.level_id)
    here = Q(place__store_id=store_id) | Q(place__isnull=False, place__store__isnull=True)
    released = wanted.filter(here, place__state__in=KEPT, place__released_at__lte=clock.now())
    number = released.order_by("number").values_list("number", flat=True).first()
    if number is None:
        number = wanted.filter(place__isnull=True).order_by("number").values_list("number", flat=True).first()
    return number or ""


def is_delivery(application: Application) -> bool:
    """Whether the card is sent rather than collected."""
    return application.handing == Handing.DELIVERY
