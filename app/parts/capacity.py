"""What a maker can make, in a few lines: the claim, what was shipped month by month, and which counts."""

from __future__ import annotations

import streamlit as st

from app import words
from app.parts.tables import Column, table
from app.parts.text import plain
from domain.reports import CapacitySheet

_BECAUSE = {
    "claim": "the claim, as nothing that was shipped here speaks against it",
    "more": "more than the claim: that much was shipped here in a month",
    "late": "less than the claim: goods left late in months with no more than this",
}


def capacity_lines(seen: CapacitySheet, *, with_months: bool = False) -> None:
    """Claim beside observation; with the months for who decides on it."""
    if seen.claimed is not None and seen.counts is not None:
        st.markdown(
            f":material/factory: Counts as **{plain(words.number(seen.counts))}** units a month "
            f":gray[:small[{plain(_BECAUSE[seen.because])}]]"
        )
    best = words.number(seen.best) if seen.best is not None else "none yet"
    claimed = words.number(seen.claimed) if seen.claimed is not None else "none verified"
    st.caption(plain(f"Claimed: {claimed}. Most shipped here in one of the last twelve whole months: {best}."))
    if with_months and seen.months:
        table(
            "capacity",
            list(reversed(seen.months)),
            [
                Column("Month", lambda row: f"{row.month:%Y-%m}"),
                Column("Units shipped", lambda row: words.number(row.shipped), "right"),
                Column("Of these late", lambda row: words.number(row.late), "right"),
            ],
            alt="Units shipped by month",
        )
