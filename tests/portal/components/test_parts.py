"""The drawn parts: money, numbers, fields tied to their errors, faces, the chart."""

from datetime import date
from typing import Any

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import render_to_string

from portal.components.chart import PLOT_HEIGHT, PLOT_WIDTH, day_bars
from portal.components.faces import face_of, record_icon
from portal.components.icons import ICON_NAMES, draw


def _drawn(source: str, **context: Any) -> str:
    return Template("{% load kayun_ui %}" + source).render(Context(context))


class _Till(forms.Form):
    card_number = forms.CharField(label="会员卡号", help_text="扫描或输入")
    note = forms.CharField(label="备注", required=False)
    acts = forms.MultipleChoiceField(
        label="允许", choices=[("a", "消费"), ("b", "充值")], widget=forms.CheckboxSelectMultiple
    )


@pytest.mark.parametrize(
    ("source", "drawn"),
    [
        ("{% money 123450 %}", '<span class="money">¥1,234.50</span>'),
        ("{% money -8 %}", '<span class="money">-¥0.08</span>'),
        ("{% money 1200 sign=True %}", '<span class="money money-in">+¥12.00</span>'),
        ("{% money -1200 sign=True %}", '<span class="money">-¥12.00</span>'),
        ("{% money nothing %}", "—"),
        (
            '{% money 123456705 "xl" %}',
            '<span class="money money-xl"><span class="money-sign">¥</span>1,234,567'
            '<span class="money-fen">.05</span></span>',
        ),
        (
            '{% money -105 "lg" %}',
            '<span class="money money-lg">-<span class="money-sign">¥</span>1<span class="money-fen">.05</span></span>',
        ),
    ],
)
def test_money(source: str, drawn: str) -> None:
    assert _drawn(source, nothing=None) == drawn


def test_a_card_number_is_drawn_in_fours() -> None:
    embossed = {
        "88000000123": "8800 0000 123",
        "8800000001": "8800 000 001",
        "660100000521": "6601 0000 0521",
        "1234567890123": "1234 567 890 123",
        "12345": "12345",
    }
    for number, groups in embossed.items():
        assert _drawn("{{ number|spaced }}", number=number) == f'<span class="card-no">{groups}</span>'


def test_a_field_is_tied_to_its_hint_and_its_error() -> None:
    form = _Till({"card_number": ""})
    html = _drawn("{% field form.card_number %}", form=form)
    assert '<label for="id_card_number">会员卡号</label>' in html
    assert 'aria-describedby="id_card_number_helptext id_card_number_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_card_number_helptext"' in html
    assert 'id="id_card_number_error"' in html


def test_optional_fields_say_so_unless_told_not_to() -> None:
    assert "选填" in _drawn("{% field form.note %}", form=_Till())
    assert "选填" not in _drawn("{% field form.note mark_optional=False %}", form=_Till())
    assert "选填" not in _drawn("{% field form.card_number %}", form=_Till())


def test_choices_are_a_group_with_a_legend() -> None:
    html = _drawn("{% field form.acts %}", form=_Till())
    assert html.index("<fieldset") < html.index("<legend>允许</legend>") < html.index('for="id_acts_0"')


def test_a_field_the_form_does_not_have_is_an_error_not_a_gap() -> None:
    with pytest.raises(TemplateSyntaxError, match="the form has none of this name"):
        _drawn("{% field form.amount %}", form=_Till())


def test_what_people_typed_is_escaped() -> None:
    html = _drawn("{% card_face card chain_name=name %}", card={"number": "1", "level_name": "<b>"}, name="<script>")
    assert "<script>" not in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("code", "face"), [("GOLD", "gold"), ("diamond", "diamond"), ("PLATINUM", "plain"), ("", "plain")]
)
def test_faces(code: str, face: str) -> None:
    assert face_of(code) == face


def test_an_unknown_kind_of_record_is_drawn_plainly() -> None:
    assert record_icon("CONSUMPTION") == "till"
    assert record_icon("SOMETHING_NEW") in ICON_NAMES


def test_icons_are_hidden_from_screen_readers() -> None:
    assert all('aria-hidden="true"' in draw(name) for name in ICON_NAMES)


def test_bars_stand_within_the_plot_to_the_scale_of_the_largest() -> None:
    bars = day_bars([(0, 50), (100, -20)])
    assert [(day.first.height, day.second.height) for day in bars] == [(0.0, 60.0), (120.0, 0.0)]
    assert all(0 <= bar.x <= PLOT_WIDTH - bar.width for day in bars for bar in (day.first, day.second))
    assert all(bar.y + bar.height == PLOT_HEIGHT for day in bars for bar in (day.first, day.second))


def test_no_days_no_bars_and_no_amounts_no_division() -> None:
    assert day_bars([]) == []
    assert day_bars([(0, 0)])[0].first.height == 0


def test_the_chart_says_its_figures_in_a_table() -> None:
    html = _drawn("{% day_chart days %}", days=[{"date": date(2026, 3, 2), "revenue_fen": 1250, "top_up_fen": 0}])
    assert '<table class="sr-only">' in html
    assert "¥12.50" in html


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_error_pages_need_no_context_and_say_the_three_things(status: int) -> None:
    """What happened, that nothing was lost, what to do next."""
    html = render_to_string(f"{status}.html")
    assert f"{status}</p>" in html
    assert "没有丢失" in html
    assert "接下来" in html


def test_error_pages_show_the_code_and_the_request() -> None:
    html = render_to_string("503.html", {"code": "busy", "request_id": "01J9", "message": "请稍候"})
    assert "busy" in html
    assert "01J9" in html
    assert "请稍候" in html
