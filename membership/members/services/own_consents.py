"""Consents that a member gives and withdraws by herself, in the portal (PIPL 14, 15: as easy to end as to give)."""

from membership.members import locks
from membership.members.domain import OWN_PROOF, ConsentChannel, ConsentPurpose, ConsentSource
from membership.members.models import Consent, Member
from membership.members.services.consents import note_given, note_withdrawn


def give_own_consent(*, member: Member, purpose: ConsentPurpose, channel: ConsentChannel, session: int) -> Consent:
    """She agrees, to the wording in force, which her page shows. Said twice, the first stays.

    ``session``: the log-in by which she proved who she is; with the wording's version and the moment it is the proof.

    Raises:
        MemberMerged, MemberErased
    """
    held = locks.lock_member(member.code)
    return note_given(
        held.as_actor(),
        held,
        purpose=purpose,
        channel=channel,
        how=ConsentSource.PORTAL,
        proof=f"{OWN_PROOF}{session}",
        store_id=None,
    )


def withdraw_own_consent(*, member: Member, purpose: ConsentPurpose, channel: ConsentChannel) -> Consent:
    """She ends a consent, at once.

    Raises:
        MemberMerged, ConsentNotFound
    """
    held = locks.lock_member(member.code)
    return note_withdrawn(
        held.as_actor(), held, purpose=purpose, channel=channel, how=ConsentSource.PORTAL, store_id=None
    )
