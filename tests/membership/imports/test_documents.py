"""ID numbers in a file: sealed from the moment they are read, checked, and never twice (R-H01, R-H02)."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.db import connection

from kernel.crypto import blind_index
from kernel.sheets import rows_of
from membership.imports.models import Import, ImportProblem, ImportRow, StagedDocument
from membership.imports.staging import unsealed
from membership.members.domain import DocumentKind
from membership.members.models import ID_NUMBER, IdDocument, Member
from membership.members.services import create_member, record_document, verify_identity
from membership.members.services.registration import registration_problems
from tenants.people.domain import Actor
from tests.membership.imports.test_imports import confirmed, found

InChain = Callable[..., AbstractContextManager[None]]
Upload = Callable[..., Import]
Advance = Callable[[Import], Import]

LIN, JIANG = "11010519491231002X", "440524188001010014"
HEADER = "姓名,手机号,生日,证件类型,身份证号\n"


def test_numbers_are_sealed_indexed_and_wait_for_the_document_itself(
    upload: Upload, advance: Advance, in_chain: InChain, clerk: Actor, store_id: int
) -> None:
    text = f"{HEADER}林静,13900001234,,,{LIN.lower()}\n江河,13700005678,1988-01-02,passport,E12345678\n"
    imported = upload("MEMBERS", text)
    checked = advance(imported)
    assert (checked.good, checked.bad) == (2, 0)
    with in_chain():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT cells::text FROM imports_importrow UNION ALL SELECT d::text FROM imports_stageddocument d"
            )
            staged = " ".join(text for (text,) in cursor.fetchall())
        assert LIN[:-2] not in staged
        assert "E1234567" not in staged
        # Her birthday is told by the number.
        assert "1949-12-31" in staged
    confirmed(in_chain, clerk, imported)
    assert advance(imported).taken == 2
    with in_chain():
        assert (ImportRow.objects.count(), StagedDocument.objects.count()) == (0, 0)
        lin = Member.objects.get(name="林静")
        document = IdDocument.objects.get(member=lin)
        assert (document.kind, document.plain_number(), document.masked) == ("ID_CARD", LIN, "*" * 16 + "2X")
        assert document.number_index == blind_index(LIN, purpose=ID_NUMBER)
        assert (document.original_seen, document.seen_by) == (False, clerk.name)
        assert str(lin.birthday) == "1949-12-31"
        # A number from a list proves nobody (R-H01); the document itself does.
        assert registration_problems([lin]) == {lin.pk: ["document"]}
        assert verify_identity(actor=clerk, member=lin, kind=DocumentKind.ID_CARD, number=LIN, store_id=store_id)
        assert registration_problems([lin]) == {lin.pk: []}
        assert IdDocument.objects.get(kind="PASSPORT").plain_number() == "E12345678"


def test_faulty_and_repeated_numbers_are_named_without_being_told(
    upload: Upload, advance: Advance, in_chain: InChain, clerk: Actor, store_id: int
) -> None:
    with in_chain():
        known = create_member(actor=clerk, name="旧友", phone="13600000000", birthday=None, store_id=store_id)
        record_document(actor=clerk, code=known.code, kind=DocumentKind.ID_CARD, number=JIANG, store_id=store_id)
    rows = [
        f"甲,13900000001,,,{LIN}",
        f"乙,13900000002,,居民身份证,{LIN}",
        "丙,13900000003,,,110105194912310021",
        f"丁,13900000004,,,{JIANG}",
        "戊,13900000005,,,****************2X",
        "己,13900000006,,工作证,X-12345",
        "庚,13900000007,,军官证,",
    ]
    checked = advance(upload("MEMBERS", HEADER + "\n".join(rows) + "\n"))
    assert sorted(found(checked, in_chain)) == [
        (3, "id_number", "duplicate_in_file"),
        (4, "id_number", "id_check_digit"),
        (5, "id_number", "document_exists"),
        (6, "id_number", "id_masked"),
        (7, "id_kind", "id_kind_unknown"),
        (8, "id_number", "value_missing"),
    ]
    with in_chain():
        shown = set(ImportProblem.objects.filter(column="id_number").values_list("value", flat=True))
        assert shown == {"*" * 16 + "2X", "*" * 16 + "21", "*" * 16 + "14", ""}
        assert checked.error_file is not None
        with unsealed(checked.error_file) as stream:
            listed = {int(cells[0]): cells for _number, cells in rows_of(stream) if cells[0] != "行号"}  # type: ignore[arg-type]
    assert [listed[4][-1], listed[5][-1], listed[7][-1]] == ["*" * 16 + "21", "*" * 16 + "14", "*****45"]
    assert listed[4][1] == "证件号码：校验位不符，请逐位核对"
