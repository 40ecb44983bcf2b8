"""A member's page with nothing on it."""

from functools import cache

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.template import engines
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.member.access import MemberRequest, members_only
from portal.member.shell import shell

_PAGE = '{% extends "layouts/member.html" %}{% block main %}<h1>卡云</h1>{% endblock main %}'


@require_safe
@never_cache
@members_only
def trivial(request: MemberRequest) -> HttpResponseBase:
    """What any page of hers costs: the middleware, her session, a transaction, the frame."""
    return HttpResponse(_template().render(shell(request, "home"), request))


@cache
def _template():  # type: ignore[no-untyped-def]
    return engines["django"].from_string(_PAGE)
