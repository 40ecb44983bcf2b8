"""Why a file is not read. Each says what to do about it."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class SheetError(DomainError):
    """The file cannot be used as a whole."""

    code = "sheet_refused"
    status = 400
    message = _("文件不能使用。")


class FileTooLarge(SheetError):
    """More bytes than the limit."""

    code = "file_too_large"
    message = _("文件超过 {limit_mib} MiB。请分成几个文件后再上传。")


class FileExpandsTooMuch(SheetError):
    """A zip that expands beyond the limits: damaged, or made to exhaust the reader."""

    code = "file_expands_too_much"
    message = _("工作簿展开后过大。请只保留要导入的工作表，另存为 .xlsx 后再上传。")


class FormatUnknown(SheetError):
    """Neither a workbook nor a text."""

    code = "format_unknown"
    message = _("不能识别这个文件。请另存为 .xlsx 或 CSV 后再上传。")


class OldWorkbook(SheetError):
    """An .xls file, or a workbook with a password: both are of the old container."""

    code = "old_workbook"
    message = _("这是旧格式 .xls 或加了密码的工作簿。请去掉密码，另存为 .xlsx 后再上传。")


class FileDamaged(SheetError):
    """Its parts do not fit together."""

    code = "file_damaged"
    message = _("文件已损坏，不能读取。请重新导出后再上传。")


class SheetMissing(SheetError):
    """The workbook has no sheet of that name."""

    code = "sheet_missing"
    message = _("工作簿里没有名为“{sheet}”的工作表。现有：{found}。")


class SheetEmpty(SheetError):
    """There is no row in it."""

    code = "sheet_empty"
    message = _("文件里没有数据。")


class FormulaInSheet(SheetError):
    """A formula's stored result may be stale or missing: the value is asked for instead."""

    code = "formula_in_sheet"
    message = _("单元格 {cell} 是公式。请“复制 → 选择性粘贴 → 数值”后再上传。")


class TooManyColumns(SheetError):
    """Wider than the limit."""

    code = "too_many_columns"
    message = _("第 {row} 行超过 {limit} 列。请删去多余的列后再上传。")


class TooManyRows(SheetError):
    """Longer than the limit."""

    code = "too_many_rows"
    message = _("文件超过 {limit} 行。请分成几个文件后再上传。")


class CellTooLong(SheetError):
    """A cell that holds a document."""

    code = "cell_too_long"
    message = _("第 {row} 行有单元格超过 {limit} 个字符。请更正后再上传。")


class EncodingUnknown(SheetError):
    """A CSV in neither UTF-8 nor GB18030."""

    code = "encoding_unknown"
    message = _("CSV 的编码不是 UTF-8 或 GB18030（第 {row} 行附近）。请另存为“CSV UTF-8”后再上传。")
