"""``POST /api/v1/members/bulk``: the members that a chain's own till or management software keeps."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.callers import NamedStore
from api.errors import body
from api.v1 import openapi, shapes
from api.v1.keys import key_of
from api.views import ApiView
from api.wire import answered
from kernel import clock
from membership.members.domain import DocumentKind
from membership.syncing.domain import Facts, Mark, Outcome, Paper
from membership.syncing.errors import REFUSALS
from membership.syncing.services import sync_members
from tenants.stores.services import StoreClosed, StoreNotFound

_STATUS = {Mark.CREATED: 201, Mark.UPDATED: 200, Mark.UNCHANGED: 200}


class MembersBulk(ApiView):
    """File or correct many members at once, by the caller's own numbers."""

    takes = shapes.MembersBody
    body_limit_bytes = 2 * 1024 * 1024

    key: str

    def read(self, request: Request) -> shapes.MembersBody:
        """The body, and the key that it comes under.

        Raises:
            IdempotencyKeyMissing, IdempotencyKeyInvalid, and what every body may be refused with.
        """
        asked: shapes.MembersBody = super().read(request)
        self.key = key_of(request)
        return asked

    @extend_schema(**openapi.MEMBERS)
    def post(self, request: Request) -> HttpResponse:
        """200 with one outcome for each; once more, with ``Idempotent-Replayed: true``, if the key was used before."""
        asked: shapes.MembersBody = self.body
        synced = sync_members(
            actor=self.caller.actor,
            store_id=_open(self.caller.store, asked.store_code).id,
            idempotency_key=self.key,
            members=[_facts(item) for item in asked.items],
        )
        outcomes = [_shown(item, outcome) for item, outcome in zip(asked.items, synced.outcomes, strict=True)]
        return answered(
            shapes.MembersOutcome(outcomes=outcomes, charged_calls=synced.calls),
            headers={"Idempotent-Replayed": "true"} if synced.replayed else None,
            charged_calls=0 if synced.replayed else synced.calls,
        )


def _open(store: NamedStore | None, code: str) -> NamedStore:
    if store is None:
        raise StoreNotFound(code=code)
    if store.closed_on is not None and clock.today() > store.closed_on:
        raise StoreClosed(name=store.name)
    return store


def _facts(item: shapes.MemberItem) -> Facts:
    paper = item.id_document
    return Facts(
        external_number=item.external_number,
        name=item.name,
        phone=item.phone,
        member_code=item.member_code,
        birthday=item.birthday,
        landline=item.landline,
        email=item.email,
        address=item.address,
        paper=None if paper is None else Paper(DocumentKind(paper.kind), paper.number),
    )


def _shown(item: shapes.MemberItem, outcome: Outcome) -> shapes.MemberOutcome:
    if outcome.mark is Mark.REFUSED:
        refusal = REFUSALS[outcome.problem](**outcome.params)
        return shapes.MemberOutcome(
            external_number=item.external_number,
            status=refusal.status,
            outcome=outcome.mark,
            error=shapes.Error(**body(refusal)),
        )
    return shapes.MemberOutcome(
        external_number=item.external_number,
        status=_STATUS[outcome.mark],
        outcome=outcome.mark,
        member_code=outcome.member_code,
    )
