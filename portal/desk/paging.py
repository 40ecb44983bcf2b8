"""Where the next page of a list begins."""

from django.http import HttpRequest

_LONGEST_KEY = 15


def place_asked(request: HttpRequest) -> int | None:
    """The key of the row after which the page asked for begins; None for the first page, or for no key at all."""
    given = request.GET.get("before", "")
    return int(given) if given.isdecimal() and len(given) <= _LONGEST_KEY else None
