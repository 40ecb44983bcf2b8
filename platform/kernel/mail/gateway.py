"""The mail server. ``SMTP_URL`` is ``smtp://user:password@host:587`` (STARTTLS) or ``smtps://…:465``.

``?tls=no`` speaks in the clear: for a server on the same machine.
"""

import smtplib
import ssl
from email.utils import parseaddr
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings

_TIMEOUT_S: Final = 30.0


class NotTaken(Exception):
    """The server was not reached, or did not take the message."""


def send(*, recipients: list[str], message: bytes) -> None:
    """Hand a message to the mail server.

    Raises:
        NotTaken
    """
    try:
        with _connection() as server:
            server.sendmail(_envelope_sender(), recipients, message)
    except (OSError, smtplib.SMTPException) as error:
        raise NotTaken(f"{type(error).__name__}: {error}") from error


def _connection() -> smtplib.SMTP:
    url = urlsplit(settings.SMTP_URL)
    if not url.hostname:
        raise NotTaken("KAYUN_SMTP_URL names no server")
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(url.hostname, url.port or 465, timeout=_TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(url.hostname, url.port or 587, timeout=_TIMEOUT_S)
        if parse_qs(url.query).get("tls") != ["no"]:
            server.starttls(context=context)
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))
    return server


def _envelope_sender() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
