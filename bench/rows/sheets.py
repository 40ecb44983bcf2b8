"""Writing a large workbook, beside xlsxwriter in its constant-memory mode.

Each in a process of its own, which tells how much memory it took.
"""

import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.memory import peak_mib
from bench.results import Plan, Result, best_of
from bench.serving import ROOT

_ROWS: Final = 100_000
_ROWS_FULL: Final = 1_000_000
_GOAL: Final = 1 / 5
_MOST_MIB: Final = 64.0
_TITLES: Final = ("卡号", "内部编码", "级别", "状态", "余额", "积分", "发卡时间", "会员")


def measure(plan: Plan) -> list[Result]:
    """Time beside xlsxwriter's, and memory beside the limit."""
    rows = _ROWS_FULL if plan.full else _ROWS
    memory: list[float] = []

    def ours() -> float:
        seconds, mebibytes = _in_a_process("ours", rows)
        memory.append(mebibytes)
        return seconds

    found = best_of(plan, {"ours": ours, "peer": lambda: _in_a_process("peer", rows)[0]}, best=min)
    path = f"workbook of {rows:,} rows"
    return [
        Result(path, "xlsxwriter, constant_memory", "s", found["ours"], found["peer"], _GOAL, more_is_better=False),
        Result(f"{path}, memory", "the limit", "MiB", max(memory), _MOST_MIB, 1.0, more_is_better=False),
    ]


def _in_a_process(who: str, rows: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bench.rows.sheets", who, str(rows), str(Path(folder) / "a.xlsx")],
            cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
    seconds, mebibytes = json.loads(done.stdout)
    return seconds, mebibytes


def _rows(count: int) -> Iterator[tuple[Any, ...]]:
    began = dt.datetime(2026, 3, 2, 4, 0, tzinfo=dt.UTC)
    for n in range(count):
        moment = began + dt.timedelta(seconds=n)
        yield (f"66{n:08d}", f"A{n:09d}", "GOLD", "正常", n, n % 1000, moment, f"会员{n % 1000}")


def _write_ours(rows: int, path: str) -> None:
    from kernel.sheets import Column, ColumnKind, write_workbook

    kinds = [ColumnKind.TEXT] * 4 + [ColumnKind.YUAN, ColumnKind.NUMBER, ColumnKind.MOMENT, ColumnKind.TEXT]
    columns = [Column(title, kind) for title, kind in zip(_TITLES, kinds, strict=True)]
    with Path(path).open("wb") as file:
        write_workbook(file, [("卡", columns, _rows(rows))])


def _write_peers(rows: int, path: str) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet()
    yuan = book.add_format({"num_format": "#,##0.00"})
    sheet.write_row(0, 0, _TITLES)
    for number, row in enumerate(_rows(rows), 1):
        for place in (0, 1, 2, 3, 7):
            sheet.write_string(number, place, row[place])
        sheet.write_number(number, 4, row[4] / 100, yuan)
        sheet.write_number(number, 5, row[5])
        sheet.write_datetime(number, 6, row[6].replace(tzinfo=None))
    book.close()


def _main() -> None:
    who, rows, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    began = time.perf_counter()
    (_write_ours if who == "ours" else _write_peers)(rows, path)
    seconds = time.perf_counter() - began
    print(json.dumps([seconds, peak_mib()]))


if __name__ == "__main__":
    _main()
