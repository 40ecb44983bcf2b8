"""The documents are true: links lead somewhere, commands, variables, files and error codes they name exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.errors import Reason
from config.cli.root import main as kayun
from config.demo import people

ROOT = Path(__file__).resolve().parents[1]
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_LINK = re.compile(r"""(?:\]\(|src=")(?P<target>[^)\s"]+)[)"]""")
_CODE = re.compile(r"`([^`\n]+)`|^ {4}(.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_OUTSIDE = ("http://", "https://", "mailto:")


def _ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _snippets(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    yield from _FENCED.findall(text)
    for inline, indented in _CODE.findall(_FENCED.sub("", text)):
        yield inline or indented


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_are_documents() -> None:
    assert {"README.md", "README.zh.md", "docs/architecture.md", "docs/glossary.md"} <= {_ids(path) for path in DOCS}


@pytest.mark.parametrize("path", DOCS, ids=_ids)
def test_links_lead_somewhere(path: Path) -> None:
    astray = []
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        if target.startswith(_OUTSIDE):
            continue
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        if not found.exists() or (anchor and anchor not in _anchors(found)):
            astray.append(target)
    assert astray == []


@pytest.mark.parametrize("path", [path for path in DOCS if path.name.endswith(".zh.md")], ids=_ids)
def test_what_is_told_in_two_languages_is_told_in_both(path: Path) -> None:
    """Section by section, as far as the Chinese goes, the same tables with as many rows."""
    twin = path.with_name(path.name.replace(".zh.md", ".md"))
    chinese, english = (one.read_text(encoding="utf-8").split("\n## ") for one in (path, twin))
    rows = [[part.count("\n|") for part in text] for text in (chinese, english)]
    assert rows[0] == rows[1][: len(rows[0])]


@pytest.mark.parametrize("path", DOCS, ids=_ids)
def test_files_that_are_named_exist(path: Path) -> None:
    tops = "platform|tenants|billing|membership|portal|api|tests|bench|docs"
    named = {
        name.rstrip("/")
        for snippet in _snippets(path)
        for name in re.findall(rf"(?<![\w/.<:-])((?:{tops})/[\w/.-]*\w)", snippet)
    }
    # What stands in the URL, under a chain's host, and what is filled in by the reader.
    named = {name for name in named if not name.startswith("api/v1")}
    assert (
        sorted(name for name in named if not list(ROOT.glob(name)) and not list((ROOT / "platform").glob(name))) == []
    )


@pytest.mark.parametrize("path", DOCS, ids=_ids)
def test_commands_that_are_named_exist(path: Path) -> None:
    text = "\n".join(_snippets(path))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    commands = set(kayun.list_commands(None))  # type: ignore[attr-defined]
    assert sorted(set(re.findall(r"(?:^|\s)make ([a-z]+)", text)) - targets) == []
    assert sorted(set(re.findall(r"(?:^|[\s/])kayun ([a-z][a-z-]*)", text)) - commands) == []


def test_checks_that_are_named_exist() -> None:
    from config.cli.checks import CHECKS

    text = "\n".join(snippet for path in DOCS for snippet in _snippets(path))
    assert sorted(set(re.findall(r"kayun check ([a-z]+)", text)) - set(CHECKS)) == []


def test_every_variable_that_is_read_is_explained_and_every_explained_one_is_read() -> None:
    explained = set(
        re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs/operations.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    read = set()
    for package in ("platform", "tenants", "billing", "membership", "portal", "api"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            read |= set(
                re.findall(r"""(?:get\(|flag\(|table\(|secrets?\()\s*"((?:KAYUN|DATABASE|REDIS|SENTRY)_\w+)""", text)
            )
    # Single secrets, and where a clone keeps its files, are for machines on which nothing is configured.
    local = {"KAYUN_PIN_PEPPER", "KAYUN_SIMULATOR_WEBHOOK_SECRET", "KAYUN_LOCAL_DIR", "KAYUN_PROFILE", "KAYUN_DEBUG"}
    preparing = {"DATABASE_ADMIN_URL", "KAYUN_OWNER_PASSWORD", "KAYUN_APP_PASSWORD"}
    assert read - local - preparing == explained


def test_every_code_in_the_guide_is_one_the_program_knows() -> None:
    guide = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d{3} \| (.+?) \|", guide, re.MULTILINE)
    told = {code for row in rows for code in re.findall(r"`(\w+)`", row)}
    known = set()
    for package in ("platform", "tenants", "membership", "api"):
        for path in (ROOT / package).rglob("*.py"):
            known |= set(re.findall(r'^    code = "(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(told) > 20
    assert sorted(told - known) == []


def test_every_reason_in_the_guide_is_one_the_api_gives_and_the_other_way_round() -> None:
    guide = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    table = guide.partition("| reason | |")[2].partition("\n\n")[0]
    told = re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in table.splitlines() if row))
    assert sorted(told) == sorted(Reason.values)


def test_the_guide_uses_the_demos_card_and_the_readmes_its_people() -> None:
    guide = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    assert re.findall(r"^CARD=(\d+)$", guide, re.MULTILINE) == ["660800000011"]
    roles = {person.username: person.role for person in people.STAFF}
    for name in ("README.md", "README.zh.md"):
        named = re.findall(r"^\| (?:staff|员工) \|.*", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        makes, takes = re.findall(r"`(\w+)`", named[0])
        assert (roles[makes], roles[takes]) == ("MEMBER_SERVICE", "CASHIER")


def test_chinese_texts_use_chinese_punctuation() -> None:
    for path in DOCS:
        text = path.read_text(encoding="utf-8")
        if path.name.endswith(".zh.md"):
            assert re.findall(r"[\u4e00-\u9fff] ?[,;:!?()]|[,;:!?][\u4e00-\u9fff]", text) == []
