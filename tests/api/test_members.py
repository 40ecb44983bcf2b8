"""``POST /api/v1/members/bulk``: members by the software's own numbers, each batch once, charged by the thousand."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from billing.metering.models import UsageCount
from billing.metering.queries import calls_of
from billing.metering.services import count_usage
from kernel import clock
from kernel.db import in_public
from kernel.sms.models import OutgoingText
from kernel.sms.services import read
from membership.members.domain import DocumentKind
from membership.members.models import Consent, IdDocument, Member
from membership.members.services import create_member, erase_member, merge_members, record_document
from membership.syncing.models import ExternalNumber, MemberBatch
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Act
from tenants.people.services import create_api_key
from tests.api.conftest import Shop, error_of

PATH = "/api/v1/members/bulk"
ID_CARD = "11010119900307803X"
OTHER_ID_CARD = "110101199003070310"
HOUR = timedelta(hours=1)

Send = Callable[..., HttpResponse]


@pytest.fixture
def send(shop: Shop) -> Send:
    """Send members as the till does: ``send(item, …, key="m-1")``."""
    with shop.in_chain():
        raw = create_api_key(actor=SYSTEM, name="会员系统", acts=[Act.MEMBER_CREATE], store_id=None).raw

    def sent(*items: dict[str, Any], key: str = "m-1", **changes: Any) -> HttpResponse:
        body = {"store_code": shop.store_code, "items": list(items), **changes}
        return shop.post(body, path=PATH, key=raw, idempotency_key=key)

    return sent


def item(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A member of the software's."""
    return {"external_number": f"K-{number}", "name": f"会员{number}", "phone": f"139{number:08}", **changes}


def people(shop: Shop) -> dict[str, Member]:
    """The members by external number."""
    with shop.in_chain():
        return {link.number: link.member for link in ExternalNumber.objects.select_related("member")}


def marks(answer: HttpResponse) -> list[str]:
    """What became of each, in a word: its outcome, or the code of its refusal."""
    assert answer.status_code == 200, answer.content
    return [one.get("error", {}).get("code", one["outcome"]) for one in answer.json()["outcomes"]]


def test_members_are_filed_corrected_and_left_as_they_are(shop: Shop, send: Send) -> None:
    first = send(item(1, birthday="1985-03-17", email="a@example.cn"), item(2))
    assert marks(first) == ["created", "created"]
    assert [one["status"] for one in first.json()["outcomes"]] == [201, 201]
    codes = [one["member_code"] for one in first.json()["outcomes"]]

    second = send(item(1, name="林 静", email=""), item(2), item(3), key="m-2")
    assert marks(second) == ["updated", "unchanged", "created"]
    assert [one["member_code"] for one in second.json()["outcomes"]][:2] == codes

    found = people(shop)
    assert [found["K-1"].name, found["K-1"].email, found["K-1"].birthday] == ["林 静", "", date(1985, 3, 17)]
    assert (found["K-2"].phone, found["K-2"].store_id) == ("+8613900000002", shop.store_id)
    with shop.in_chain():
        assert Consent.objects.count() == 0
        entries = AuditEntry.objects.filter(act="member.sync").order_by("pk")
        assert [(entry.actor[:4], entry.detail["created"], entry.detail["updated"]) for entry in entries] == [
            ("api:", 2, 0),
            ("api:", 1, 1),
        ]
        # Nothing of a person stands in what is kept for the answer.
        kept = str(list(MemberBatch.objects.values()))
    assert not any(part in kept for part in ("K-1", "1390000", "林", "example.cn"))


def test_the_same_again_is_answered_word_for_word_and_is_free(shop: Shop, send: Send) -> None:
    items = item(1), item(2, phone="12"), item(2, phone="12")
    first = send(*items)
    again = send(*items)
    assert marks(first) == ["created", "invalid_member_field", "invalid_member_field"]
    error = first.json()["outcomes"][1]["error"]
    assert error["message"] == "手机号无效，请更正后再传。这位会员未作更改。"
    assert error["params"] == {"field": "phone", "problem": "invalid_phone"}
    assert _told(again) == _told(first)
    assert (first["Charged-Calls"], again["Charged-Calls"]) == ("1", "0")
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert error_of(send(item(1, name="别人"))) == (409, "idempotency_conflict")
    assert counted(shop) == 1
    assert len(people(shop)) == 1


