"""Every row lock of this app, one at a time: a card's code while it is read, a passkey while its answer is."""

from membership.devices.models import CardCode, Passkey


def hold_code(handle: str) -> CardCode | None:
    """The code of this handle, locked, with its card: two tills that read one code take turns."""
    found = CardCode.objects.select_for_update(no_key=True, of=("self",)).select_related("card")
    return found.filter(handle=handle).first()


def hold_passkey(credential_id: bytes) -> Passkey | None:
    """The passkey of this credential, locked, with its card: an answer that is sent twice is looked at once."""
    found = Passkey.objects.select_for_update(no_key=True, of=("self",)).select_related("card")
    return found.filter(credential_id=credential_id).first()
