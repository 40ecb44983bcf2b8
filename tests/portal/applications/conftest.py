"""The pages of applications are tested with the chain, the applicants and the people of other tests."""

from tests.membership.applications.conftest import chain, submitted, wish
from tests.membership.conftest import clerk, idle_cards, store_id
from tests.portal.people.conftest import at_desk, owner_at_desk

__all__ = ["at_desk", "chain", "clerk", "idle_cards", "owner_at_desk", "store_id", "submitted", "wish"]
