"""What is behind a figure: its value over time and by dimension, the rows that it counts, and how it is computed."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import streamlit as st

from app import words
from app.bridge import ask
from app.exports import Sheet
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, paged_table, plain
from app.parts.downloads import export_box
from app.parts.figure_sheets import Shown, Split, about, flat_sheet, sheets_of
from app.parts.figures import SPLITS, desk, figures, split_card, trend_chart, value_metric, value_words
from app.parts.filters import choice, tabs_of
from app.parts.postings import reason_word
from app.parts.question import DIMENSIONS, pick_question, value_word
from app.parts.tables import every_row
from app.parts.warehouse import figures_or_stop, freshness_link, freshness_warning, no_trade
from domain import reports
from domain.reports import Stage

here = guard()
LARGEST_PAGE = 500
LEDGER = {"gmv_placed": Stage.PLACED, "gmv_confirmed": Stage.CONFIRMED, "gmv_completed": Stage.COMPLETED}
TITLES = {
    "order_number": "Order", "purchase_number": "Checkout", "buyer_name": "Buyer", "seller_name": "Seller",
    "day_on": "Day", "currency_code": "Currency", "sku": "Article",
}  # fmt: skip
# Ids are for links and joins, not for eyes.
HIDDEN = ("_id", "currency_code", "currency")

head = st.container()
state, today = figures_or_stop(here, "Figure")
at = desk(here, state.as_of)
known = at.metrics()
asked = st.query_params.get("metric", "gmv_completed")
metric = known.get(asked)
if metric is None:
    with head:
        page_header("Figure", back=("Overview", "admin-home"))
    empty_state("query_stats", "There is no such figure", "Choose one on the overview.", ("Overview", "admin-home"))
    st.stop()
currencies = at.currencies()
if metric.not_collected or not currencies:
    with head:
        page_header(metric.label, metric.definition, back=("Overview", "admin-home"))
    if metric.not_collected:
        empty_state("hourglass_empty", "Not collected yet", metric.not_collected, ("Overview", "admin-home"))
    else:
        no_trade()
    st.stop()
FILTERS = [name for name in SPLITS if name in metric.dimensions and name != "role"]
bar = st.container()
with bar:
    question = pick_question(today, currencies, here[0].currency, dimensions=FILTERS, named=at.named)
    freshness_warning(state, here)
found = figures(at, question, [metric.name])
period = question.period
range_facts = {"first": period.first, "end": period.end, "currency": question.currency}
row_facts = range_facts | {"filters": question.filters}

dimensions = {name: SPLITS[name] for name in SPLITS if name in metric.dimensions}
shown = Shown(at, question, (metric.name,), tuple(Split(metric.name, name) for name in dimensions))


# --- rows ----------------------------------------------------------------------------------------


def page_of_rows(page: int, size: int) -> tuple[tuple[tuple[object, ...], ...], int]:
    found = ask(reports.metric_rows, name=metric.name, **row_facts, page=page, size=size)
    return found.rows, found.total


def all_rows(columns: tuple[str, ...]) -> Sheet:
    """All rows behind the figure, exactly."""
    kinds = tuple(_kind(title) for title in columns)
    return Sheet("Rows", columns, every_row(page_of_rows, LARGEST_PAGE), kinds, question.currency)


def _kind(column: str) -> str:
    if column == "amount":
        return "money" if metric.unit == "money" else "number"
    return "day" if column.endswith("_on") else "at" if column.endswith("_at") else "text"


def cell_words(column: str, value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return words.instant(value)
    if isinstance(value, date):
        return words.day(value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, Decimal | int):
        is_money = column == "amount" and metric.unit == "money"
        return words.money(Decimal(value), question.currency) if is_money else words.number(round(Decimal(value), 4))
    return value_word(column, str(value))


def column_title(column: str) -> str:
    if column == "amount":
        return "Counts with"
    return TITLES.get(column, words.sentence_case(column.removesuffix("_on").removesuffix("_at").removesuffix("_name")))


def draw_rows() -> None:
    first_page = ask(reports.metric_rows, name=metric.name, **row_facts, page=1, size=1)
    names = first_page.columns
    place = {name: i for i, name in enumerate(names)}
    visible = [name for name in names if not name.endswith(HIDDEN)]
    visible.sort(key=lambda name: (name != "order_number", name != "amount"))
    to_order = "order_id" in place and "order_number" in place

    numbers = {name for name in names if first_page.rows and isinstance(first_page.rows[0][place[name]], Decimal | int)}

    def kind_of(name: str) -> str:
        if name == "order_number" and to_order:
            return "open"
        return "state" if name == "state" else "right" if name == "amount" or name in numbers else "text"

    def reading(name: str) -> Any:
        if name == "state":
            return lambda row: row[place[name]]
        return lambda row: cell_words(name, row[place[name]])

    draw_sum(first_page.total, first_page.amount)
    paged_table(
        "behind", page_of_rows, [Column(column_title(name), reading(name), kind_of(name)) for name in visible],
        on_open=(lambda row: go("admin-order", order=row[place["order_id"]])) if to_order else None,
        empty=nothing, alt=f"Rows behind {metric.label}", file=lambda: all_rows(names),
    )  # fmt: skip


def draw_sum(total: int, amount: Decimal | None) -> None:
    """What the rows add up to, beside the figure itself."""
    value = found.total(metric.name)
    if amount is None or value is None or value.value is None:
        st.caption("These rows are what the figure is made of; their last column is what each adds to its numerator.")
        return
    said = value_words(metric, amount, question.currency)
    with st.container(horizontal=True, vertical_alignment="center"):
        if value_words(metric, value.value, question.currency) == said:
            st.badge("Rows and figure agree", icon=":material/verified:", color="green")
        else:
            st.badge(plain(f"The rows say {said}"), icon=":material/error:", color="red")
        st.caption(plain(f"{rows_word(total)} up to {said}."), width="content")


def rows_word(total: int) -> str:
    return "1 row adds" if total == 1 else f"{words.number(total)} rows add"


def nothing() -> None:
    empty_state("query_stats", "Nothing in this time", "Choose a longer one, another currency, or take filters off.")


def draw_ledger(stage: Stage) -> None:
    """What the ledger's memo accounts say of the same days, line by line."""
    origins = question.filters.get("origin", ())
    facts = range_facts | {"stage": stage, "origin": origins[0] if len(origins) == 1 else None}
    counted = ask(reports.postings_behind, **facts, page=1, size=1)
    value = found.total(metric.name)
    with st.container(horizontal=True, vertical_alignment="center"):
        if set(question.filters) - {"origin"}:
            st.caption("The ledger knows the trade of all parties; filters of the screen do not narrow it.")
        elif value is not None and value.value == counted.amount:
            st.badge("Figure and ledger agree", icon=":material/verified:", color="green")
        else:
            said = words.money(counted.amount, question.currency)
            st.badge(plain(f"The ledger says {said}"), icon=":material/error:", color="red")
        st.caption(plain(f"{words.count(counted.total, 'ledger line')}."), width="content")

    def page_of_postings(page: int, size: int) -> tuple[tuple[reports.PostingBehind, ...], int]:
        found = ask(reports.postings_behind, **facts, page=page, size=size)
        return found.rows, found.total

    paged_table(
        "postings",
        page_of_postings,
        [
            Column("Order", lambda row: row.order_number, "open"),
            Column("Amount", lambda row: words.money(row.amount, row.currency), "right"),
            Column("Counts on", lambda row: words.instant(row.effective_at)),
            Column("Why", lambda row: reason_word(row.entry_kind), width="medium"),
            Column("Booked", lambda row: words.instant(row.recorded_at)),
        ],
        on_open=lambda row: go("admin-order", order=row.order_id),
        empty=nothing,
        alt="Ledger lines behind the figure",
    )


