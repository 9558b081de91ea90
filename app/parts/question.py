"""What a screen of figures asks for: days, steps, comparison, currency and filters, all of it in the address.

A filter stands in the address by its dimension ("?buyer_country=DE&buyer_country=FR"), so that a link, a
bookmark and a click on a bar are the same thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from app import words
from app.parts.filters import choice
from app.parts.periods import pick_comparison, pick_grain, pick_period
from app.parts.text import plain
from domain.kernel.periods import Period
from domain.reports import Compare, Grain, Metric, MetricQuery

DIMENSIONS: dict[str, str] = {
    "origin": "Trade",
    "buyer_country": "Buyer's country",
    "seller_country": "Seller's country",
    "category": "Category",
    "payment_method": "Payment method",
    "seller": "Seller",
    "buyer": "Buyer",
    "role": "Kind of organisation",
}
ORIGINS = {"live": "Traded here", "imported": "Imported history"}
UNKNOWN = "(unknown)"
_MOST_VALUES = 50

Filters = dict[str, tuple[str, ...]]
Named = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Question:
    """The choices of a person, as the address holds them."""

    preset: str
    period: Period
    grain: Grain
    compare: Compare | None
    currency: str
    filters: Filters

    def query(self, names: Sequence[str], *, by: str | None = None, steps: bool = False) -> MetricQuery:
        """The question for these metrics; split `by` a dimension, whose own filter then only marks."""
        filters = {dimension: values for dimension, values in self.filters.items() if dimension != by}
        return MetricQuery(
            names=tuple(names), first=self.period.first, end=self.period.end, by=by, currency=self.currency,
            grain=self.grain if steps else None, filters=filters, compare=None if by else self.compare,
        )  # fmt: skip

    def address(self, **more: str) -> dict[str, str | list[str]]:
        """The choices as the address of another screen of figures."""
        found: dict[str, str | list[str]] = {"range": self.preset, "currency": self.currency, **more}
        found |= {name: st.query_params[name] for name in ("grain", "compare") if name in st.query_params}
        if self.preset == "custom":
            found |= {"from": f"{self.period.first}", "to": f"{self.period.end - timedelta(days=1)}"}
        return found | {dimension: list(values) for dimension, values in self.filters.items()}

    def fits(self, metric: Metric) -> bool:
        """Whether the metric can be told for the chosen filters."""
        return metric.not_collected is None and set(self.filters) <= set(metric.dimensions)


def pick_question(
    now: date, currencies: Sequence[str], preferred: str, *, dimensions: Sequence[str], named: Named
) -> Question:
    """The row of choices above figures, and below it what is filtered by. `named` tells the values of a dimension."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        preset, period = pick_period(now)
        compare = pick_comparison()
        grain = pick_grain(period)
        first = preferred if preferred in currencies else currencies[0]
        currency = first
        if len(currencies) > 1:
            currency = choice("", "Currency", list(currencies), key="currency", width=95, default=first) or first
        filters = filters_in_address()
        _filters_popover(dimensions, named, len(filters))
    _filter_chips(filters, named)
    return Question(preset, period, grain, compare, currency, filters)


def filters_in_address() -> Filters:
    found = {dimension: tuple(st.query_params.get_all(dimension)[:_MOST_VALUES]) for dimension in DIMENSIONS}
    return {dimension: values for dimension, values in found.items() if values}


def set_filter(dimension: str, values: Sequence[str]) -> None:
    """Filter by these values of a dimension, by none to take the filter away. For callbacks."""
    if values:
        st.query_params[dimension] = list(values)
    else:
        st.query_params.pop(dimension, None)
    _first_page()


def toggle_filter(dimension: str, value: str) -> None:
    """What a click on a bar does: only this value, or all again if it was chosen."""
    set_filter(dimension, [] if st.query_params.get_all(dimension) == [value] else [value])


def clear_filters() -> None:
    for dimension in DIMENSIONS:
        st.query_params.pop(dimension, None)
    _first_page()


def value_word(dimension: str, key: str | None, named: Mapping[str, str] | None = None) -> str:
    """A value of a dimension as people read it."""
    if key is None or key == UNKNOWN:
        return "Not known"
    if dimension in ("buyer_country", "seller_country"):
        return words.country(key)
    if dimension == "payment_method":
        return words.method(key)
    if dimension == "origin":
        return ORIGINS.get(key, words.sentence_case(key))
    if dimension == "role":
        return words.kind(key)
    return (named or {}).get(key, key)


def _filters_popover(dimensions: Sequence[str], named: Named, active: int) -> None:
    """The filters behind one button; their values are looked up only while it is open."""
    label = f"Filters ({active})" if active else "Filters"
    with st.popover(label, icon=":material/filter_list:", key="filters", on_change="rerun") as box:
        if box.open:
            for dimension in dimensions:
                _filter_box(dimension, named(dimension))


def _filter_box(dimension: str, options: Mapping[str, str]) -> None:
    """A searchable choice of several values of a dimension."""
    named = {key: value_word(dimension, key, options) for key in options}
    state = f"filter-{dimension}"
    chosen = [value for value in st.query_params.get_all(dimension) if value in named]
    # The address is what holds, whoever wrote it last: this box, a bar or a link.
    st.session_state[state] = chosen
    st.multiselect(
        DIMENSIONS[dimension], sorted(named, key=lambda key: named[key].casefold()), key=state, placeholder="All",
        format_func=lambda key: named.get(key, key), select_all=False,
        on_change=lambda: set_filter(dimension, st.session_state[state]),
    )  # fmt: skip


def _filter_chips(filters: Filters, named: Named) -> None:
    """What is filtered by, each with a way to take it off, and a way to take off all."""
    if not filters:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="filters-active"):
        st.caption("Only:", width="content")
        for dimension, values in filters.items():
            shown = [value_word(dimension, value, named(dimension)) for value in values]
            label = ", ".join(shown[:2]) + (f" and {len(shown) - 2} more" if len(shown) > 2 else "")
            st.button(
                plain(f"{DIMENSIONS[dimension]}: {label}"), key=f"chip-{dimension}", icon=":material/close:",
                icon_position="right", help="Take this filter off", on_click=set_filter, args=(dimension, ()),
            )  # fmt: skip
        st.button("Reset", key="chips-reset", type="tertiary", on_click=clear_filters)


def _first_page() -> None:
    for name in [name for name in st.session_state if str(name).endswith("-page")]:
        st.session_state[name] = 1