def _told(answer: HttpResponse) -> Any:
    told = answer.json()
    for one in told["outcomes"]:
        one.get("error", {}).pop("request_id", None)
    return told


def counted(shop: Shop) -> int:
    """The calls of the chain that are counted."""
    with in_public():
        count_usage(since=clock.now() - HOUR)
        return sum(UsageCount.objects.filter(chain=shop.chain, meter="api").values_list("quantity", flat=True))


def test_a_batch_is_one_call_for_each_started_thousand(shop: Shop, send: Send) -> None:
    """1 → 1, 1,000 → 1, 1,001 → 2; whoever is refused costs nothing; all are told one by one on the owner's page."""
    for key, size, calls in (("a", 1, 1), ("b", 1_000, 1), ("c", 1_001, 2)):
        before = counted(shop)
        answer = send(*(item(number) for number in range(size)), key=key)
        assert answer.json()["charged_calls"] == calls
        assert answer["Charged-Calls"] == str(calls)
        assert counted(shop) - before == calls
    refused = [item(5_000 + number, phone="1") for number in range(5)]
    assert send(*(item(number) for number in range(1_000)), *refused, key="d").json()["charged_calls"] == 1
    nobody = send(*refused, key="e")
    assert (nobody.json()["charged_calls"], nobody["Charged-Calls"]) == (0, "0")
    assert counted(shop) == 5
    assert len(people(shop)) == 1_001
    now = clock.now()
    with in_public():
        calls_told = calls_of(shop.chain.schema_name, meter="api", since=now - HOUR, until=now + HOUR, limit=9)
    assert [call.what for call in calls_told] == ["MEMBER_BATCH"] * 5


def test_a_batch_of_which_nobody_was_taken_has_not_used_its_key(shop: Shop, send: Send) -> None:
    assert marks(send(item(1, phone="1"))) == ["invalid_member_field"]
    assert marks(send(item(1))) == ["created"]


def test_a_thousand_take_the_statements_of_one(shop: Shop, send: Send) -> None:
    with CaptureQueriesContext(connection) as few:
        send(item(1, id_document={"kind": "ID_CARD", "number": ID_CARD}))
    with CaptureQueriesContext(connection) as many:
        send(*(item(number) for number in range(2, 1_002)), key="m-2")
    assert len(many) <= len(few)


def test_a_key_that_is_sent_sixteen_times_at_once_is_taken_once(shop: Shop, send: Send) -> None:
    start = Barrier(16)

    def till(_number: int) -> HttpResponse:
        try:
            start.wait(timeout=20)
            return send(item(1), item(2))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(till, range(16)))
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert len(people(shop)) == 2
    assert counted(shop) == 1


