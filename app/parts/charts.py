"""Charts in the product's colours, light and dark; each says in a sentence what it shows.

Bars, lines and rankings are drawn by ECharts, which Streamlit brings along: a small dictionary costs the server next
to nothing. A table of cohorts is a Plotly figure: it has cells that stay empty, and words for each on hovering.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import streamlit as st

from app import words
from domain.kernel.money import minor_unit

LIGHT = {
    "series": ["#4F46E5", "#0891B2", "#D97706", "#059669", "#DB2777", "#7C3AED", "#64748B"],
    "ink": "#334155", "soft": "#64748B", "quiet": "#94A3B8", "grid": "#E8EAF1", "ground": "#FFFFFF",
    "heat": ["#EEF0FE", "#4338CA"],
}  # fmt: skip
DARK = {
    "series": ["#818CF8", "#22D3EE", "#FBBF24", "#34D399", "#F472B6", "#A78BFA", "#94A3B8"],
    "ink": "#CBD5E1", "soft": "#A3AEC2", "quiet": "#64748B", "grid": "#243049", "ground": "#0B1120",
    "heat": ["#1A2340", "#818CF8"],
}  # fmt: skip
INCOMPLETE = "Incomplete"
# From so many points on a line reads better than bars.
_BARS_UP_TO = 16

Number = float | Decimal | None


def palette() -> dict[str, Any]:
    return DARK if st.context.theme.type == "dark" else LIGHT


def printf(currency: str | None = None, *, share: bool = False, digits: int = 0) -> str:
    """How a chart writes a number: an amount with its currency's sign, a share in percent, or a plain number."""
    if share:
        return "percent"
    if currency:
        return f"{words.symbol(currency)}%,.{minor_unit(currency)}f"
    return f"%,.{digits}f"


def bars(labels: Sequence[Any], values: Sequence[Number], *, name: str, alt: str, height: int = 240) -> None:
    """One series of bars."""
    colours = palette()
    spec = _plane(list(map(_label, labels)), colours) | {
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "valueFormatter": "localized"},
        "series": [_bars(name, [_number(value) for value in values], colours["series"][0])],
    }
    st.echarts_chart(spec, height=height, alt=alt)


def trend(
    labels: Sequence[str],
    values: Sequence[Number],
    *,
    name: str,
    alt: str,
    unfinished: Sequence[bool] = (),
    before: Sequence[Number] | None = None,
    before_name: str = "Before",
    number: str = "localized",
    height: int = 250,
    key: str | None = None,
) -> None:
    """A figure over time, perhaps above the same of an earlier time.

    Few steps are bars, many are a line. A step that has not ended, or is cut by the chosen days, is hollow and
    dashed and named so. A value that cannot be known leaves a gap.
    """
    colours = palette()
    colour = colours["series"][0]
    shown = [_number(value) for value in values]
    open_ = [bool(flag) for flag in unfinished] or [False] * len(shown)
    as_bars = len(shown) <= _BARS_UP_TO
    closed = [None if is_open else value for value, is_open in zip(shown, open_, strict=True)]
    rest = [value if is_open else None for value, is_open in zip(shown, open_, strict=True)]
    series: list[dict[str, Any]] = []
    if before is not None:
        series.append(_line(before_name, [_number(value) for value in before], colours["quiet"], width=1.5))
    if as_bars:
        series.append(_bars(name, closed, colour) | {"stack": "now"})
        if any(open_):
            series.append(_bars(INCOMPLETE, rest, colour) | {"itemStyle": _hollow(colour), "stack": "now"})
    else:
        fill = {"opacity": 0.08, "color": colour}
        series.append(_line(name, closed, colour, width=2.5) | {"areaStyle": fill})
        if any(open_):
            dot = {"color": colours["ground"], "borderColor": colour, "borderWidth": 2}
            series.append(
                _line(INCOMPLETE, rest, colour, width=0)
                | {"symbol": "circle", "showSymbol": True, "showAllSymbol": True, "itemStyle": dot}
            )  # fmt: skip
            # The way from a whole step to an open one; in the tooltip it would say a value twice.
            way = [value if any(open_[max(0, i - 1) : i + 2]) else None for i, value in enumerate(shown)]
            series.append(
                _line("way", way, colour) | {"tooltip": {"show": False}, "silent": True}
                | {"lineStyle": {"type": "dashed", "width": 2, "color": colour}}
            )  # fmt: skip
    spec = _plane(list(labels), colours, gap=as_bars) | {
        "tooltip": {"trigger": "axis", "valueFormatter": number, "confine": True},
        "series": series,
    }
    if number == "percent":
        # Axis labels know no percent; the tooltip does.
        spec["yAxis"]["show"] = False
    if len(series) > 1:
        looks = {before_name: {"color": colours["quiet"]}, name: {"color": colour}, INCOMPLETE: _hollow(colour)}
        spec["legend"] = {
            "data": [
                {"name": part["name"], "icon": "rect", "itemStyle": looks[part["name"]]}
                for part in series if part["name"] in looks
            ],
            "top": 0, "right": 0, "itemWidth": 14, "itemHeight": 7, "textStyle": {"color": colours["soft"]},
            "selectedMode": False,
        }  # fmt: skip
        spec["grid"]["top"] = 34
    st.echarts_chart(spec, height=height, alt=alt, key=key)


