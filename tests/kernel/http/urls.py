"""Views that write and then fail, each in its own way."""

from collections.abc import Iterator
from typing import Any, NoReturn

from django.contrib import admin
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import path
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.errors import DomainError
from kernel.http import own_transactions, roll_back
from tenants.people.models import Role


class Refused(DomainError):
    """A refusal of the tests' own."""

    code = "refused_here"
    status = 409


class Broken(Exception):
    """A programming error."""


def write() -> None:
    """What must be found, or must not."""
    Role.objects.create(code="WRITTEN", name="written")


def fine(request: HttpRequest) -> HttpResponse:
    write()
    request.session["seen"] = "yes"
    return HttpResponse("ok")


def refusal_returned(request: HttpRequest) -> HttpResponse:
    """A refusal that the service returned: what it counted must survive."""
    write()
    return HttpResponse("no", status=403)


def rolled_back(request: HttpRequest) -> HttpResponse:
    write()
    roll_back()
    return HttpResponse("undone")


def breaks(request: HttpRequest) -> NoReturn:
    write()
    request.session["seen"] = "yes"
    raise Broken


def refuses(request: HttpRequest) -> NoReturn:
    write()
    raise Refused


def is_missing(request: HttpRequest) -> NoReturn:
    write()
    raise Http404


def is_denied(request: HttpRequest) -> NoReturn:
    write()
    raise PermissionDenied


def breaks_in_sql(request: HttpRequest) -> NoReturn:
    write()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    raise AssertionError("not reached")


def breaks_at_commit(request: HttpRequest) -> HttpResponse:
    """A deferred key that is found broken only by COMMIT."""
    write()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO people_roleact (role_id, act) VALUES (-1, 'x')")
    return HttpResponse("never seen")


def breaks_in_template(request: HttpRequest) -> TemplateResponse:
    def late() -> NoReturn:
        write()
        raise Broken

    return TemplateResponse(request, engines["django"].from_string("{{ late }}"), {"late": late})


def session_gone(request: HttpRequest) -> HttpResponse:
    """A log-out elsewhere: the session cannot be saved any more, which Django notices after the view."""
    write()
    request.session["seen"] = "yes"
    request.session.save()
    request.session.model.objects.all().delete()
    request.session["seen"] = "again"
    return HttpResponse("never seen")


def streams(request: HttpRequest) -> StreamingHttpResponse:
    def body() -> Iterator[bytes]:
        yield b"first"
        write()
        yield b"second"
        if "break" in request.GET:
            raise Broken

    return StreamingHttpResponse(body())


def streams_a_file(request: HttpRequest) -> FileResponse:
    return FileResponse(open(__file__, "rb"))


@own_transactions
def opens_its_own(request: HttpRequest) -> NoReturn:
    with transaction.atomic():
        write()
    raise Broken


@own_transactions
def forgets_to_open(request: HttpRequest) -> HttpResponse:
    write()
    return HttpResponse("never seen")


class RestView(APIView):
    """DRF turns what it raises into a response, inside the view."""

    def post(self, request: Any) -> Response:
        write()
        raise {"refusal": Refused, "api": APIException, "broken": Broken}[request.GET["raise"]]()


class OwnHandlerView(RestView):
    """With an exception handler that does not know of transactions."""

    def get_exception_handler(self) -> Any:
        return lambda error, context: Response({"handled": True}, status=400)


class BreakingAdmin(admin.ModelAdmin):
    """Writes and then fails, in the admin's own form."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    has_add_permission = has_view_permission = has_change_permission = lambda self, request, obj=None: True

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> NoReturn:
        raise Broken


class OpenSite(AdminSite):
    """Anyone may enter."""

    def has_permission(self, request: HttpRequest) -> bool:
        return True


site = OpenSite(name="breaking")
site.register(Role, BreakingAdmin)

urlpatterns = [
    path("fine/", fine),
    path("refusal-returned/", refusal_returned),
    path("rolled-back/", rolled_back),
    path("breaks/", breaks),
    path("refuses/", refuses),
    path("is-missing/", is_missing),
    path("is-denied/", is_denied),
    path("breaks-in-sql/", breaks_in_sql),
    path("breaks-at-commit/", breaks_at_commit),
    path("breaks-in-template/", breaks_in_template),
    path("session-gone/", session_gone),
    path("streams/", streams),
    path("streams-a-file/", streams_a_file),
    path("opens-its-own/", opens_its_own),
    path("forgets-to-open/", forgets_to_open),
    path("rest/", RestView.as_view()),
    path("rest-own-handler/", OwnHandlerView.as_view()),
    path("admin/", site.urls),
]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"