def test_different_keys_at_once_file_one_person_once(shop: Shop, send: Send) -> None:
    start = Barrier(8)

    def till(number: int) -> list[str]:
        try:
            start.wait(timeout=20)
            return marks(send(item(1), item(2), key=f"m-{number}"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(till, range(8)))
    assert found == [["created"] * 2] + [["unchanged"] * 2] * 7
    assert len(people(shop)) == 2


def test_one_refusal_harms_no_other_and_says_why(shop: Shop, send: Send) -> None:
    with shop.in_chain():
        known = create_member(actor=SYSTEM, name="欧阳雪", phone="13900000009", store_id=shop.store_id)
    hers = {"name": "欧阳雪", "phone": "13900000009"}
    answer = send(
        item(1),
        item(1),
        item(2, birthday=f"{clock.today() + timedelta(days=1)}"),
        item(3, name="欧阳雪", phone="139 0000 0009"),
        item(4, member_code="M999999"),
        item(5, member_code=known.code, **hers),
        item(6, member_code=known.code, **hers),
        item(7, name="会员1", phone="13900000001"),
        item(8, id_document={"kind": "ID_CARD", "number": "110101199003078031"}),
    )
    assert marks(answer) == [
        "created", "external_number_repeated", "invalid_member_field", "member_exists", "member_not_found", "updated",
        "member_repeated", "member_repeated", "invalid_member_field",
    ]  # fmt: skip
    outcomes = answer.json()["outcomes"]
    assert outcomes[2]["error"]["params"] == {"field": "birthday", "problem": "invalid_birthday"}
    assert outcomes[3]["error"]["params"] == {"member_code": known.code}
    assert [one["status"] for one in outcomes] == [201, 409, 400, 409, 404, 200, 409, 409, 400]
    assert answer.json()["charged_calls"] == 1
    assert {number: member.name for number, member in people(shop).items()} == {"K-1": "会员1", "K-5": "欧阳雪"}
    other = send(item(1, member_code=known.code), key="m-2")
    assert marks(other) == ["external_number_taken"]


def test_an_id_number_is_sealed_and_counts_as_not_seen(shop: Shop, send: Send) -> None:
    paper = {"kind": "ID_CARD", "number": ID_CARD}
    assert marks(send(item(1, id_document=paper), item(2, id_document=paper))) == ["created", "member_repeated"]
    with shop.in_chain():
        document = IdDocument.objects.select_related("member").get()
        assert (document.original_seen, document.masked, document.plain_number()) == (False, "*" * 16 + "3X", ID_CARD)
        assert ID_CARD not in document.number
        assert document.member.birthday == date(1990, 3, 7)
    # Once more it is on her file; on another's it is not taken; a birthday it contradicts neither.
    again = send(
        item(1, id_document=paper),
        item(3, id_document=paper),
        item(4, id_document={"kind": "ID_CARD", "number": OTHER_ID_CARD}, birthday="1990-03-08"),
        key="m-2",
    )
    assert marks(again) == ["unchanged", "document_filed_elsewhere", "birthday_differs"]
    assert marks(send(item(1, birthday="1991-01-01"), key="m-3")) == ["birthday_differs"]
    with shop.in_chain():
        record_document(
            actor=SYSTEM, code=people(shop)["K-1"].code, kind=DocumentKind.ID_CARD, number=ID_CARD,
            store_id=shop.store_id,
        )  # fmt: skip
    seen = send(item(1, id_document={"kind": "ID_CARD", "number": OTHER_ID_CARD}), key="m-4")
    assert marks(seen) == ["document_differs"]


def test_a_changed_telephone_is_not_verified(shop: Shop, send: Send) -> None:
    send(item(1))
    with shop.in_chain():
        Member.objects.filter(name="会员1").update(phone_verified_at=clock.now())
    send(item(1, name="会员一"), key="m-2")
    assert people(shop)["K-1"].phone_verified_at is not None
    assert people(shop)["K-1"].phone_changed_at is None, "that of her filing is no change"
    send(item(1, phone="13700000000"), item(2), key="m-3")
    changed = people(shop)["K-1"]
    assert (changed.phone_verified_at, changed.phone_changed_at is not None) == (None, True)
    assert people(shop)["K-2"].phone_changed_at is None
    with shop.in_chain():
        text = OutgoingText.objects.get()
        assert (text.template, read(text)["phone"]) == ("phone_changed", "+8613900000001")
        assert "0000" not in read(text)["text"]
        entry = AuditEntry.objects.get(act="member.edit")
        assert (entry.actor[:4], entry.object_id) == ("api:", changed.code)
        assert entry.detail == {"changed": ["phone"], "phone_before": "139****0001", "phone_after": "137****0000"}


def test_many_changed_telephones_take_the_statements_of_one(shop: Shop, send: Send) -> None:
    send(*(item(number) for number in range(1, 52)))
    with CaptureQueriesContext(connection) as few:
        send(item(1, phone="13700000001"), key="m-2")
    with CaptureQueriesContext(connection) as many:
        send(*(item(number, phone=f"137{number:08}") for number in range(2, 52)), key="m-3")
    assert len(many) <= len(few)
    with shop.in_chain():
        assert OutgoingText.objects.count() == 51


@pytest.mark.parametrize("other", [{"phone": "13700000000"}, {"name": "别人"}])
def test_a_code_alone_joins_nobody(shop: Shop, send: Send, other: dict[str, str]) -> None:
    """Else whoever holds a key could take over any file by its code, which is no secret."""
    with shop.in_chain():
        known = create_member(actor=SYSTEM, name="欧阳雪", phone="13900000009", store_id=shop.store_id)
    hers = {"name": "欧阳雪", "phone": "139 0000 0009", "member_code": known.code}
    refused = send(item(1, **hers | other))
    assert marks(refused) == ["member_differs"]
    assert refused.json()["outcomes"][0]["status"] == 409
    assert people(shop) == {}
    with shop.in_chain():
        known.refresh_from_db()
        assert (known.name, known.phone, OutgoingText.objects.count()) == ("欧阳雪", "+8613900000009", 0)
    assert marks(send(item(1, **hers), key="m-2")) == ["updated"]


def test_the_number_of_one_who_was_merged_leads_to_the_other(shop: Shop, send: Send) -> None:
    send(item(1), item(2))
    codes = {number: member.code for number, member in people(shop).items()}
    at = {"actor": SYSTEM, "reason": "同一个人", "store_id": shop.store_id}
    with shop.in_chain():
        merge_members(source_code=codes["K-1"], target_code=codes["K-2"], **at)
    answer = send(item(1, name="会员二"), item(2), key="m-2")
    assert marks(answer) == ["updated", "member_repeated"]
    assert answer.json()["outcomes"][0]["member_code"] == codes["K-2"]


def test_whoever_was_forgotten_is_not_brought_back_and_her_number_is_gone(shop: Shop, send: Send) -> None:
    send(item(1))
    code = people(shop)["K-1"].code
    with shop.in_chain():
        erase_member(actor=SYSTEM, code=code, reason="本人要求", store_id=shop.store_id)
        assert not ExternalNumber.objects.get().number.startswith("K")
    assert marks(send(item(1), key="m-2")) == ["member_erased"]
    assert next(iter(people(shop).values())).phone == ""


def test_another_chain_knows_nothing_of_it(
    shop: Shop, send: Send, other_chain: Chain, in_chain: Callable[..., AbstractContextManager[None]]
) -> None:
    send(item(1))
    with in_chain(other_chain):
        assert (Member.objects.count(), ExternalNumber.objects.count(), MemberBatch.objects.count()) == (0, 0, 0)
    with in_public():
        count_usage(since=clock.now() - HOUR)
        assert not UsageCount.objects.filter(chain=other_chain).exists()


def test_what_is_refused_whole(shop: Shop, send: Send) -> None:
    """Without the act, without a key, of another shape, too many, too large: nobody is filed."""
    body = {"store_code": shop.store_code, "items": [item(1)]}
    assert error_of(shop.post(body, path=PATH)) == (403, "not_allowed")
    assert error_of(send(item(1), store_code="nowhere")) == (404, "store_not_found")
    assert error_of(send()) == (400, "invalid_request")
    too_many = send(*(item(number) for number in range(5_001)))
    assert too_many.json()["error"]["params"] == {"field": "items", "reason": "too_many", "limit": 5_000}
    assert error_of(send(item(1, address="街" * 200 + "x"))) == (400, "invalid_request")
    assert error_of(send(item(1, birthday="17.3.1985")))[1] == "invalid_request"
    misspelt = send(item(1), item(2, telefone="1"))
    assert misspelt.json()["error"]["params"] == {"field": "items[1].telefone", "reason": "unknown_field"}
    assert error_of(send(item(1, name="x" * 3_000_000))) == (413, "body_too_large")
    raw = shop.post(body, path=PATH, idempotency_key=None)
    assert (raw.status_code, raw["Charged-Calls"]) in {(400, "0"), (403, "0")}
    assert people(shop) == {}
    with shop.in_chain():
        assert MemberBatch.objects.count() == 0


def test_a_batch_is_never_changed(shop: Shop, send: Send) -> None:
    send(item(1))
    with pytest.raises(DatabaseError), shop.in_chain():
        MemberBatch.objects.update(calls=0)
