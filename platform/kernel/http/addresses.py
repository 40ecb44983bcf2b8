"""Where a request comes from."""

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_network(request: HttpRequest) -> str:
    """The caller's address; of IPv6 its /64, which is one household's or one machine's to number as it likes.

    Behind our own proxy (``BEHIND_PROXY``) it is what that proxy saw: the last entry of ``X-Forwarded-For``. Those
    before it were sent by the caller and are not believed.
    """
    seen = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY:
        seen = str(request.META.get("HTTP_X_FORWARDED_FOR", seen)).rpartition(",")[2].strip()
    try:
        address = ip_address(seen)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64)) if address.ipv4_mapped is None else str(address.ipv4_mapped)
    return seen
