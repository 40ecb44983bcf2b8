"""A web process that was started before there is anything to show asks people to wait, and then serves."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from config.opening import HEALTH, Opening
from kernel.observability.health import VIEWS


def _served(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"served"]


def _ask(application: Opening, path: str) -> tuple[str, dict[str, str], str]:
    told: list[Any] = []
    body = application({"PATH_INFO": path}, lambda status, headers: told.extend((status, dict(headers))))
    return told[0], told[1], b"".join(body).decode()


def test_until_the_doors_open_people_are_asked_to_wait(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    application = Opening(_served, opened=opened)
    status, headers, page = _ask(application, "/desk/")
    assert status.startswith("503 ")
    assert headers["Retry-After"] == "2"
    assert "卡云正在启动" in page
    assert "Kayun is starting" in page
    opened.touch()
    assert _ask(application, "/desk/") == ("200 OK", {}, "served")
    # Open once, open for good: no file is looked at for each request.
    opened.unlink()
    assert _ask(application, "/desk/")[2] == "served"


def test_programs_are_told_by_a_code(tmp_path: Path) -> None:
    status, headers, body = _ask(Opening(_served, opened=tmp_path / "opened"), "/api/v1/consumptions")
    assert status.startswith("503 ")
    assert headers["Content-Type"] == "application/json"
    error = json.loads(body)["error"]
    assert (error["code"], len(error["request_id"])) == ("starting", 32)


def test_health_is_told_from_the_first(tmp_path: Path) -> None:
    assert frozenset(VIEWS) == HEALTH
    for path in HEALTH:
        assert _ask(Opening(_served, opened=tmp_path / "opened"), path)[2] == "served"
