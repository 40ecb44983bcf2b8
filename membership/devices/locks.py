"""The one row lock of this app: a card's code, while it is read."""

from membership.devices.models import CardCode


def hold_code(handle: str) -> CardCode | None:
    """The code of this handle, locked, with its card: two tills that read one code take turns."""
    found = CardCode.objects.select_for_update(no_key=True, of=("self",)).select_related("card")
    return found.filter(handle=handle).first()
