"""Turning log-ins away before they cost anything: no session, no query, no template, no hash.

A flood of PINs is refused fifty times a second; drawn in full, each refusal would cost the tills two postings. Whoever
is turned away here was not looked at: nothing is counted against any card.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.buckets import Buckets
from kernel.errors import DomainError
from kernel.files.spooling import CappedUploadHandler
from kernel.http.addresses import client_network
from kernel.pictures import LARGEST_BYTES
from kernel.slots import Busy, hashing_slots

LOGIN_PATH: Final = "/"
CODE_ASK_PATH: Final = "/pin/"
CODE_USE_PATH: Final = "/pin/code/"
PASSKEY_PATH: Final = "/passkey/"
PASSKEY_OPTIONS_PATH: Final = "/passkey/options/"
INSIDE_PATH: Final = "/card/"
APPLY_PATH: Final = "/apply/"
APPLY_ASK_PATHS: Final = (APPLY_PATH, "/apply/code/again/", "/apply/find/")
APPLY_CODE_PATHS: Final = ("/apply/code/", "/apply/find/code/")
LARGEST_BODY: Final = 25 * 1024 * 1024
"""Of a form with a photo: more is not even read. Photos that are too large, but such as telephones take, are refused on
the form, with all that was typed.
"""
# A family, a shop's Wi-Fi or a mobile carrier's gateway is one address to us: only refused log-ins count, and many may
# be refused at once before anybody has to wait. For each web process.
REFUSED_AT_ONCE: Final = 30
REFUSED_PER_SECOND: Final = 0.5
# Every code that is asked for counts: each may cost a message.
CODES_AT_ONCE: Final = 10
CODES_PER_SECOND: Final = 1 / 60

_REFUSED: Final = 403
_ASKED: Final = 302
_GIVEN: Final = 200


class TooManyAttempts(DomainError):
    """Too many log-ins from this address were refused. Nothing was looked at; trying again later is safe."""

    code = "too_many_attempts"
    status = 429
    message = gettext_lazy(
        "您所在的网络短时间内登录失败次数太多。请过一分钟再试；忘记密码请带有效证件到任一门店办理。未作任何更改。"
    )
    retry_after_s: ClassVar[int] = 60
    """For the ``Retry-After`` header."""


class TooManyCodes(TooManyAttempts):
    """Too many codes were asked for from this address. Nothing was looked at, and none was sent."""

    code = "too_many_codes"
    message = gettext_lazy(
        "您所在的网络短时间内索取验证码次数太多。请过几分钟再试，或带有效证件到任一门店办理。未作任何更改。"
    )


class BodyTooLarge(TooManyAttempts):
    """The form with its photo is larger than any that would be taken."""

    code = "body_too_large"
    status = 400
    message = gettext_lazy("上传的照片太大：最多 5 MB。请返回上一页，缩小后再上传。未提交任何资料。")


@dataclass(frozen=True, slots=True)
class _Door:
    """What may pass to one page. ``counted``: the status of answers that cost a token; others give it back."""

    attempts: Buckets
    counted: int
    refusal: type[TooManyAttempts] = TooManyAttempts
    hashes: bool = True
    clears: Buckets | None = None
    """What whoever passes here makes good for her address, with an answer that leads to ``INSIDE_PATH``."""


class MemberDoorMiddleware:
    """Before a member's log-in and the renewal of a PIN: is there a hashing slot, and has this address been refused, or
    asked for codes, too often?

    Stands after ``ChainMiddleware`` (which log-in page it is depends on the host) and outside everything that asks the
    database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        refused = _buckets()
        asked = Buckets(burst=CODES_AT_ONCE, per_second=CODES_PER_SECOND)
        self._doors = {
            LOGIN_PATH: _Door(refused, _REFUSED),
            # Guesses at codes count by themselves: an address that was refused too many PINs has this way left, and
            # one right code, sent to the telephone of a member, shows that not all of its guesses were guesses.
            CODE_USE_PATH: _Door(_buckets(), _REFUSED, clears=refused),
            # Neither hashes anything: what is signed is looked up and checked, what is to be signed is kept a while.
            PASSKEY_PATH: _Door(_buckets(), _REFUSED, hashes=False),
            PASSKEY_OPTIONS_PATH: _Door(_buckets(), _GIVEN, hashes=False),
            CODE_ASK_PATH: _Door(asked, _ASKED, TooManyCodes, hashes=False),
        }
        # Applying for a card sends a code as well; what is guessed there is counted by itself.
        guessed = _buckets()
        self._doors |= {path: _Door(asked, _ASKED, TooManyCodes, hashes=False) for path in APPLY_ASK_PATHS}
        self._doors |= {path: _Door(guessed, _REFUSED, hashes=False) for path in APPLY_CODE_PATHS}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        door = self._doors.get(request.path_info) if request.method == "POST" else None
        if door is None or request.chain is None:  # type: ignore[attr-defined]
            return self.get_response(request)
        if door.hashes and hashing_slots().full():
            return _turned_away(request, Busy)
        if request.path_info == APPLY_PATH:
            if _announced_bytes(request) > LARGEST_BODY:
                return _turned_away(request, BodyTooLarge)
            # One byte more than is taken says that there are too many.
            request.upload_handlers = [CappedUploadHandler(request, most=LARGEST_BYTES + 1)]
        address = client_network(request)
        if not door.attempts.take(address):
            return _turned_away(request, door.refusal)
        response = self.get_response(request)
        if response.status_code != door.counted:
            door.attempts.give_back(address)
        if door.clears is not None and response.headers.get("Location") == INSIDE_PATH:
            door.clears.fill(address)
        return response


_REFUSALS: Final = {refusal.code: refusal for refusal in (Busy, TooManyAttempts, TooManyCodes, BodyTooLarge)}


def _buckets() -> Buckets:
    return Buckets(burst=REFUSED_AT_ONCE, per_second=REFUSED_PER_SECOND)


def _announced_bytes(request: HttpRequest) -> int:
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(length) if length.isdecimal() else 0


def _turned_away(request: HttpRequest, refusal: type[Busy] | type[TooManyAttempts]) -> HttpResponse:
    language = translation.get_language_from_request(request)
    page = _page(refusal.code, language)
    response = HttpResponse(page, status=refusal.status)
    # Said here: the middleware that says it stands further in.
    response["Content-Length"] = str(len(page))
    response["Retry-After"] = str(refusal.retry_after_s)
    response["Cache-Control"] = "no-store"
    return response


@cache
def _page(code: str, language: str) -> bytes:
    """The refusal's page, drawn once for each language: nothing on it is of the request."""
    refusal = _REFUSALS[code]
    with translation.override(language):
        context = {"status": refusal.status, "code": refusal.code, "message": str(refusal())}
        context |= {"home_url": LOGIN_PATH, "home_label": _("回到登录页")}
        return render_to_string(f"{refusal.status}.html", context).encode()
