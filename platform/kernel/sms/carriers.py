"""The port to whoever carries text messages. ``SMS_URL`` says who that is; a carrier is a file of this folder.

- ``aliyun://KEY_ID:SECRET@dysmsapi.aliyuncs.com?sign=…``: Alibaba Cloud's SendSms. Texts are approved there beforehand:
  ``SMS_TEMPLATES`` maps our names to its template codes.
- ``webhook+https://:SECRET@sms.example.cn/path``: a signed POST to a gateway of one's own.
"""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

_TIMEOUT_S: Final = 10.0
_ANSWER_MAX: Final = 1 << 16
_CARRIERS: Final = {
    "aliyun": "kernel.sms.aliyun",
    "webhook+https": "kernel.sms.webhook",
    # In the clear: for a gateway on the same machine.
    "webhook+http": "kernel.sms.webhook",
}


class NotTaken(Exception):
    """The carrier was not reached, or asks to try again later."""


class Refused(Exception):
    """The carrier will not take this message, however often it is offered."""


@dataclass(frozen=True, slots=True)
class Text:
    """A message: to whom (E.164), which text, what fills it, and all of it as it reads. ``key`` names it for ever."""

    key: str
    phone: str
    template: str
    params: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """What goes over the wire."""

    secure: bool
    host: str
    port: int | None
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back."""

    status: int
    body: bytes


def approves(template: str) -> bool:
    """Whether the carrier will take texts of this name: by its code where it asks for one, else any."""
    return urlsplit(settings.SMS_URL).scheme != "aliyun" or bool(settings.SMS_TEMPLATES.get(template))


def send(text: Text) -> None:
    """Hand a message to the carrier.

    Raises:
        NotTaken, Refused
    """
    url = urlsplit(settings.SMS_URL)
    if url.scheme not in _CARRIERS or not url.hostname:
        raise NotTaken("KAYUN_SMS_URL names no carrier")
    import_module(_CARRIERS[url.scheme]).send(text, url)


def exchange(request: Request) -> Answer:
    """One POST and its answer, however that is; no redirection is followed.

    Raises:
        NotTaken: nobody answered.
    """
    connection: http.client.HTTPConnection
    if request.secure:
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(request.host, request.port, timeout=_TIMEOUT_S, context=context)
    else:
        connection = http.client.HTTPConnection(request.host, request.port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", request.path, body=request.body, headers=dict(request.headers))
        response = connection.getresponse()
        return Answer(response.status, response.read(_ANSWER_MAX))
    except (OSError, http.client.HTTPException) as error:
        raise NotTaken(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()


def host_of(url: SplitResult) -> str:
    """The host, without whoever is named before it."""
    return url.netloc.rpartition("@")[2]
