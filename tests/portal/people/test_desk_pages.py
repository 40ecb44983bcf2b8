"""Staff, roles, stores, keys and the trail at the desk: what is typed reaches the service; refusals change nothing."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client

from tenants.audit.models import AuditEntry
from tenants.people.domain import SYSTEM, Act
from tenants.people.models import ApiKey, Assignment, Role, User
from tenants.people.services import authenticate_api_key, set_role_acts
from tenants.stores.models import Store
from tests.portal.people.conftest import PASSWORD

InChain = Callable[..., AbstractContextManager[None]]
AtDesk = Callable[..., Client]

PAGES = {
    "/desk/staff/": "staff.manage",
    "/desk/staff/new/": "staff.manage",
    "/desk/roles/": "staff.manage",
    "/desk/stores/": "store.manage",
    "/desk/api-keys/": "apikey.manage",
    "/desk/audit/": "audit.view",
    "/desk/registers/": "register.view",
}


@pytest.mark.parametrize("role", ["HEAD_OFFICE", "INFORMATION", "FINANCE", "CASHIER", "STORE_MANAGER"])
def test_a_page_opens_for_whoever_has_the_act(at_desk: AtDesk, in_chain: InChain, role: str) -> None:
    browser = at_desk(role)
    with in_chain():
        acts = set(Role.objects.get(code=role).acts.values_list("act", flat=True))
    seen = {path: browser.get(path).status_code for path in PAGES}
    assert seen == {path: 200 if act in acts else 403 for path, act in PAGES.items()}


def test_nobody_is_sent_to_log_in(client_of: Callable[..., Client], chain: Any) -> None:
    browser = client_of(chain)
    for path in PAGES:
        assert browser.get(path)["Location"].startswith("/desk/login/?next="), path
    fragment = browser.get("/desk/staff/", headers={"hx-request": "true"})
    assert fragment["HX-Redirect"] == "/desk/login/?next=%2Fdesk%2Fstaff%2F"


def test_a_refusal_says_so_with_its_code(at_desk: AtDesk) -> None:
    answer = at_desk("CASHIER").get("/desk/roles/")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "not_allowed" in page
    assert "员工与角色管理" in page
    assert answer["X-Request-ID"] in page


def test_a_member_of_staff_is_hired_given_a_role_and_logs_in(
    owner_at_desk: Client, chain: Any, client_of: Callable[..., Client], in_chain: InChain
) -> None:
    fields = {"username": "zhou", "name": "周敏", "password": PASSWORD, "email": "", "phone": "13800000001"}
    answer = owner_at_desk.post("/desk/staff/new/", fields)
    with in_chain():
        person = User.objects.get(username="zhou")
        store = Store.objects.get()
    assert answer["Location"] == f"/desk/staff/{person.pk}/"
    given = owner_at_desk.post(f"/desk/staff/{person.pk}/assign/", {"role": "CASHIER", "store": str(store.pk)})
    assert given.status_code == 302
    browser = client_of(chain)
    browser.post("/desk/login/", {"login": "zhou", "password": PASSWORD})
    page = browser.get("/desk/").content.decode()
    assert "/desk/till/" in page
    assert "/desk/staff/" not in page
    with in_chain():
        assert Assignment.objects.get(user=person).store_id == store.pk


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"username": "cashier"}, "已被使用"),
        ({"username": "a b"}, "只能使用"),
        ({"password": "123"}, "密码"),
        ({"email": "not-an-address"}, "邮箱"),
        ({"name": ""}, "姓名"),
    ],
)
def test_a_bad_account_is_explained_and_not_made(
    owner_at_desk: Client, at_desk: AtDesk, in_chain: InChain, wrong: dict[str, str], said: str
) -> None:
    at_desk("CASHIER")
    with in_chain():
        before = User.objects.count()
    answer = owner_at_desk.post(
        "/desk/staff/new/",
        {"username": "zhou", "name": "周敏", "password": PASSWORD, "email": "", "phone": "", **wrong},
    )
    assert answer.status_code == 200
    assert said in answer.content.decode()
    with in_chain():
        assert User.objects.count() == before


def test_she_is_edited_closed_and_her_password_reset(owner_at_desk: Client, at_desk: AtDesk, in_chain: InChain) -> None:
    cashier = at_desk("CASHIER")
    with in_chain():
        person = User.objects.get(username="cashier")
        assignment = person.assignments.get()
    path = f"/desk/staff/{person.pk}/"
    assert owner_at_desk.get(path).status_code == 200
    owner_at_desk.post(path, {"name": "收银小周", "email": "zhou@example.cn", "phone": ""})
    owner_at_desk.post(f"{path}password/", {"password": PASSWORD})
    assert cashier.get("/desk/").status_code == 302, "her sessions end with the old password"
    weak = owner_at_desk.post(f"{path}password/", {"password": "1"})
    assert weak.status_code == 200
    owner_at_desk.post(f"/desk/staff/assignments/{assignment.pk}/remove/")
    owner_at_desk.post(f"{path}active/", {"active": "0"})
    with in_chain():
        person.refresh_from_db()
        assert (person.name, person.is_active, person.assignments.count()) == ("收银小周", False, 0)
        assert person.check_password(PASSWORD)
    owner_at_desk.post(f"{path}active/", {"active": "1"})
    with in_chain():
        person.refresh_from_db()
        assert person.is_active


def test_the_matrix_is_edited(owner_at_desk: Client, in_chain: InChain) -> None:
    page = owner_at_desk.get("/desk/roles/").content.decode()
    ticked = [cell for cell in re.findall(r'value="([A-Z_]+:[a-z._]+)" checked', page) if not cell.startswith("OWNER:")]
    assert "CASHIER:value.top_up" in ticked
    changed = [cell for cell in ticked if cell != "CASHIER:value.top_up"] + ["SUPPLY:card.make"]
    with in_chain():
        before = set(Role.objects.values_list("code", "acts__act"))
    assert owner_at_desk.post("/desk/roles/", {"grant": changed}).status_code == 302
    with in_chain():
        acts = set(Role.objects.values_list("code", "acts__act"))
        trail = AuditEntry.objects.filter(act="role.set_acts").values_list("object_id", flat=True)
        assert sorted(trail) == ["CASHIER", "SUPPLY"]
    assert acts == before - {("CASHIER", "value.top_up")} | {("SUPPLY", "card.make")}


def test_the_owners_row_cannot_be_posted_away(owner_at_desk: Client, in_chain: InChain) -> None:
    owner_at_desk.post("/desk/roles/", {"grant": ["CASHIER:card.view", "rubbish", "OWNER:"]})
    with in_chain():
        assert set(Role.objects.get(code="OWNER").acts.values_list("act", flat=True)) == set(Act.values)


def test_a_role_of_ones_own(owner_at_desk: Client, in_chain: InChain) -> None:
    assert owner_at_desk.post("/desk/roles/new/", {"name": "洗车班长"}).status_code == 302
    assert owner_at_desk.post("/desk/roles/new/", {"name": ""}).status_code == 200
    for taken in ("洗车班长", " 洗车班长 ", "收银"):
        assert "请换一个名称" in owner_at_desk.post("/desk/roles/new/", {"name": taken}).content.decode()
    with in_chain():
        assert Role.objects.get(preset=False).name == "洗车班长"
    assert "洗车班长" in owner_at_desk.get("/desk/roles/").content.decode()


def test_stores_open_and_close(owner_at_desk: Client, in_chain: InChain) -> None:
    fields = {"code": "002", "name": "二号店", "opened_on": "2026-03-01"}
    assert owner_at_desk.post("/desk/stores/", fields).status_code == 302
    again = owner_at_desk.post("/desk/stores/", fields)
    assert again.status_code == 200
    assert "已被使用" in again.content.decode()
    with in_chain():
        second = Store.objects.get(code="002")
    assert owner_at_desk.post(f"/desk/stores/{second.pk}/close/").status_code == 302
    refused = owner_at_desk.post(f"/desk/stores/{second.pk}/close/")
    assert refused.status_code == 409
    assert "store_closed" in refused.content.decode()
    page = owner_at_desk.get("/desk/stores/").content.decode()
    assert "停业" in page


def test_a_store_is_renamed(owner_at_desk: Client, at_desk: AtDesk, in_chain: InChain) -> None:
    with in_chain():
        store = Store.objects.get()
    path = f"/desk/stores/{store.pk}/rename/"
    assert path in owner_at_desk.get("/desk/stores/").content.decode()
    assert store.name in owner_at_desk.get(path).content.decode()
    assert owner_at_desk.post(path, {"name": " "}).status_code == 200
    assert at_desk("CASHIER").post(path, {"name": "抢注"}).status_code == 403
    assert owner_at_desk.get("/desk/stores/999999/rename/").status_code == 404
    answer = owner_at_desk.post(path, {"name": "滨江旗舰店"}, follow=True)
    assert "门店已改名为“滨江旗舰店”。" in answer.content.decode()
    with in_chain():
        assert Store.objects.get().name == "滨江旗舰店"


def test_no_role_and_no_store_is_chosen_beforehand(owner_at_desk: Client, at_desk: AtDesk, in_chain: InChain) -> None:
    at_desk("CASHIER")
    with in_chain():
        person = User.objects.get(username="cashier")
    page = owner_at_desk.get(f"/desk/staff/{person.pk}/").content.decode()
    assert page.count('<option value="" selected>请选择</option>') == 2
    answer = owner_at_desk.post(f"/desk/staff/{person.pk}/assign/", {"role": "TREASURY", "store": ""})
    assert answer.status_code == 200
    with in_chain():
        assert [given.role.code for given in person.assignments.select_related("role")] == ["CASHIER"]


def test_a_bad_account_hears_of_all_its_faults_at_once(owner_at_desk: Client, in_chain: InChain) -> None:
    given = {"username": "a b", "name": "周敏", "password": "123", "email": "no", "phone": ""}
    errors = owner_at_desk.post("/desk/staff/new/", given).context["form"].errors
    assert {"username", "password", "email"} <= set(errors)


def test_the_trail_speaks_in_names(owner_at_desk: Client, at_desk: AtDesk, in_chain: InChain) -> None:
    at_desk("CASHIER")
    with in_chain():
        set_role_acts(actor=SYSTEM, role_code="SUPPLY", acts=[Act.CARD_MAKE])
    page = owner_at_desk.get("/desk/audit/").content.decode()
    assert "角色</span> 收银" in page
    assert "增加权限</span> 制卡" in page
    assert "账号 cashier" in page
    assert "CASHIER" not in page
    assert "</span> card.make" not in page


def test_one_works_in_one_store_at_a_time(owner_at_desk: Client, in_chain: InChain) -> None:
    owner_at_desk.post("/desk/stores/", {"code": "002", "name": "二号店", "opened_on": "2026-03-01"})
    with in_chain():
        second = Store.objects.get(code="002")
    answer = owner_at_desk.post("/desk/store/", {"store": str(second.pk), "next": "/desk/stores/"})
    assert answer["Location"] == "/desk/stores/"
    assert _store_of(owner_at_desk, in_chain) == second.pk
    for chosen, onward in (("99999", "https://example.com/"), ("x", "//example.com"), ("", "")):
        answer = owner_at_desk.post("/desk/store/", {"store": chosen, "next": onward})
        assert answer["Location"] == "/desk/"
        assert _store_of(owner_at_desk, in_chain) == second.pk


def _store_of(browser: Client, in_chain: InChain) -> Any:
    with in_chain():
        return browser.session["desk_store"]


def test_a_key_is_shown_once(owner_at_desk: Client, in_chain: InChain) -> None:
    form = {"name": "总店收银", "store": "all", "acts": ["value.consume"], "form_token": "one"}
    answer = owner_at_desk.post("/desk/api-keys/", form)
    assert "no-store" in answer["Cache-Control"]
    raw = re.search(r"kyn_[0-9a-z]{10}_[\w-]{43}", answer.content.decode())
    assert raw is not None
    with in_chain():
        assert authenticate_api_key(raw.group()).may("value.consume")
        prefix = ApiKey.objects.get().prefix
    assert raw.group() not in owner_at_desk.get("/desk/api-keys/").content.decode()
    again = owner_at_desk.post("/desk/api-keys/", form, follow=True)
    assert "没有再次生成" in again.content.decode()
    with in_chain():
        assert ApiKey.objects.count() == 1
    assert owner_at_desk.post(f"/desk/api-keys/{prefix}/revoke/").status_code == 302
    with in_chain():
        assert ApiKey.objects.get().revoked_at is not None
    assert "已吊销" in owner_at_desk.get("/desk/api-keys/").content.decode()


def test_a_key_with_a_foreign_act_is_not_made(owner_at_desk: Client, in_chain: InChain) -> None:
    answer = owner_at_desk.post(
        "/desk/api-keys/", {"name": "越权", "store": "all", "acts": ["staff.manage"], "form_token": "one"}
    )
    assert answer.status_code == 200
    with in_chain():
        assert ApiKey.objects.count() == 0


def test_a_manager_of_one_store_is_offered_only_that(at_desk: AtDesk, in_chain: InChain) -> None:
    with in_chain():
        store = Store.objects.get()
    browser = at_desk("INFORMATION", store_id=store.pk)
    form = {"acts": ["value.consume"], "form_token": "one"}
    refused = browser.post("/desk/api-keys/", form | {"name": "全部", "store": "all"})
    assert "kyn_" not in refused.content.decode()
    made = browser.post("/desk/api-keys/", form | {"name": "本店", "store": str(store.pk)})
    assert made.status_code == 200
    with in_chain():
        assert [key.store_id for key in ApiKey.objects.all()] == [store.pk]


def test_the_trail_is_read(owner_at_desk: Client) -> None:
    owner_at_desk.post("/desk/stores/", {"code": "002", "name": "二号店", "opened_on": "2026-03-01"})
    page = owner_at_desk.get("/desk/audit/", {"act": "store.open"}).content.decode()
    assert page.count('<span title="store.open">门店开业</span>') == 2
    assert '<span title="chain.provision">' not in page
    assert "系统" in page
    assert owner_at_desk.get("/desk/audit/", {"page": "9999", "day": "rubbish"}).status_code == 200


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_pages_are_drawn_in_both_languages(owner_at_desk: Client, language: str) -> None:
    owner_at_desk.cookies["django_language"] = language
    for path in PAGES:
        assert owner_at_desk.get(path).status_code == 200, path
