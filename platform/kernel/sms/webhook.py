"""A gateway of one's own: a POST of JSON, signed so that the gateway knows who sends it.

    POST /path
    Content-Type: application/json
    X-Kayun-Signature: t=1790000000,v1=<hex of HMAC-SHA256(secret, t + "." + body)>

    {"id": "c_demo.17", "phone": "+8613800138000", "template": "pin_code", "params": {"code": "…"}, "text": "…"}

2xx: taken. 408, 425, 429 and 5xx: try again later. Anything else: never. The ``id`` is the same however often the
message is offered: a gateway that has it already answers 2xx and sends nothing.
"""

import hmac
import json
from hashlib import sha256
from typing import Final
from urllib.parse import SplitResult, unquote

from kernel import clock
from kernel.sms.carriers import NotTaken, Refused, Request, Text, exchange

_LATER: Final = (408, 425, 429)


def send(text: Text, url: SplitResult) -> None:
    """Hand a message to the gateway.

    Raises:
        NotTaken, Refused
    """
    asked = {"id": text.key, "phone": text.phone, "template": text.template, "params": text.params, "text": text.text}
    body = json.dumps(asked, ensure_ascii=False).encode()
    moment = int(clock.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "X-Kayun-Signature": f"t={moment},v1={signature(unquote(url.password or ''), moment, body)}",
    }
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    answer = exchange(Request(url.scheme.endswith("https"), str(url.hostname), url.port, path, headers, body))
    if 200 <= answer.status < 300:
        return
    if answer.status in _LATER or answer.status >= 500:
        raise NotTaken(f"HTTP {answer.status}")
    raise Refused(f"HTTP {answer.status}")


def signature(secret: str, moment: int, body: bytes) -> str:
    """What proves to the gateway that body and moment are ours."""
    return hmac.digest(secret.encode(), f"{moment}.".encode() + body, sha256).hex()
