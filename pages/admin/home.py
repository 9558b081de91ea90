"""How the market does, in five seconds: GMV first, then what drives it, each figure with a way to what is behind it."""

from dataclasses import replace
from decimal import Decimal

import streamlit as st

from app import words
from app.navigation import guard
from app.parts import empty_state, page_header, plain, section
from app.parts.charts import heat_map
from app.parts.downloads import export_box
from app.parts.figure_sheets import Shown, Split, about, flat_sheet, sheets_of
from app.parts.figures import (
    Figures,
    change_words,
    desk,
    figures,
    help_words,
    name_of,
    split_card,
    tiles,
    trend_chart,
    value_metric,
    value_words,
)  # fmt: skip
from app.parts.filters import tabs_of
from app.parts.question import pick_question
from app.parts.warehouse import figures_or_stop, freshness_link, freshness_warning, no_trade
from domain import reports
from domain.reports import Metric, Stage

here = guard()
# Ways to count GMV; one is chosen, they never stand in one chart.
GMV = ("gmv_completed", "gmv_placed", "gmv_confirmed", "gmv_end_demand", "gmv_gross", "net_transaction_value")
FILTERS = ("origin", "buyer_country", "seller_country", "category", "payment_method", "seller")
MARKET = (
    "orders", "aov_buyer", "active_buyers", "mau", "revenue_total", "payment_success_rate", "on_time_rate",
    "refund_rate_30",
)  # fmt: skip
TABS = {
    "market": "Market", "sales": "Sales", "customers": "Customers", "people": "People", "money": "Money",
    "delivery": "Delivery and quality", "missing": "Not collected yet",
}  # fmt: skip
# The groups of the registry that a tab shows, and figures of it that are worth a split.
GROUPS = {
    "sales": ("Sales", "Growth"), "customers": ("Customers",), "people": ("People",), "money": ("Money",),
    "delivery": ("Delivery and quality",),
}  # fmt: skip
SPLIT = {
    "people": (("mau", "role"), ("active_organizations", "role")),
    "money": (("revenue_total", "payment_method"), ("revenue_total", "seller_country")),
    "delivery": (("on_time_rate", "seller_country"), ("on_time_rate", "seller")),
}

head = st.container()
state, today = figures_or_stop(here, "Overview")
at = desk(here, state.as_of)
known = at.metrics()


def time_words(shown: Shown) -> str:
    """Which days, in which zone and currency, compared with which others, and whether they are over."""
    period, result = shown.question.period, shown.found().totals
    said = words.days_from(period.first, period.end)
    if result.before_first and result.before_end:
        said += f", compared with {words.days_from(result.before_first, result.before_end)}"
    over = "" if period.end <= result.as_of.date() else "; today is not over yet"
    return f"{said}. In {shown.question.currency}; days end at midnight {result.time_zone}{over}."


def draw_head(shown: Shown | None) -> None:
    def actions() -> None:
        freshness_link(state, here)
        if shown is not None:
            export_box(
                "overview", lambda: (sheets_of(shown), about("Overview", shown)), flat=lambda: flat_sheet(shown),
                choices=shown.choices(),
            )  # fmt: skip

    with head:
        page_header("Overview", actions=actions)
        if shown is not None:
            st.caption(plain(time_words(shown)))


currencies = at.currencies()
if not currencies:
    draw_head(None)
    no_trade()
    st.stop()
told = {dimension for metric in known.values() for dimension in metric.dimensions}
question = pick_question(
    today, currencies, here[0].currency, dimensions=[name for name in FILTERS if name in told], named=at.named
)
freshness_warning(state, here)
tab = tabs_of("", TABS)


def of_groups(*groups: str) -> list[str]:
    return [name for name, metric in known.items() if metric.group in groups and metric.not_collected is None]


# --- the market ----------------------------------------------------------------------------------


def choose(name: str) -> None:
    if name == GMV[0]:
        st.query_params.pop("gmv", None)
    else:
        st.query_params["gmv"] = name


def draw_variant(metric: Metric, found: Figures) -> None:
    """One way to count GMV beside the one that is shown: a line of its own, never a line in the same chart."""
    value = found.total(metric.name)
    number = value.value if value else None
    change = change_words(metric, number, value.before if value else None)
    colour = "gray" if not change else "red" if str(change).startswith("-") else "green"
    said = f"**{plain(value_words(metric, number, question.currency, short=True))}**"
    moved = f" :{colour}[:small[{plain(change)}]]" if change else ""
    with st.container(gap="xxsmall"):
        st.button(
            plain(short(metric)), key=f"choose-{metric.name}", type="tertiary", on_click=choose, args=(metric.name,),
            help=help_words(metric, value, found.totals.as_of),
        )  # fmt: skip
        st.markdown(said + moved)


def short(metric: Metric) -> str:
    """"GMV placed" as "Placed", "GMV of end demand" as "End demand"; the North Star has no other name."""
    bare = metric.label.removeprefix("GMV").strip().removeprefix("of ")
    return words.sentence_case(bare) or "Completed"


