"""What a chain has chosen."""

from membership.branding.models import Branding


def chosen() -> Branding | None:
    """The chain's look, with its logo's file; None while nothing was ever chosen. One query."""
    return Branding.objects.select_related("logo").filter(pk=Branding.ONLY).first()
