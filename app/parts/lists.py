"""Lines that belong together: sums of money, order lines, what happened when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import streamlit as st

from app import words
from app.parts.tables import Column, table
from app.parts.text import plain


@dataclass(frozen=True, slots=True)
class Sum:
    """One line of a sum; `is_total` stands out."""

    label: str
    amount: Decimal | None
    is_total: bool = False
    help: str | None = None


def money_table(lines: Sequence[Sum], currency: str) -> None:
    """Amounts one below the other, right-aligned, totals in bold."""
    with st.container(gap="xsmall"):
        for line in lines:
            with st.container(horizontal=True, horizontal_alignment="distribute", wrap=False):
                mark = "**" if line.is_total else ""
                label = plain(line.label)
                st.markdown(f"{mark}{label}{mark}" if mark else f":gray[{label}]", width="content", help=line.help)
                amount = plain(words.money(line.amount, currency))
                st.markdown(f"{mark}{amount}{mark}", width="content", text_alignment="right")


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened, or is expected to, with its instant."""

    title: str
    at: datetime | None
    note: str = ""
    icon: str = "check_circle"
    is_done: bool = True


def timeline(steps: Sequence[Step]) -> None:
    """Steps from first to last; those still to come are grey."""
    with st.container(gap="xsmall"):
        for step in steps:
            icon = f":green[:material/{step.icon}:]" if step.is_done else ":gray[:material/radio_button_unchecked:]"
            title = plain(step.title) if step.is_done else f":gray[{plain(step.title)}]"
            at = (
                f"  \n:gray[:small[{plain(words.instant(step.at))}{' · ' if step.note else ''}{plain(step.note)}]]"
                if step.at or step.note
                else ""
            )
            if step.note and not step.at:
                at = f"  \n:gray[:small[{plain(step.note)}]]"
            st.markdown(f"{icon} {title}{at}")


def facts_list(facts: dict[str, Any]) -> None:
    """Names and values, one a line: who, where, when."""
    with st.container(gap="xsmall"):
        for name, value in facts.items():
            with st.container(gap=None):
                st.markdown(f":gray[:small[{plain(name)}]]")
                st.text(str(value))


def order_lines(name: str, lines: Sequence[Any], currency: str) -> None:
    """The lines of an order with what was ordered, confirmed, shipped, delivered and accepted of each."""
    columns = [
        Column("Product", lambda line: line.name),
        Column("Goods", lambda line: words.money(line.goods, currency), "right"),
        Column("Ordered", lambda line: words.number(line.ordered), "right"),
        Column("Article", lambda line: line.sku),
        Column("Unit price", lambda line: words.unit_price(line.unit_price, currency), "right"),
        Column("Confirmed", lambda line: words.number(line.confirmed), "right"),
        Column("Shipped", lambda line: words.number(line.shipped), "right"),
        Column("Delivered", lambda line: words.number(line.delivered), "right"),
        Column("Accepted", lambda line: words.number(line.accepted), "right"),
    ]
    table(name, lines, columns, alt="Lines of the order")