def outlook(
    labels: Sequence[Any],
    low: Sequence[Number],
    expected: Sequence[Number],
    high: Sequence[Number],
    *,
    alt: str,
    height: int = 260,
    key: str | None = None,
) -> None:
    """What is expected over time, between a low and a high end that are dashed."""
    colours = palette()
    colour = colours["series"][0]
    dashed = {"type": "dashed", "width": 1.5, "color": colours["quiet"]}
    ends = [
        _line(name, [_tenth(value) for value in values], colours["quiet"]) | {"lineStyle": dashed}
        for name, values in (("High end (P90)", high), ("Low end (P10)", low))
    ]
    middle = _line("Expected", [_tenth(value) for value in expected], colour, width=2.5)
    spec = _plane(list(map(_label, labels)), colours, gap=False) | {
        "tooltip": {"trigger": "axis", "valueFormatter": "localized", "confine": True},
        "series": [
            *ends,
            middle | {"markLine": {
                "silent": True, "symbol": "none", "data": [{"yAxis": 0}], "label": {"show": False},
                "lineStyle": {"color": colours["series"][4], "type": "solid", "width": 1},
            }},
        ],
    }  # fmt: skip
    st.echarts_chart(spec, height=height, alt=alt, key=key)


def ranking(
    rows: Sequence[tuple[str, Number, str]],
    *,
    alt: str,
    key: str,
    chosen: Sequence[int] = (),
    on_choose: Callable[[int], None] | None = None,
) -> None:
    """Bars from the largest to the smallest: (name, value, value in words). A click on one calls `on_choose`
    with its place; the chosen ones stand out."""
    colours = palette()
    faint = {"opacity": 0.28}
    data = [
        {"value": _number(value), "label": {"formatter": text}}
        | ({"itemStyle": faint} if chosen and i not in chosen else {})
        for i, (_, value, text) in enumerate(rows)
    ]
    spec = {
        "grid": {"left": 0, "right": 80, "top": 2, "bottom": 2, "containLabel": True},
        "animationDuration": 200,
        "xAxis": {"type": "value", "show": False, "min": 0, "max": "dataMax"},
        "yAxis": {
            "type": "category", "inverse": True, "data": [_short(name) for name, _, _ in rows],
            "axisTick": {"show": False}, "axisLine": {"show": False},
            "axisLabel": {"color": colours["ink"], "fontSize": 12, "interval": 0},
        },
        "series": [{
            "type": "bar", "name": "Value", "data": data, "barWidth": 12,
            "selectedMode": "single" if on_choose else False,
            "itemStyle": {"borderRadius": 3, "color": colours["series"][0]},
            "label": {"show": True, "position": "right", "color": colours["ink"], "fontSize": 12},
            "select": {"itemStyle": {"color": colours["series"][0], "borderWidth": 0}},
        }],
    }  # fmt: skip
    height = max(60, 27 * len(rows) + 8)
    if on_choose is None:
        st.echarts_chart(spec, height=height, alt=alt, key=key)
        return

    def chose() -> None:
        found = st.session_state.get(key)
        places = [i for group in found["selection"]["selected"] for i in group["data_indices"]] if found else []
        if places and places[0] < len(rows):
            on_choose(places[0])

    # What is chosen stands in the address, not in the chart: a new key forgets the chart's own choice.
    st.echarts_chart(spec, height=height, alt=alt, key=key, on_select=chose)


