"""No app may keep a key to a member and forget that two members can become one."""

from django.apps import apps

from membership.members import merging
from membership.members.models import Member

MOVED_BY_MEMBERS = {"members.IdDocument", "members.Consent", "members.MemberTag"}
MOVED_BY_THEIR_APP = {
    "applications.Application",
    "vehicles.Vehicle",
    "cards.Card",
    "cashier.MemberTerms",
    "cashier.SignedBill",
    "syncing.ExternalNumber",
    "talks.Thread",
}
# What was: the pointer to the survivor itself, wrong tries at a document, which member a take-over brought.
HISTORY = {"members.Member", "members.IdCheckCount", "takeover.TakenMember"}


def test_every_key_to_a_member_is_accounted_for() -> None:
    holders = {
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.concrete and field.related_model is Member
    }
    assert holders == MOVED_BY_MEMBERS | MOVED_BY_THEIR_APP | HISTORY


def test_the_apps_that_move_something_have_registered() -> None:
    movers = {mover.__module__.rpartition(".")[0] for mover in merging._MOVERS}
    assert movers == {f"membership.{label.partition('.')[0]}" for label in MOVED_BY_THEIR_APP}
