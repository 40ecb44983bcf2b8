"""The demo's members are complete: documents, vehicles, consents, tags, and one person filed twice."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

from config.demo import records
from membership.members.models import Consent, IdDocument, MemberTag
from membership.members.queries import alike_by_document, alike_by_phone
from membership.members.services import create_member
from membership.vehicles.models import Vehicle
from tenants.people.domain import Actor
from tests.membership.conftest import clerk, store_id

__all__ = ["clerk", "store_id"]


def test_what_the_demo_tells_of_members(
    in_chain: Callable[..., AbstractContextManager[None]], clerk: Actor, store_id: int
) -> None:
    with in_chain():
        members = [
            create_member(
                actor=clerk,
                name=f"会员{number}",
                phone=f"1990000{number:04d}",
                birthday=date(1985, 3, 17) if number % 2 else None,
                store_id=store_id,
            )
            for number in range(12)
        ]
        records.complete(clerk, members)
        counts = [model.objects.count() for model in (IdDocument, Vehicle, MemberTag, Consent)]
        pair = [one.member_ids for one in alike_by_document(limit=10)]
        assert counts == [13, 9, 3, 6]
        assert pair == [one.member_ids for one in alike_by_phone(limit=10)] == [(members[3].pk, members[-1].pk + 1)]
