"""The pages of price books: prepared from a file or by hand, looked over, approved by another."""

import re
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing.pricebook.queries import forget_books
from kernel import clock
from tests.cleaning import superuser
from tests.portal.platform.conftest import Clerk

VERSION = "2030-01"
DAY = "2030-01-01"


@pytest.fixture(autouse=True)
def _books(database: None) -> Iterator[None]:
    """The shipped book stays when public is emptied, so those made here are taken away by hand."""
    yield
    with superuser() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            "DELETE FROM pricebook_price WHERE book_id IN (SELECT id FROM pricebook_book WHERE version <> '2026-01')"
        )
        connection.execute("DELETE FROM pricebook_book WHERE version <> '2026-01'")
    forget_books()


def filled_form(page: str) -> dict[str, str]:
    """What a browser would send of the form as it is drawn."""
    return {
        match["name"]: match["value"]
        for match in re.finditer(r'<input type="text" name="(?P<name>[^"]+)" value="(?P<value>[^"]*)"', page)
    } | {"version": VERSION, "effective_from": DAY}


def prepared(browser: Client, **changes: str) -> str:
    form = filled_form(browser.get("/platform/prices/new/").content.decode())
    answer = browser.post("/platform/prices/new/", {**form, **changes, "step": "submit"})
    return str(answer.headers.get("Location", ""))


def test_the_way_of_a_book(clerk: Clerk) -> None:
    li, wang = clerk("li"), clerk("wang")
    assert prepared(li, monthly_16B="20") == f"/platform/prices/{VERSION}/"
    page = li.get(f"/platform/prices/{VERSION}/").content.decode()
    assert page.count("有变动") == 1
    assert "¥1,264.00" in page, "the month's check sum of plan B"
    assert "¥1,262.00" in page, "what it was"
    assert "须由另一位员工批准" in page
    li.post(f"/platform/prices/{VERSION}/approve/")
    assert "待批准" in li.get("/platform/prices/").content.decode()
    wang.post(f"/platform/prices/{VERSION}/approve/")
    page = wang.get("/platform/prices/").content.decode()
    assert "待生效" in page
    assert "wang" in page
    wang.post(f"/platform/prices/{VERSION}/withdraw/")
    assert "已有人处理过" in wang.get(f"/platform/prices/{VERSION}/").content.decode()


def test_a_book_is_withdrawn(clerk: Clerk) -> None:
    li = clerk("li")
    prepared(li)
    li.post(f"/platform/prices/{VERSION}/withdraw/")
    assert "已撤回" in li.get("/platform/prices/").content.decode()
    assert prepared(li) == "", "its name is not used again"


def test_a_file_is_read_into_the_form_and_saved_by_nobody(clerk: Clerk) -> None:
    li = clerk("li")
    current = li.get("/platform/prices/2026-01/csv/")
    assert current.headers["Content-Disposition"] == 'attachment; filename="prices-2026-01.csv"'
    text = current.content.decode("utf-8-sig")
    assert text.splitlines()[0] == "module,plan,setup_cny,monthly_cny,per_call_cny"
    upload = SimpleUploadedFile("next.csv", text.replace("16,B,186.00,18.00", "16,B,186.00,21.50").encode())
    asked = {"version": VERSION, "effective_from": DAY, "step": "read", "file": upload}
    page = li.post("/platform/prices/new/", asked).content.decode()
    assert 'name="monthly_16B" value="21.50"' in page
    assert "60 项中有 1 项变动" in page
    form = filled_form(page)
    page = li.post("/platform/prices/new/", {**form, "step": "check"}).content.decode()
    assert "¥1,265.50" in page
    assert VERSION not in li.get("/platform/prices/").content.decode()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (None, "请选择文件"),
        (b"module,plan,setup_cny,monthly_cny,per_call_cny\n1,A,0,0,0\n", "缺少价格：1 B, 1 C, 2 A"),
        (b"\x00\x01", "不能识别这个文件"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(clerk: Clerk, file: bytes | None, said: str) -> None:
    asked: dict[str, object] = {"step": "read"}
    if file is not None:
        asked["file"] = SimpleUploadedFile("next.csv", file)
    answer = clerk("li").post("/platform/prices/new/", asked)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"monthly_16B": "-1"}, "价格不能为负"),
        ({"monthly_16B": "1.234"}, "金额“1.234”无效"),
        ({"version": "x/y"}, "以数字开头"),
        ({"effective_from": str(clock.today())}, "生效日期最早为"),
        ({"version": "2026-01"}, "已被使用"),
    ],
)
def test_what_makes_no_sense_is_said_and_not_saved(clerk: Clerk, changes: dict[str, str], said: str) -> None:
    li = clerk("li")
    form = filled_form(li.get("/platform/prices/new/").content.decode())
    page = li.post("/platform/prices/new/", {**form, **changes, "step": "submit"}).content.decode()
    assert said in page
    assert VERSION not in li.get("/platform/prices/").content.decode()


def test_what_is_not_there(clerk: Clerk) -> None:
    li = clerk("li")
    for path in ("2031-01/", "2031-01/csv/"):
        assert li.get(f"/platform/prices/{path}").status_code == 404
    li.post("/platform/prices/2031-01/approve/")
    assert "找不到这个价目版本" in li.get("/platform/prices/").content.decode()


@pytest.mark.parametrize(
    ("language", "who", "what"), [("zh-hans", "系统", "公布的价目表"), ("en", "System", "The published price list")]
)
def test_the_book_that_came_with_the_program_says_so_in_words(clerk: Clerk, language: str, who: str, what: str) -> None:
    browser = clerk("li")
    browser.cookies["django_language"] = language
    for path in ("/platform/prices/", "/platform/prices/2026-01/"):
        page = browser.get(path).content.decode()
        assert who in page
        assert what in page
        assert ">kayun<" not in page
        assert "kayun ·" not in page
        assert "price list" not in page.replace("The published price list", "")
