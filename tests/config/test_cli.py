"""The `kayun` command: help, the checks' verdicts, building, and what `run` says when it cannot."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from filelock import FileLock

from config.cli import (
    building,
    catalogs,
    checking,
    checks,
    children,
    debian,
    main,
    root,
    running,
    servers,
    tools,
    watching,
)
from config.cli.toolerrors import ToolMissing
from kernel.localservers import ServersError, ServerStatus


def test_help_lists_every_command_with_what_it_does() -> None:
    said = CliRunner().invoke(main, ["--help"]).output
    for name, (_, text) in root._COMMANDS.items():
        assert name in said
        assert text.split()[0] in said


def test_without_a_command_it_helps() -> None:
    result = CliRunner().invoke(main, [])
    assert (result.exit_code, result.output) == (0, CliRunner().invoke(main, ["--help"]).output)


@pytest.mark.parametrize("name", root._COMMANDS)
def test_each_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 5


def test_an_unknown_command_is_named() -> None:
    result = CliRunner().invoke(main, ["fly"])
    assert (result.exit_code, "No such command 'fly'" in result.output) == (2, True)


def test_trouble_with_servers_is_a_message_and_not_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ServersError("PostgreSQL did not start.")

    monkeypatch.setattr("kernel.localservers.ensure", fail)
    result = CliRunner().invoke(main, ["up"])
    assert (result.exit_code, result.output) == (1, "Error: PostgreSQL did not start.\n")


# ── Building ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one string, translated."""
    _write(
        tmp_path / "portal" / "views.py", 'from django.utils.translation import gettext as _\n_("共 %(count)s 张卡")\n'
    )
    _catalog(tmp_path, 'msgid "共 %(count)s 张卡"\nmsgstr "%(count)s cards"\n')
    return tmp_path


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _catalog(project: Path, entries: str) -> Path:
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: en\\n"\n\n'
    return _write(project / "portal" / "locale" / "en" / "LC_MESSAGES" / "django.po", header + entries)


def test_messages_are_compiled_once_and_again_when_they_change(project: Path) -> None:
    (source,) = building.catalogs(project)
    assert building.compile_messages(project) == [source]
    assert building.compile_messages(project) == []
    assert source.with_suffix(".mo").read_bytes().startswith(b"\xde\x12\x04\x95")
    later = time.time() + 5
    os.utime(source, (later, later))
    assert building.compile_messages(project) == [source]
    assert [path.name for path in source.parent.iterdir() if path.suffix not in {".po", ".mo"}] == []


def test_the_style_sheet_is_built_with_what_templates_use(tmp_path: Path) -> None:
    _write(tmp_path / building.STYLES, '@import "tailwindcss" source(none);\n@source "../templates";\n')
    _write(tmp_path / "portal" / "templates" / "page.html", '<p class="underline">卡云</p>')
    assert building.build_styles(tmp_path)
    built = (tmp_path / building.BUILT_STYLES).read_text(encoding="utf-8")
    assert "underline" in built
    assert "line-through" not in built
    assert not building.build_styles(tmp_path)


def test_a_broken_style_sheet_says_why_and_keeps_the_old_one(tmp_path: Path) -> None:
    _write(tmp_path / building.STYLES, "@apply nothing-of-the-kind;\n.a { @apply nothing-of-the-kind; }\n")
    with pytest.raises(click.ClickException, match="nothing-of-the-kind"):
        building.build_styles(tmp_path)
    assert list((tmp_path / "portal" / "static" / "portal").iterdir()) == []


# ── Checks ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_complete_catalog_has_no_findings(project: Path) -> None:
    assert catalogs.findings(project) == []


@pytest.mark.parametrize(
    ("entries", "finding"),
    [
        ("", "portal/views.py:2: no en for '共 %(count)s 张卡'"),
        ('msgid "共 %(count)s 张卡"\nmsgstr ""\n', "has no translation"),
        ('msgid "共 %(count)s 张卡"\nmsgstr "cards"\n', "placeholders differ: %(count)s"),
        ('msgid "共 %(count)s 张卡"\nmsgstr "%(number)s cards"\n', "placeholders differ: %(count)s, %(number)s"),
        ('#, fuzzy\nmsgid "共 %(count)s 张卡"\nmsgstr "%(count)s cards"\n', "is marked fuzzy"),
    ],
)
def test_a_catalog_that_would_show_through_is_found(project: Path, entries: str, finding: str) -> None:
    _catalog(project, entries)
    found = catalogs.findings(project)
    assert len(found) == 1
    assert finding in found[0]


