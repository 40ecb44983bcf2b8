"""Strangers trying PINs: a client in a process of its own, so that it does not slow the tills' client."""

import itertools
import multiprocessing
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from bench.load import drive, request_bytes

# Twice what a slot can hash; let to run free they would take more than a processor.
LOGINS_PER_SECOND = 50
_CONNECTIONS = 16


@contextmanager
def flood(port: int, host: str, *, seconds: float, addresses: int) -> Iterator[None]:
    """Log in at that host, wrongly, for so many seconds, from so many addresses in turn; the block begins when it is
    under way. The server must believe ``X-Forwarded-For``.

    Raises:
        RuntimeError: the flood broke off, or was not refused as it should be.
    """
    arguments = (port, host, seconds, addresses)
    process = multiprocessing.get_context("spawn").Process(target=_log_in, args=arguments, daemon=True)
    process.start()
    time.sleep(1)
    try:
        yield
    finally:
        process.join(timeout=seconds + 30)
    if process.exitcode != 0:
        raise RuntimeError(f"the flood of log-ins ended with {process.exitcode}")


def _log_in(port: int, host: str, seconds: float, addresses: int) -> None:
    token = _csrf_token(port, host)
    numbers = itertools.count(1)
    callers = itertools.cycle([f"10.0.{number // 256}.{number % 256}" for number in range(addresses)])

    def one() -> bytes:
        form = {"card_number": f"99{next(numbers):08}", "pin": "193746", "csrfmiddlewaretoken": token}
        headers = {"Cookie": f"csrftoken={token}", "Content-Type": "application/x-www-form-urlencoded"}
        headers["X-Forwarded-For"] = next(callers)
        return request_bytes("/", host=host, body=urlencode(form).encode(), headers=headers)

    load = drive(port, one, connections=_CONNECTIONS, seconds=seconds, most_per_second=LOGINS_PER_SECOND)
    if not set(load.statuses) <= {403, 429, 503}:
        raise RuntimeError(f"log-ins were not refused as they should be: {dict(load.statuses)}")


def _csrf_token(port: int, host: str) -> str:
    page = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Host": host})
    with urllib.request.urlopen(page, timeout=30) as response:  # noqa: S310
        cookies = response.headers.get_all("Set-Cookie") or []
    (token,) = (cookie.split("=", 1)[1].split(";")[0] for cookie in cookies if cookie.startswith("csrftoken="))
    return str(token)
