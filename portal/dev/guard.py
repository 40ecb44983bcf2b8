"""The local helps show what is nobody's business elsewhere: they are not there in production, whatever the addresses say."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]


def local_only(view: View[Arguments]) -> View[Arguments]:
    """404 in production."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponse:
        if settings.MODE == "production":
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