def test_the_sources_own_language_needs_no_catalog(project: Path) -> None:
    (source,) = building.catalogs(project)
    chinese = project / "portal" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    _write(chinese, 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Save"\nmsgstr "保存"\n')
    assert catalogs.findings(project) == []
    assert building.compile_messages(project) == [source, chinese]


def test_what_has_no_english_is_printed_to_be_filled_in(project: Path) -> None:
    assert catalogs.skeleton(project, "en") == ""
    _catalog(project, "")
    assert catalogs.skeleton(project, "en") == ('#: portal/views.py:2\nmsgid "共 %(count)s 张卡"\nmsgstr ""\n')


def test_strings_of_templates_are_found_as_django_reads_them(project: Path) -> None:
    template = _write(
        project / "portal" / "templates" / "card.html",
        "{% load i18n %}{% translate '余额' %}{% translate title %}{{ name|default:_('无名') }}"
        "{% blocktranslate trimmed with a=b %}\n  卡号\n  {{ a }}\n{% endblocktranslate %}"
        "{% if x %}{% translate '有效' context '状态' %}{% endif %}",
    )
    assert {key for key, where in catalogs.strings(project).items() if template.name in where} == {
        ("余额", None),
        ("无名", None),
        ("卡号 %(a)s", None),
        ("有效", "状态"),
    }


@pytest.mark.parametrize(
    ("report", "passed", "note"),
    [
        ("", True, "NOT AUDITED: the advisory service was not reached (no route to host)"),
        (
            '{"dependencies": [{"name": "a", "skip_reason": "unknown"}]}',
            True,
            "NOT AUDITED: the advisory service knows none of the packages",
        ),
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', True, ""),
        (
            '{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]},'
            '{"name": "b", "skip_reason": "unknown"}]}',
            False,
            "NOT AUDITED: 1 of 2 packages",
        ),
    ],
)
def test_what_was_not_audited_is_said(report: str, passed: bool, note: str) -> None:
    outcome = checks.read_advisories(report, "trying\nno route to host")
    assert (outcome.passed, outcome.note) == (passed, note)


def test_a_failing_check_is_reported_and_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {
        "good": checks.Check("passes", lambda: checks.Outcome(passed=True, note="a note")),
        "bad": checks.Check("fails", lambda: checks.Outcome(passed=False, said="line 1\nline 2")),
    }
    monkeypatch.setattr(checking, "CHECKS", table)
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 1
    assert "a note" in result.output
    assert "    line 2\n" in result.output
    assert result.output.splitlines()[-1].startswith("Failed after 0 s: bad.")
    assert CliRunner().invoke(main, ["check", "good"]).exit_code == 0
    assert "No check is called ugly" in CliRunner().invoke(main, ["check", "ugly"]).output


# ── Tools ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_apts_plan_is_read_with_versions() -> None:
    plan = (
        "NOTE: This is only a simulation!\n"
        "Inst libevent-2.1-7 (2.1.12-stable-8 Debian:12/stable [amd64])\n"
        "Inst pgbouncer [1.17-1] (1.18.0-1 Debian:12/stable [amd64])\n"
        "Conf pgbouncer (1.18.0-1 Debian:12/stable [amd64])\n"
    )
    assert debian.planned(plan) == ["libevent-2.1-7=2.1.12-stable-8", "pgbouncer=1.18.0-1"]


def test_a_wrapper_finds_its_libraries_wherever_the_project_lies(tmp_path: Path) -> None:
    first = tmp_path / "first"
    _write(first / "tool" / "usr" / "lib" / "x86_64-linux-gnu" / "libthing.so.1", "")
    program = _write(first / "tool" / "usr" / "bin" / "tool", '#!/bin/sh\necho "$LD_LIBRARY_PATH $1"\n')
    program.chmod(0o755)
    debian.write_wrapper("usr/bin/tool", root=first / "tool", wrapper=first / "bin" / "tool")
    second = first.rename(tmp_path / "second")
    said = subprocess.run(
        [second / "bin" / "tool", "--version"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    ).stdout
    assert said == f"{second / 'tool' / 'usr' / 'lib' / 'x86_64-linux-gnu'} --version\n"


def test_a_program_that_only_looks_installed_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = _write(tmp_path / "chromium", "#!/bin/sh\necho 'please install the snap' >&2; exit 1\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    program = tools._Program(name="chromium", candidates=("chromium",), packages=(), inside="")
    monkeypatch.setattr(tools, "_TOOLS", tmp_path / "none")
    assert tools._working(program) is None
    stub.write_text("#!/bin/sh\nexit 0\n")
    assert tools._working(program) == stub


def test_where_a_tool_cannot_be_had_the_one_command_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> None:
        raise ToolMissing("apt-get update failed: no network")

    apt = _write(tmp_path / "apt-get", "#!/bin/sh\nexit 1\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing) as raised:
        tools._provide("PgBouncer", unreachable, [unreachable])
    assert raised.value.message == (
        "apt-get update failed: no network\n"
        "Tests need PgBouncer, and it cannot be found here. Run this once, then try again:\n"
        "  sudo apt-get install chromium pgbouncer fontconfig fonts-wqy-zenhei"
    )


# ── Run ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(running, "ROOT", tmp_path)
    return tmp_path


def test_a_port_in_use_is_a_clear_message(elsewhere: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["run", "--port", str(port)])
    assert result.exit_code == 1
    assert f"Port {port} is taken by another program. Take another: make run PORT={port + 1}" in result.output


def test_a_second_run_from_the_same_folder_is_refused(elsewhere: Path) -> None:
    place = elsewhere / ".local" / "run"
    place.mkdir(parents=True)
    with FileLock(place / "running.lock"):
        result = CliRunner().invoke(main, ["run"])
    assert result.exit_code == 1
    assert "already runs from this folder" in result.output


def test_the_servers_of_a_run_that_serves_are_not_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "ROOT", tmp_path)
    with watching.lock_of(tmp_path):
        result = CliRunner().invoke(main, ["down"])
    assert (result.exit_code, "end it there with ctrl-C" in result.output) == (1, True)
    assert CliRunner().invoke(main, ["down"]).output == "No local server was running.\n"


def test_what_dies_while_serving_is_started_again_until_it_will_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Path, "with_name", lambda self, name: Path(name))
    with children.Children(tmp_path) as family:
        (first,) = [family._start("web", ["sleep", "60"])]
        keeper = watching.Keeper(family)
        keeper.look()
        assert family.running == [first]
        for _ in range(2):
            os.killpg(family.running[0].process.pid, signal.SIGKILL)
            family.running[0].process.wait()
            keeper.look()
        (third,) = family.running
        assert third.process.poll() is None
        assert capsys.readouterr().out == "web ended with code -9 and has been started again.\n" * 2
        third.process.kill()
        third.process.wait()
        with pytest.raises(click.ClickException, match="web ended 3 times within a minute"):
            keeper.look()


def test_a_server_that_died_is_started_again_and_one_that_cannot_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keeper = watching.Keeper(children.Children(tmp_path))
    silent = [ServerStatus("Valkey", "unix:///x", local=True, running=False)]
    monkeypatch.setattr("kernel.localservers.status", lambda *_: silent)
    monkeypatch.setattr(watching, "_SERVERS_EVERY_S", 0)
    started = iter([None, ServersError("disk full"), ServersError("disk full"), None])

    def start() -> None:
        if isinstance(trouble := next(started), ServersError):
            raise trouble

    monkeypatch.setattr("config.cli.starting.start_servers", start)
    for _ in range(4):
        keeper._servers_at = 0
        keeper.look()
    said = capsys.readouterr()
    assert said.out == "Valkey did not answer and has been started again.\n" * 2
    assert said.err == "disk full\nIt will be tried again.\n"


def test_what_a_killed_run_left_is_ended_and_nothing_else(tmp_path: Path) -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    left = subprocess.Popen([*sleeper, "celery"], env={**os.environ, "KAYUN_RUN": str(tmp_path)})
    of_another_folder = subprocess.Popen([*sleeper, "celery"], env={**os.environ, "KAYUN_RUN": "/elsewhere"})
    a_server = subprocess.Popen([*sleeper, "postgres"], env={**os.environ, "KAYUN_RUN": str(tmp_path)})
    try:
        children.end_leftovers(tmp_path)
        assert left.wait(timeout=10) == -signal.SIGTERM
        assert (of_another_folder.poll(), a_server.poll()) == (None, None)
    finally:
        for process in (left, of_another_folder, a_server):
            process.kill()
            process.wait()


def test_children_are_ended_with_all_they_started(tmp_path: Path) -> None:
    stubborn = "trap '' TERM; sleep 60 & echo $!; wait; sleep 60"
    log = tmp_path / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(["sh", "-c", stubborn], stdout=stream, start_new_session=True)
    while not log.read_text().strip():
        time.sleep(0.01)
    grandchild = int(log.read_text())
    children.end_all([children.Child("stubborn", process, log)], patience_s=0.2)
    assert process.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 5
    while Path(f"/proc/{grandchild}/stat").exists() and time.monotonic() < deadline:
        if Path(f"/proc/{grandchild}/stat").read_text().split()[2] == "Z":
            break
        time.sleep(0.01)
    else:
        assert not Path(f"/proc/{grandchild}").exists()
