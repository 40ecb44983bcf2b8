"""Members are reminded before their cards end (R-P28). Nothing ends by it: what is on a card stays owed, and it is
re-activated free of charge (X-12).
"""

from datetime import date, timedelta

from membership.expiry import queries


def give_notices(*, today: date) -> int:
    """Note which cards end within the chain's days, each once for its day; how many. ``telling`` reaches the members.

    Bearer cards are left out: nobody knows whom to tell.
    """
    days = queries.policy().validity_notice_days
    return queries.note_cards_ending(today=today, until=today + timedelta(days=days)) if days else 0
