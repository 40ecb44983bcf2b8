"""The one row lock of this app: a request, before the card that it is about."""

from membership.requests.models import MemberRequest


def lock_request(key: int) -> MemberRequest | None:
    """The request, locked, with its card and that card's holder."""
    found = MemberRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("card__member")
    return found.filter(pk=key).first()
