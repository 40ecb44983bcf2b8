"""The PIN slip on paper: the glyphs are there, nobody's words change the page, the PIN is inside."""

from datetime import date
from pathlib import Path

from kernel.paper import chinese_font, pdf, png
from membership.cards.models import Card, CardLevel
from membership.cards.slips import pin_slip_pdf, pin_slip_png
from membership.members.models import Member

GLYPH = """
#set page(width: 40pt, height: 40pt)
#set text(font: sys.inputs.font, fallback: false, size: 24pt)
#sys.inputs.text
"""


def _card(name: str = "林静") -> Card:
    return Card(
        number="8800000001",
        level=CardLevel(code="GOLD", name="金卡"),
        member=Member(name=name),
        valid_until=date(2029, 3, 1),
    )


def test_a_chinese_character_is_drawn_and_not_a_box(tmp_path: Path) -> None:
    template = tmp_path / "glyph.typ"
    template.write_text(GLYPH, encoding="utf-8")
    drawn = {text: png(template, {"text": text}) for text in ("汉", "字", "\U0010fffd", " ")}
    assert len(set(drawn.values())) == 4
    assert chinese_font()
    assert pdf(template, {"text": "汉"}).startswith(b"%PDF")


def test_the_slip_is_one_page_whatever_a_name_says() -> None:
    """R-L07, X-19."""
    made = pin_slip_pdf(card=_card(), pin="135792", chain_name="云杉汽车生活", login_url="http://yunshan.example.cn")
    assert made.startswith(b"%PDF")
    assert made.count(b"/Type /Page\n") + made.count(b"/Type/Page\n") + made.count(b"/Type /Page ") <= 1
    # Markup in a name is a name.
    odd = pin_slip_png(
        card=_card('#panic("x")\t\n*'), pin="135792", chain_name="#1", login_url="http://yunshan.example.cn"
    )
    assert odd.startswith(b"\x89PNG")
