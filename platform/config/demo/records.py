"""The demo's members in full: documents, vehicles, consents, tags, lunar birthdays, and one person filed twice."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from membership.members import services
from membership.members.domain import (
    Category,
    ConsentChannel,
    ConsentPurpose,
    ConsentSource,
    DocumentKind,
    TagColour,
    lunar_of,
    national,
)
from membership.members.domain.identity import resident_check_digit
from membership.members.models import Member
from membership.members.services import Details
from membership.vehicles.domain import vin_check_digit
from membership.vehicles.services import VehicleDetails, file_vehicle
from tenants.people.domain import Actor

_SEED: Final = 20_260_302
_IN_FULL: Final = 40
"""So many members have more than a name and a telephone."""

_FILED_TWICE: Final = 3
"""The place of the member who was filed twice (the last one's, where there are fewer)."""
FILED_AGAIN: Final = 1
"""So many more members stand in the books than there are people."""

# Issued to nobody: people's numbers begin with a district's code, never with the city's own.
_NOWHERE: Final = "310100"
_TAGS: Final = (("常客", TagColour.GOOD), ("车队", TagColour.BRAND), ("投诉跟进", TagColour.WARN))
_MODELS: Final = ("大众帕萨特", "丰田凯美瑞", "比亚迪秦 PLUS", "特斯拉 Model 3", "别克 GL8", "本田雅阁")
_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"


def complete(service: Actor, members: Sequence[Member]) -> None:
    """Complete the first members' records, through the services that a desk uses."""
    chance = random.Random(_SEED)  # noqa: S311  (a story, not a secret)
    tags = [services.define_tag(actor=service, name=name, colour=colour).pk for name, colour in _TAGS]
    for place, member in enumerate(members[:_IN_FULL]):
        store_id = member.store_id
        born = member.birthday or date(1980, 5, 1)
        number = _id_number(born, place)
        services.record_document(
            actor=service, code=member.code, kind=DocumentKind.ID_CARD, number=number, store_id=store_id
        )
        if place % 3 == 0:
            _celebrate_lunar(service, member, born)
        if place % 4:
            details = _vehicle(chance, place)
            file_vehicle(actor=service, owner=member, details=details, store_id=store_id)
        if place % 5 == 0:
            services.set_tags(actor=service, code=member.code, tag_ids=[tags[place // 5 % 3]], store_id=store_id)
        if place % 2:
            services.give_consent(
                actor=service,
                code=member.code,
                purpose=ConsentPurpose.MARKETING,
                channel=ConsentChannel.SMS,
                how=ConsentSource.SIGNED_FORM,
                proof=f"同意书 {2026_0000 + place}",
                store_id=store_id,
            )
    place = min(_FILED_TWICE, len(members) - 1)
    _file_twice(service, members[place], number=_id_number(members[place].birthday or date(1980, 5, 1), place))


def _celebrate_lunar(service: Actor, member: Member, born: date) -> None:
    services.edit_details(
        actor=service,
        code=member.code,
        name=member.name,
        phone=national(member.phone),
        birthday=member.birthday or born,
        details=Details(category=Category.RETAINED, lunar_birthday=lunar_of(born)),
        store_id=member.store_id,
    )


def _file_twice(service: Actor, member: Member, *, number: str) -> None:
    """She came to another counter and was filed again: the duplicates' page finds the pair."""
    again = services.create_member(
        actor=service,
        name=member.name,
        phone=national(member.phone),
        store_id=member.store_id,
        details=Details(category=Category.RETAINED, address="上海市静安区示例路 8 号"),
    )
    services.record_document(
        actor=service,
        code=again.code,
        kind=DocumentKind.ID_CARD,
        number=number,
        store_id=member.store_id,
        shared=True,
    )


def _id_number(born: date, serial: int) -> str:
    body = f"{_NOWHERE}{born:%Y%m%d}{serial:03}"
    return body + resident_check_digit(body)


def _vehicle(chance: random.Random, place: int) -> VehicleDetails:
    """A car that is nobody's: its serial has a form of its own, its check digit is right."""
    body = f"LKY{chance.choice(_LETTERS)}{chance.randrange(1000):03}{chance.choice(_LETTERS)}0DE{place:06}"
    vin = f"{body[:8]}{vin_check_digit(body)}{body[9:]}"
    electric = place % 6 == 1
    plate = f"沪AD{place:05}" if electric else f"沪{chance.choice('BCDEF')}{chance.choice(_LETTERS)}{place:04}"
    registered_on = date(2018, 1, 1) + timedelta(days=chance.randrange(2_500))
    return VehicleDetails(vin=vin, plate=plate, model_name=chance.choice(_MODELS), registered_on=registered_on)
