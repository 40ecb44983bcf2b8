"""What a web process says that was started before there is anything to show: `kayun run` starts it while migrating."""

import json
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any, Final

from kernel.errors import DomainError
from kernel.http.handlers import PROGRAMS_PREFIX
from kernel.ids import uuid7

OPENED_VARIABLE: Final = "KAYUN_OPENED_FILE"
"""Names the file that tells the web process that everything is there. Without it, it serves at once."""

HEALTH: Final = frozenset({"/healthz", "/readyz"})
"""Told from the first."""

_CHINESE: Final = "卡云正在启动，请稍候。"
_ENGLISH: Final = "Kayun is starting, please wait a moment."


class Starting(DomainError):
    """There is nothing to show yet. Said in both languages: what finds out which is asked for is not there yet."""

    code = "starting"
    status = 503
    message = f"{_CHINESE}{_ENGLISH}"
    retry_after_s = 2


_StartResponse = Callable[..., Any]
_Application = Callable[[dict[str, Any], _StartResponse], Iterable[bytes]]


class Opening:
    """A WSGI application that answers 503 (``Starting``) until a file exists, then the real one's answers.

    Nothing of the real one is asked before but its health: its tables may be missing, or half made.
    """

    def __init__(self, application: _Application, *, opened: Path) -> None:
        self._application = application
        self._opened = opened
        self._open = False

    def __call__(self, environ: dict[str, Any], start_response: _StartResponse) -> Iterable[bytes]:
        self._open = self._open or self._opened.exists()
        if self._open or environ["PATH_INFO"] in HEALTH:
            return self._application(environ, start_response)
        programs = environ["PATH_INFO"].startswith(PROGRAMS_PREFIX)
        body = (_for_programs() if programs else _for_people()).encode()
        kind = "application/json" if programs else "text/html; charset=utf-8"
        headers = [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Retry-After", str(Starting.retry_after_s)),
        ]
        start_response("503 Service Unavailable", headers)
        return [body]


def _for_programs() -> str:
    return json.dumps({"error": {**Starting().as_dict(), "request_id": uuid7().hex}}, ensure_ascii=False)


def _for_people() -> str:
    return (
        '<!doctype html><html lang="zh-Hans"><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{Starting.retry_after_s}">'
        '<meta name="viewport" content="width=device-width"><title>卡云</title>'
        f'<h1>{escape(_CHINESE)}</h1><p lang="en">{escape(_ENGLISH)}</p></html>'
    )