def draw_market() -> Shown:
    variants = [name for name in GMV if name in known and known[name].not_collected is None]
    chosen = st.query_params.get("gmv", variants[0])
    chosen = chosen if chosen in variants else variants[0]
    more = [name for name in MARKET if name in known and known[name].not_collected is None]
    found = figures(at, question, [*variants, *more])
    metric = known[chosen]
    with st.container(border=True, key="gmv"):
        meaning = help_words(metric, found.total(chosen), found.totals.as_of)
        name_of(metric, question, meaning, badge="North Star" if chosen == GMV[0] else None)
        value_metric(metric, found, question)
        trend_chart(metric, found, question, key="gmv-trend")
        others = [name for name in variants if name != chosen]
        with st.grid(max(len(others), 1), min_column_width=135, gap="small"):
            for name in others:
                draw_variant(known[name], found)
    tiles(more, found, question)
    dimensions = [name for name in ("buyer_country", "category", "seller") if name in metric.dimensions]
    with st.grid(len(dimensions) or 1, min_column_width=280, gap="small"):
        for dimension in dimensions:
            split_card(metric, dimension, at, question)
    reconciliation()
    names = (chosen, *(name for name in variants if name != chosen), *more)
    return Shown(at, question, names, tuple(Split(chosen, dimension) for dimension in dimensions))


def reconciliation() -> None:
    """Whether screen, warehouse, ledger and orders say the same."""
    with st.skeleton(height=40):
        found = at.reconciliation(question)
        here_said = on_screen()
    differences = [
        f"GMV {check.stage.value}: this screen says {words.money(here_said[check.stage], question.currency)}, "
        f"where the warehouse has {words.money(check.mart, question.currency)}."
        for check in found.stages if here_said[check.stage] != check.mart
    ]  # fmt: skip
    with st.container(border=True, gap="xsmall", key="reconciliation"):
        with st.container(horizontal=True, vertical_alignment="center"):
            if found.is_green and not differences:
                st.badge("All sources agree", icon=":material/verified:", color="green")
                st.caption("Figures, warehouse, ledger and orders say the same to the cent.", width="content")
            else:
                st.badge("Sources disagree", icon=":material/error:", color="red")
        for sentence in (*differences, *found.differences):
            st.error(plain(sentence))
        comparison = st.expander("Compare", key="reconciliation-compare", on_change="rerun")
        if comparison.open:
            titles = ["GMV", "This screen", "Daily figures", "Warehouse", "Ledger", "Orders"]
            rows = [
                [words.sentence_case(check.stage.value)]
                + [words.money(said, question.currency) for said in (here_said[check.stage], *sources(check))]
                for check in found.stages
            ]
            comparison.dataframe(
                {title: [row[i] for row in rows] for i, title in enumerate(titles)}, hide_index=True,
                alt="What each source says",
                column_config={title: st.column_config.TextColumn(alignment="right") for title in titles[1:]},
            )  # fmt: skip


def on_screen() -> dict[Stage, Decimal]:
    """GMV as the screen reads it, for the trade that the other sources can tell too."""
    origin = {name: values for name, values in question.filters.items() if name == "origin"}
    narrowed = replace(question, filters=origin, compare=None)
    values = at.values(narrowed.query([f"gmv_{stage.value}" for stage in Stage])).values
    return {stage: value.value or Decimal(0) for stage in Stage for value in values if value.metric == f"gmv_{stage}"}


def sources(check: reports.StageCheck) -> tuple[Decimal, ...]:
    return check.mart, check.facts, check.ledger, check.application


# --- the other tabs ------------------------------------------------------------------------------


def draw_group(tab: str) -> Shown:
    names = [name for name in of_groups(*GROUPS[tab]) if name not in GMV]
    tiles(names, figures(at, question, names), question)
    splits = [Split(name, by) for name, by in SPLIT.get(tab, ()) if name in names and by in known[name].dimensions]
    if splits:
        with st.grid(len(splits), min_column_width=280, gap="small"):
            for split in splits:
                split_card(known[split.metric], split.dimension, at, question, title=known[split.metric].label)
    return Shown(at, question, tuple(names), tuple(splits))


def draw_customers() -> Shown:
    side = tabs_of("", {"buyer": "Buyers", "seller": "Sellers"}, key="side")
    rows = [row for row in at.cohorts(side, question) if row.size]
    with st.container(border=True, key="cohorts"):
        section(
            f"{'Buyers' if side == 'buyer' else 'Sellers'} who come back",
            "Organisations by the month of their first order, and the share of them that traded again in each month "
            "after it. A month that is not over for all of a cohort stays empty.",
        )
        if not rows:
            st.caption("Nobody has traded in this time yet.")
        else:
            months = max(len(row.shares) for row in rows) - 1
            heat_map(
                [f"{words.step_of_time(row.cohort, 'month')} · {words.number(row.size)}" for row in rows],
                [f"+{n}" for n in range(1, months + 1)], [row.shares[1:] for row in rows], key=f"cohorts-{side}",
                alt=f"Share of {side}s that traded again, by month of their first order and months after it",
            )  # fmt: skip
            st.caption(
                "Percent of the organisations whose first order was in a month, by months after it. Beside the month "
                "stands how many they are."
            )
    names = of_groups(*GROUPS["customers"])
    tiles(names, figures(at, question, names), question)
    return Shown(at, question, tuple(names), cohorts=(side,))


def draw_missing() -> None:
    missing = [metric for metric in known.values() if metric.not_collected]
    if not missing:
        empty_state("done_all", "All figures are collected", "Nothing is left out.")
        return
    st.caption("Figures that are defined and whose facts the platform does not collect yet. Nothing stands for them.")
    with st.grid(3, min_column_width=280, gap="small"):
        for metric in missing:
            with st.container(border=True, gap="xxsmall", height="stretch"):
                help = f"{plain(metric.definition)}\n\n**How:** {plain(metric.formula)}"
                st.markdown(f"**{plain(metric.label)}**", help=help)
                st.caption(plain(metric.not_collected))


if tab == "market":
    draw_head(draw_market())
elif tab == "customers":
    draw_head(draw_customers())
elif tab == "missing":
    draw_missing()
    draw_head(None)
else:
    draw_head(draw_group(tab))
