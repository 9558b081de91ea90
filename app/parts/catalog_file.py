"""A list of products on a screen: what we understood of it, to be looked over, and files to fill in or to mend."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st

from app import words
from app.exports import Sheet
from app.parts.text import plain
from domain import catalog
from domain.catalog import Article, Layout, Reject
from domain.kernel.errors import Invalid

FIELDS = {
    "sku": "SKU", "name": "Product name", "price": "Price", "moq": "Minimum order", "increment": "Order in steps of",
    "pack_units": "Units in a pack", "lead_time_days": "Lead time", "ean": "EAN or GTIN", "brand": "Brand",
    "category": "Category", "description": "Description", "unit": "Unit", "tax": "Tax rate", "discount": "Discount",
    "currency": "Currency", "valid_from": "Valid from", "parent": "Parent product (variants)",
}  # fmt: skip
DECIMALS = {".": "Point: 1,234.50", ",": "Comma: 1.234,50"}
CURRENCIES = ["EUR", "USD", "GBP", "CHF", "JPY", "PLN", "SEK", "DKK", "CZK", "CAD", "AUD"]
TYPES = ["csv", "txt", "tsv", "xlsx", "xls", "xlsb", "ods"]
LARGEST_MB = 50
_SHOWN = 6
_TEMPLATE = (
    ("SKU", "Product name", "Brand", "EAN", "Price", "Price from 50", "MOQ", "Units per case", "Lead time days",
     "Description", "Parent SKU", "Colour", "Size"),
    ("GLASS-01", "Carafe, 1 litre", "Own brand", "4006381333931", "12.50", "11.20", "6", "6", "14",
     "Mouth-blown, dishwasher safe", "", "", ""),
    ("TEE-M-RED", "T-shirt", "Own brand", "", "9.00", "", "10", "", "21", "Organic cotton", "TEE", "Red", "M"),
)  # fmt: skip


def template() -> Sheet:
    """A list to begin with: the columns that we know best, and two rows that show how."""
    return Sheet("Products", _TEMPLATE[0], _TEMPLATE[1:])


def to_mend(sheet: catalog.UploadSheet, rows: Sequence[catalog.UploadRow]) -> Sheet:
    """The rows that did not come in, with the columns of their file and why; mended, it can be uploaded as it is."""
    width = max([len(sheet.header), *(len(row.cells) for row in rows)])
    header = [name or f"column {place}" for place, name in enumerate(sheet.header, 1)]
    header += [f"column {place}" for place in range(len(header) + 1, width + 1)]
    more = () if any(name.casefold() == "currency" for name in header) else (sheet.currency,)
    return Sheet(
        "Rows to mend",
        (*header, *(("currency",) if more else ()), "what is wrong"),
        [(*row.cells, *("" for _ in range(width - len(row.cells))), *more, _why(row)) for row in rows],
    )


def _why(row: catalog.UploadRow) -> str:
    """What is wrong with a row; one without its cells is found by its line."""
    return row.why or "" if any(row.cells) else f"line {row.line} of your list: {row.why}"


def ask_layout(upload: Any, *, currency: str) -> Layout | None:
    """Show what we understood of a file and ask what is left open; None when it is no list that can be taken."""
    found = _understood(upload)
    if isinstance(found, str):
        st.error(plain(found), icon=":material/error:")
        return None
    layout, articles, bad = found
    layout = _ask(upload.file_id, layout, currency)
    if layout != found[0]:
        again = _understood(upload, layout)
        if isinstance(again, str):
            st.error(plain(again), icon=":material/error:")
            return None
        _, articles, bad = again
    _preview(articles, bad, layout)
    return layout


Understood = tuple[Layout, tuple[Article, ...], tuple[Reject, ...]]


def _understood(upload: Any, layout: Layout | None = None) -> Understood | str:
    """What stands in the first rows of a file, read once and not at every drawing; or why it is no list."""
    known: dict[Any, Understood | str] = st.session_state.setdefault("understood-lists", {})
    key = (upload.file_id, layout.model_dump_json() if layout else "")
    if key not in known:
        if len(known) > 8:
            known.clear()
        try:
            with on_disk(upload) as path:
                source = catalog.open_list(path)
                used = layout or catalog.guess_layout(source)
                first = list(islice(catalog.read_list(source, used), 200))
        except Invalid as refusal:
            known[key] = refusal.sentence
        else:
            articles = tuple(row for row in first if isinstance(row, Article))[:_SHOWN]
            known[key] = (used, articles, tuple(row for row in first if isinstance(row, Reject))[:_SHOWN])
    return known[key]


class on_disk:  # noqa: N801 - reads as the phrase it is
    """The uploaded file under a name of ours, for as long as the block lasts."""

    def __init__(self, upload: Any) -> None:
        self.upload, self.folder = upload, TemporaryDirectory(prefix="list-")

    def __enter__(self) -> Path:
        path = Path(self.folder.name) / "list"
        path.write_bytes(self.upload.getbuffer())
        return path

    def __exit__(self, *problem: object) -> None:
        self.folder.cleanup()


def _ask(key: str, layout: Layout, currency: str) -> Layout:
    header = [name or f"(column {place})" for place, name in enumerate(layout.header, 1)]
    places = list(range(len(header)))
    with st.container(border=True, key="list-understood"):
        st.markdown("**What we understood**")
        known_fields = [(FIELDS[field], place) for field, place in layout.columns.items() if field in FIELDS]
        used = [f"{label} from “{plain(header[place])}”" for label, place in known_fields]
        tiers = [f"price from {words.number(quantity)}" for quantity, _ in layout.tiers]
        more = [*tiers, *(["price tiers in pairs of columns"] if layout.tier_pairs else []), *layout.options]
        st.caption(" · ".join([*used, *more]))
        for note in layout.notes:
            st.caption(f":material/info: {plain(note)}")
        columns: dict[str, int] = {}
        change = st.expander("Change which column is what", icon=":material/tune:")
        with change, st.grid(3, min_column_width=180, gap="small"):
            for field, label in FIELDS.items():
                known = layout.columns.get(field)
                chosen = st.selectbox(
                    f"{label} *" if field == "sku" else label, places, index=known, key=f"list-column-{field}-{key}",
                    format_func=lambda place: plain(header[place]), placeholder="Not in the file",
                )  # fmt: skip
                if chosen is not None:
                    columns[field] = chosen
        with st.container(horizontal=True):
            decimal = st.selectbox(
                "Decimals", list(DECIMALS), index=list(DECIMALS).index(layout.decimal),
                format_func=DECIMALS.__getitem__, key=f"list-decimal-{key}", width=200,
            )  # fmt: skip
            choices = list(dict.fromkeys([layout.currency or currency, *CURRENCIES]))
            priced = st.selectbox("Currency of the prices", choices, key=f"list-currency-{key}", width=200)
    update: dict[str, Any] = {"columns": dict(sorted(columns.items(), key=lambda one: one[1])), "decimal": decimal}
    if layout.currency or priced != currency:
        update["currency"] = priced
    taken = set(columns.values())
    update["tiers"] = tuple(tier for tier in layout.tiers if tier[1] not in taken)
    update["options"] = {name: place for name, place in layout.options.items() if place not in taken}
    return layout.model_copy(update=update)


def _preview(articles: Sequence[Article], bad: Sequence[Reject], layout: Layout) -> None:
    if not articles:
        st.warning(plain(f"None of the first rows can be read: {bad[0].why}." if bad else "There are no rows."))
        return
    data: dict[str, list[str]] = {
        "Line": [words.number(row.line) for row in articles],
        "SKU": [row.sku for row in articles],
        "Product name": [row.name for row in articles],
    }
    if layout.has_prices:
        data["Price"] = [f"{row.price.normalize():f}" if row.price is not None else "–" for row in articles]
    for quantity in sorted({quantity for row in articles for quantity, _ in row.tiers} - {1}):
        data[f"From {words.number(quantity)}"] = [
            next((f"{price.normalize():f}" for at, price in row.tiers if at == quantity), "–") for row in articles
        ]
    if "moq" in layout.columns:
        data["Minimum order"] = [words.number(row.moq) if row.moq else "–" for row in articles]
    for field, label in FIELDS.items():
        if any(field in row.fields for row in articles):
            data[label] = [str(row.fields.get(field, "–")) for row in articles]
    for option in layout.options:
        data[option] = [row.options.get(option, "–") for row in articles]
    st.caption("The first rows as we read them")
    st.dataframe(data, hide_index=True, height="content", alt="The first rows of the list as we read them")
