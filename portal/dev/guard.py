"""The local helps show what is nobody's business elsewhere: in production they are not there."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def local_only(view: View) -> View:
    """404 in production."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if settings.MODE == "production":
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
