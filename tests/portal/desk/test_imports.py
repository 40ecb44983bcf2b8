"""Imports at the desk: uploaded, watched, confirmed; the list of errors is fetched by a link of one's own."""

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kernel.sheets import rows_of
from membership.cards.models import Card
from membership.imports import running
from membership.imports.models import Import
from tenants.chains.models import Chain
from tests.membership.imports.conftest import private_folder

__all__ = ["private_folder"]

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]
Queries = Callable[[int], AbstractContextManager[None]]

CARDS = "卡号,级别\n6608000001,GOLD\n6608000001,GOLD\n6608000002,GOLD\n"


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def _upload(browser: Client, text: str = CARDS, **more: str) -> object:
    file = SimpleUploadedFile("新卡.csv", text.encode(), content_type="text/csv")
    return browser.post("/desk/imports/", {"kind": "CARDS", "file": file, "type": "ORDINARY", **more})


def test_a_file_is_uploaded_checked_and_confirmed(
    owner_at_desk: Client, in_chain: InChain, chain: Chain, queries: Queries
) -> None:
    answer = _upload(owner_at_desk)
    with in_chain():
        imported = Import.objects.get()
    page = f"/desk/imports/{imported.pk}/"
    assert answer.headers["location"] == page  # type: ignore[attr-defined]
    assert "hx-get" in _text(owner_at_desk.get(page))
    running.advance(chain.schema_name, imported.pk)
    with queries(6):
        text = _text(owner_at_desk.get(page))
    assert "可导入 2 行" in text
    assert "文件中重复" in text
    assert "hx-trigger" not in text.split('id="import-progress"')[1].split(">")[0]
    link = re.search(r'href="(/desk/files/[^"]+)"', text)
    assert link is not None
    file = owner_at_desk.get(link[1])
    assert "attachment" in file.headers["content-disposition"]
    rows = list(rows_of(io.BytesIO(b"".join(file.streaming_content))))  # type: ignore[attr-defined]
    assert len(rows) == 2
    assert owner_at_desk.post(f"{page}confirm/").headers["location"] == page
    running.advance(chain.schema_name, imported.pk)
    assert "已导入 2 行" in _text(owner_at_desk.get(page))
    with in_chain():
        assert Card.objects.count() == 2
    with queries(5):
        assert "新卡.csv" in _text(owner_at_desk.get("/desk/imports/", headers={"hx-request": "true"}))


def test_a_link_is_of_no_use_to_another_person(
    owner_at_desk: Client, at_desk: AtDesk, chain: Chain, in_chain: InChain
) -> None:
    _upload(owner_at_desk)
    with in_chain():
        imported = Import.objects.get()
    running.advance(chain.schema_name, imported.pk)
    link = re.search(r'href="(/desk/files/[^"]+)"', _text(owner_at_desk.get(f"/desk/imports/{imported.pk}/")))
    assert link is not None
    assert at_desk("FINANCE").get(link[1]).status_code == 410


def test_the_same_file_is_asked_about(owner_at_desk: Client, in_chain: InChain) -> None:
    _upload(owner_at_desk)
    refused = _upload(owner_at_desk)
    assert refused.status_code == 409  # type: ignore[attr-defined]
    assert "仍要上传" in _text(refused)
    _upload(owner_at_desk, again="on")
    with in_chain():
        assert Import.objects.count() == 2


def test_a_template_is_downloaded(owner_at_desk: Client) -> None:
    answer = owner_at_desk.get("/desk/imports/template/CARDS/")
    (_number, titles), _example = list(rows_of(io.BytesIO(answer.content)))
    assert titles == ["卡号", "内部编码", "级别代码", "类型代码"]
    assert owner_at_desk.get("/desk/imports/template/NONE/").status_code == 404


@pytest.mark.parametrize("path", ["/desk/imports/", "/desk/imports/1/", "/desk/imports/template/CARDS/"])
def test_a_cashier_imports_nothing(at_desk: AtDesk, path: str) -> None:
    assert at_desk("CASHIER").get(path).status_code == 403
