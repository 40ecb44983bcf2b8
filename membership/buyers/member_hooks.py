"""What a member is told of purchases that she made for others. Registered when Django starts.

Erasing a member leaves them: they are kept for the law's five years, and then deleted by themselves.
"""

from typing import Any

from django.db.models import Q

from kernel.crypto import blind_indexes
from membership.buyers.models import BUYER_NUMBER, BuyerRegistration
from membership.members import rights
from membership.members.models import IdDocument, Member


@rights.tells
def told_purchases(member: Member) -> dict[str, Any]:
    """What she bought or topped up for others, found by her documents. Amounts in fen."""
    hers = Q(pk__in=())
    for document in IdDocument.objects.filter(member=member):
        indexes = blind_indexes(document.plain_number(), purpose=BUYER_NUMBER)
        hers |= Q(kind=document.kind, number_index__in=indexes)
    return {
        "bought_for_others": [
            {
                "on": registration.seen_at.isoformat(),
                "deed": str(registration.get_deed_display()),
                "role": str(registration.get_role_display()),
                "name": registration.name,
                "phone": registration.phone,
                "amount_fen": registration.amount_fen,
                "kept_until": registration.kept_until.isoformat(),
            }
            for registration in BuyerRegistration.objects.filter(hers).order_by("pk")
        ]
    }