def heat_map(
    rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[Number]], *, alt: str, key: str | None = None
) -> None:
    """Shares between 0 and 1 by row and column, in percent, darker for more; what cannot be known stays empty."""
    import plotly.graph_objects as go

    colours = palette()
    shares = [[_number(value) for value in (*line, *[None] * len(columns))[: len(columns)]] for line in cells]
    top = max((share for line in shares for share in line if share is not None), default=0) or 1
    figure = go.Figure(
        go.Heatmap(
            x=list(columns), y=list(rows), z=shares, zmin=0, zmax=top, showscale=False, xgap=3, ygap=3,
            colorscale=[[0, colours["heat"][0]], [1, colours["heat"][1]]], hoverongaps=False,
            hovertemplate="%{y}<br>month %{x}: %{z:.1%}<extra></extra>",
        )
    )  # fmt: skip
    said = [
        {"x": x, "y": y, "text": f"{share * 100:.0f}", "showarrow": False,
         "font": {"color": colours["ground"] if share > top * 0.55 else colours["ink"], "size": 11}}
        for y, line in enumerate(shares)  # by place: "+1" as a category would be taken for the place 1
        for x, share in enumerate(line)
        if share is not None
    ]  # fmt: skip
    figure.update_layout(
        annotations=said, height=32 * len(rows) + 40, margin={"l": 0, "r": 4, "t": 26, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", dragmode=False,
        font={"family": "Inter, system-ui, sans-serif", "size": 12, "color": colours["ink"]},
        hoverlabel={"bgcolor": colours["ground"], "font": {"color": colours["ink"], "family": "Inter"}},
    )  # fmt: skip
    axis = {"type": "category", "showgrid": False, "ticks": "", "fixedrange": True}
    figure.update_xaxes(side="top", tickangle=0, tickfont={"color": colours["soft"], "size": 11}, **axis)
    figure.update_yaxes(autorange="reversed", automargin=True, **axis)
    st.plotly_chart(figure, theme=None, config={"displayModeBar": False}, alt=alt, key=key)


# --- what they share -----------------------------------------------------------------------------


def _plane(labels: list[str], colours: Mapping[str, Any], *, gap: bool = True) -> dict[str, Any]:
    return {
        "grid": {"left": 2, "right": 10, "top": 12, "bottom": 2, "containLabel": True},
        "animationDuration": 250,
        "xAxis": {
            "type": "category", "data": labels, "boundaryGap": gap, "axisTick": {"show": False},
            "axisLine": {"lineStyle": {"color": colours["grid"]}},
            "axisLabel": {"color": colours["soft"], "fontSize": 11, "hideOverlap": True},
        },
        "yAxis": {
            "type": "value", "splitNumber": 4, "splitLine": {"lineStyle": {"color": colours["grid"]}},
            "axisLabel": {"color": colours["soft"], "fontSize": 11},
        },
    }  # fmt: skip


def _bars(name: str, values: list[float | None], colour: str) -> dict[str, Any]:
    return {
        "type": "bar", "name": name, "data": values, "barMaxWidth": 34, "barCategoryGap": "38%",
        "itemStyle": {"borderRadius": [4, 4, 0, 0], "color": colour},
    }  # fmt: skip


def _hollow(colour: str) -> dict[str, Any]:
    return {"color": "transparent", "borderColor": colour, "borderWidth": 1.5, "borderType": "dashed"}


def _line(name: str, values: list[float | None], colour: str, *, width: float = 2) -> dict[str, Any]:
    return {
        "type": "line", "name": name, "data": values, "showSymbol": False, "symbolSize": 7,
        "itemStyle": {"color": colour}, "lineStyle": {"width": width, "color": colour},
    }  # fmt: skip


def _number(value: Number) -> float | None:
    return None if value is None else float(value)


def _tenth(value: Number) -> float | None:
    return None if value is None else round(float(value), 1)


def _label(value: Any) -> str:
    return value if isinstance(value, str) else words.day_short(value)


def _short(name: str, most: int = 24) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
