"""Figures on tiles, each with its definition, its formula and how fresh it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure. `definition` says what is counted, `formula` how, `fresh` as of when."""

    label: str
    value: str
    definition: str = ""
    formula: str = ""
    fresh: str = ""
    delta: str | None = None
    delta_description: str | None = None
    trend: Sequence[float] | None = None
    url: str | None = None

    def help(self) -> str | None:
        parts = [
            self.definition,
            f"**How:** {self.formula}" if self.formula else "",
            f"**As of:** {self.fresh}" if self.fresh else "",
        ]
        return "\n\n".join(part for part in parts if part) or None


def metric_tiles(tiles: Sequence[Tile], *, columns: int = 4) -> None:
    """Tiles in rows of equal height; a tile with a `url` has a link to what is behind it."""
    from app.navigation import page_of

    with st.grid(columns, min_column_width=150, gap="small"):
        for tile in tiles:
            more: dict[str, Any] = {}
            if tile.trend is not None:
                more = {"chart_data": list(tile.trend), "chart_type": "area"}
            with st.container(gap="xxsmall"):
                st.metric(
                    tile.label, tile.value, tile.delta, delta_description=tile.delta_description, help=tile.help(),
                    border=True, height="stretch", **more,
                )  # fmt: skip
                if tile.url:
                    st.page_link(
                        page_of(tile.url),
                        label="What is behind it",
                        icon=":material/arrow_forward:",
                        icon_position="right",
                    )
