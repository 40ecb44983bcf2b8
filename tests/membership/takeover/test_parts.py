"""Taking a take-over back deletes cards, vehicles and members with their parts, one level deep: no part has parts."""

import pytest
from django.db.models import CASCADE, Model

from membership.cards.models import Card
from membership.members.models import Member
from membership.vehicles.models import Vehicle


@pytest.mark.parametrize("model", [Card, Member, Vehicle])
def test_no_part_has_parts_of_its_own(model: type[Model]) -> None:
    parts = [relation.related_model for relation in model._meta.related_objects if relation.on_delete is CASCADE]
    deeper = [relation for part in parts for relation in part._meta.related_objects if relation.on_delete is CASCADE]
    assert deeper == []