# --- how it is counted ---------------------------------------------------------------------------


def draw_definition() -> None:
    facts = {
        "Definition": metric.definition,
        "Formula": metric.formula,
        "Counts": f"{words.sentence_case(metric.grain)}s" if not metric.grain.endswith("s") else metric.grain,
        "Better is": {"up": "more", "down": "less", "neutral": "neither"}[metric.good],
        "Can be split by": ", ".join(DIMENSIONS[name].lower() for name in dimensions) or "nothing",
        "Sum of its parts": "yes" if metric.is_additive else "no: parts cannot be added up",
        "Owner": metric.owner,
        "Version": str(metric.version),
        "Read from": ", ".join(metric.sources),
        "As of": f"{words.instant(found.totals.as_of)}; days end at midnight {found.totals.time_zone}",
    }
    with st.container(border=True, gap="small", key="definition"):
        for name, said in facts.items():
            with st.container(horizontal=True, gap="small", wrap=False):
                st.markdown(f":gray[{name}]", width=120)
                st.markdown(plain(said), width="stretch")
        st.markdown(":gray[SQL that the last build compiled]")
        st.code(metric.sql, language="sql", wrap_lines=True)


# --- the screen ----------------------------------------------------------------------------------


def actions() -> None:
    freshness_link(state, here)
    export_box(
        metric.name, lambda: (sheets_of(shown), about(metric.label, shown)), flat=lambda: flat_sheet(shown),
        choices=shown.choices(),
    )  # fmt: skip


with head:
    page_header(metric.label, actions=actions, back=("Overview", "admin-home"))
    st.caption(plain(metric.definition))
with st.container(border=True, key="over-time"):
    value_metric(metric, found, question)
    trend_chart(metric, found, question, key="trend")
views = {"rows": "Rows behind", "split": "Split", "ledger": "Ledger lines", "definition": "How it is counted"}
if not dimensions:
    views.pop("split")
if metric.name not in LEDGER:
    views.pop("ledger")
show = tabs_of("behind", views)
if show == "split":
    by = choice("", "By", dimensions, key="by", width=220, default=next(iter(dimensions))) or next(iter(dimensions))
    split_card(metric, by, at, question, most=20)
elif show == "ledger":
    draw_ledger(LEDGER[metric.name])
elif show == "definition":
    draw_definition()
else:
    draw_rows()
