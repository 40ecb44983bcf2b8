"""Alibaba Cloud's SendSms (Dysmsapi 2017-05-25), signed as its V3 method asks (ACS3-HMAC-SHA256)."""

import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC
from hashlib import sha256
from typing import Final
from urllib.parse import SplitResult, parse_qs, quote, unquote

from django.conf import settings

from kernel import clock
from kernel.sms.carriers import NotTaken, Refused, Request, Text, exchange, host_of

_METHOD: Final = "ACS3-HMAC-SHA256"
_CHINA: Final = "+86"
# Its own trouble, and limits that end by themselves; all else is the message's or the account's fault.
_LATER: Final = ("Throttling", "ServiceUnavailable", "InternalError", "isp.", "isv.BUSINESS_LIMIT_CONTROL")


def send(text: Text, url: SplitResult) -> None:
    """Hand a message to the carrier.

    Raises:
        NotTaken, Refused
    """
    template = settings.SMS_TEMPLATES.get(text.template)
    sign = parse_qs(url.query).get("sign", [""])[0]
    if not template or not sign:
        raise Refused(f"no template code for {text.template!r}" if sign else "KAYUN_SMS_URL names no sign")
    query = canonical_query(
        {
            "PhoneNumbers": text.phone.removeprefix(_CHINA),
            "SignName": sign,
            "TemplateCode": template,
            "TemplateParam": json.dumps(dict(text.params), ensure_ascii=False),
            "OutId": text.key,
        }
    )
    headers = {
        "host": host_of(url),
        "x-acs-action": "SendSms",
        "x-acs-version": "2017-05-25",
        "x-acs-date": f"{clock.now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": secrets.token_hex(16),
        "x-acs-content-sha256": sha256(b"").hexdigest(),
    }
    key_id, secret = unquote(url.username or ""), unquote(url.password or "")
    headers["Authorization"] = authorization(key_id, secret, query=query, headers=headers)
    # In the clear only to a server on the same machine, as tests have one.
    secure = parse_qs(url.query).get("tls") != ["no"]
    _understand(exchange(Request(secure, str(url.hostname), url.port, f"/?{query}", headers, b"")).body)


def canonical_query(params: Mapping[str, str]) -> str:
    """The parameters in the one order and encoding that is signed."""
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(params.items()))


def authorization(key_id: str, secret: str, *, query: str, headers: Mapping[str, str]) -> str:
    """The header that proves the request ours. ``headers``: all that are signed, in lower case."""
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    signed = ";".join(names)
    asked = "\n".join(("POST", "/", query, lines, signed, headers["x-acs-content-sha256"]))
    to_sign = f"{_METHOD}\n{sha256(asked.encode()).hexdigest()}"
    proof = hmac.digest(secret.encode(), to_sign.encode(), sha256).hex()
    return f"{_METHOD} Credential={key_id},SignedHeaders={signed},Signature={proof}"


def _understand(body: bytes) -> None:
    try:
        code = str(json.loads(body)["Code"])
    except (ValueError, KeyError, TypeError) as error:
        raise NotTaken("not an answer of this carrier") from error
    if code == "OK":
        return
    if code.startswith(_LATER):
        raise NotTaken(code)
    raise Refused(code)
