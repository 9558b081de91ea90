"""Tables: paged in SQL, with the page and the filters in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import streamlit as st

from app import words
from app.exports import Sheet
from app.narrow import cookie_name
from app.parts.downloads import rows_button
from domain.kernel.errors import Conflict

PAGE_SIZE = 25
_MEDIUM = 236  # pixels: "Water tumbler Vänern 30 cl, Smoke"
# On a telephone: how wide names and other words are, how high their rows (Streamlit breaks lines in rows of more than
# four rem), and how many letters fit on one line.
_NAME, _WORDS, _TALL, _SHORT = 140, 120, 60, 14
_FILE_PAGE = 200


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and what of a row stands in it.

    `kind` is "text", "right" (money, quantities: already in words), "state" (coloured chip by the
    state's value), "open" (the text is a button that opens the row) or "progress" (0 to 100).
    """

    title: str
    value: Callable[[Any], Any]
    kind: str = "text"
    width: Literal["small", "medium", "large"] | int | None = None
    help: str | None = None
    # On a telephone these stand right behind the name, in this order; the others are a swipe away.
    first: bool = False


def paged_table(
    name: str,
    query: Callable[[int, int], tuple[Sequence[Any], int]],
    columns: Sequence[Column],
    *,
    on_open: Callable[[Any], None] | None = None,
    empty: Callable[[], Any] | None = None,
    size: int = PAGE_SIZE,
    alt: str | None = None,
    hint: str | None = None,
    file: Callable[[], Sheet] | None = None,
) -> None:
    """Show one page of `query(page, size) -> (rows, total)`; the page number stands in the address.

    Give `reset_page(name)` as `on_change` to every filter above the table. `on_open` gets the row whose
    button was pressed; it may go to another screen. `hint` says below the rows what one can do with them.
    All rows can be had as a file: as people read them, or what `file` makes where programs want exact values.
    """
    page = page_in_address(name)
    rows, total = query(page, size)
    if not rows and page > 1:
        # A filter or a deleted row has made the list shorter than the page that the address asks for.
        reset_page(name)()
        rows, total = query(1, size)
        page = 1
    if not rows:
        (empty or (lambda: st.caption("Nothing to show.")))()
        return
    table(name, rows, columns, on_open=on_open, alt=alt)
    pager(name, page, len(rows), total, size, file=file or (lambda: _all_rows(alt or name, query, columns)))
    if hint:
        st.caption(hint)


def pager(
    name: str,
    page: int,
    shown: int,
    total: int,
    size: int,
    *,
    more: bool = False,
    file: Callable[[], Sheet] | None = None,
) -> None:
    """Which rows these are, all of them as a file, and the way to the other pages. `more`: there are more than
    were counted."""
    last = -(-total // size)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        first = (page - 1) * size + 1
        whole = f"{words.number(total)}{'+' if more else ''}"
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.caption(f"{words.number(first)}–{words.number(first + shown - 1)} of {whole}", width="content")
            if file is not None:
                rows_button(f"{st.session_state.get('screen', '')}-{name}", file, choices=_choices())
        if last > 1:
            st.pagination(last, key=_page_key(name), bind="query-params")


def _choices() -> dict[str, str]:
    """The filters in the address by code and id; what people typed is left out."""
    typed = ("q", "find")
    return {name: value for name, value in st.query_params.to_dict().items() if not name.endswith(typed)}


def _all_rows(
    title: str, query: Callable[[int, int], tuple[Sequence[Any], int]], columns: Sequence[Column]
) -> Sheet:
    """The whole table as people read it."""
    rows = []
    for row in every_row(query, _FILE_PAGE):
        cells = ((column, column.value(row)) for column in columns)
        rows.append(tuple(words.state_word(cell) if column.kind == "state" else cell for column, cell in cells))
    return Sheet(title, tuple(column.title for column in columns), rows)


def every_row(query: Callable[[int, int], tuple[Sequence[Any], int]], size: int) -> list[Any]:
    """All rows of `query(page, size) -> (rows, total)`, as many as were counted.

    Raises: Conflict, when rows went away in between.
    """
    rows: list[Any] = []
    while True:
        part, total = query(len(rows) // size + 1, size)
        rows += part
        if len(rows) >= total:
            return rows
        if len(part) < size:
            raise Conflict("The list changed while it was read. Please try again.")


def page_in_address(name: str) -> int:
    key = _page_key(name)
    found = str(st.session_state.get(key) or st.query_params.get(key) or 1)
    return max(1, int(found)) if found.isdigit() and len(found) < 7 else 1


def reset_page(name: str) -> Callable[[], None]:
    """What a filter does when it changes: back to the first page."""

    def reset() -> None:
        st.session_state[_page_key(name)] = 1

    return reset


def table(
    name: str,
    rows: Sequence[Any],
    columns: Sequence[Column],
    *,
    on_open: Callable[[Any], None] | None = None,
    alt: str | None = None,
) -> None:
    """A table of rows that are already here."""
    data: dict[str, list[Any]] = {}
    config: dict[str, Any] = {}
    height = None
    if is_narrow():
        columns, height = _for_telephones(rows, columns)
    for column in columns:
        if column.width == "medium":
            column = replace(column, width=_MEDIUM)
        values = [column.value(row) for row in rows]
        if column.kind == "state":
            data[column.title] = [[words.state_word(value)] for value in values]
            states = {words.state_word(value): words.state_colour(value) for value in values}
            config[column.title] = st.column_config.MultiselectColumn(
                column.title, options=list(states), color=list(states.values()), width=column.width, help=column.help
            )
            continue
        data[column.title] = values
        config[column.title] = _config(name, column)
    opened = [column for column in columns if column.kind == "open"]
    st.dataframe(
        data, column_config=config, hide_index=True, alt=alt or name, placeholder="–", height="content",
        row_height=height,
    )  # fmt: skip
    if opened and on_open:
        click = st.session_state.get(f"{name}-open")
        if click is not None:
            # By its text first: a row may have come in between the drawing and the click.
            same = [i for i, row in enumerate(rows) if str(opened[0].value(row)) == str(click["label"])]
            if same:
                on_open(rows[click["row"] if click["row"] in same else same[0]])


def is_narrow() -> bool:
    """Whether this is a telephone, or a window as narrow as one."""
    return st.context.cookies.get(cookie_name()) == "1"


def line_columns(weights: Sequence[float]) -> Sequence[Any]:
    """Places for a line of goods: what it is, how many, what it costs, and the way out.

    On a telephone the last three stand in one row below the first instead of below each other.
    """
    if not is_narrow():
        return st.columns(weights, vertical_alignment="center")
    name = st.container()
    below = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    return name, below.container(width=150), below.container(width="content"), below.container(width="content")


def _for_telephones(rows: Sequence[Any], columns: Sequence[Column]) -> tuple[list[Column], int | None]:
    """The columns in another order, and how high a row is.

    The name is first, whole on two or three lines, then what one looks for first, then what opens the row. A button
    has one line, so a long name that opens its row becomes text, and "View" stands behind it.
    """
    head = next((column for column in columns if _is_wide(column) and column.kind in ("text", "open")), None)
    if head is None:
        return list(columns), None
    opens = [column for column in columns if column.kind == "open"]
    texts, codes = list(columns), []
    if any(_longest(rows, column) > _SHORT for column in opens):
        texts = [replace(column, kind="text") if column.kind == "open" else column for column in columns]
        codes = [text for text, column in zip(texts, columns, strict=True) if column in opens and column is not head]
        opens = [Column(" ", lambda _: "View", "open", 62)]
    elif head.kind == "open":
        opens = []
    head = next(column for column in texts if column.title == head.title)
    firsts = [column for column in texts if column.first and column is not head]
    used = (head, *firsts, *opens, *codes)
    rest = (column for column in texts if column not in used)
    fitted = [_fitted(rows, column) for column in (*firsts[:1], *opens, *firsts[1:], *rest, *codes)]
    ordered = [replace(head, width=_NAME if head.kind == "text" else head.width), *fitted]
    is_tall = any(_longest(rows, column) > _SHORT for column in ordered if column.kind == "text")
    return ordered, _TALL if is_tall else None


def _is_wide(column: Column) -> bool:
    return column.width in ("medium", "large") or (isinstance(column.width, int) and column.width > _NAME)


def _longest(rows: Sequence[Any], column: Column) -> int:
    return max((len(str(column.value(row))) for row in rows), default=0)


def _fitted(rows: Sequence[Any], column: Column) -> Column:
    """Figures on one line, words on two or three."""
    if column.kind == "right":
        return replace(column, width=max(_longest(rows, column) * 8, len(column.title) * 7) + 20)
    longest = _longest(rows, column) if column.kind == "text" else 0
    return column if longest <= _SHORT else replace(column, width=_WORDS if longest < 4 * _SHORT else 2 * _WORDS)


def _config(name: str, column: Column) -> Any:
    kinds: Mapping[str, Callable[[], Any]] = {
        "right": lambda: st.column_config.TextColumn(
            column.title, alignment="right", width=column.width, help=column.help
        ),
        "open": lambda: st.column_config.ButtonColumn(
            column.title, type="tertiary", key=f"{name}-open", width=column.width, help=column.help, alignment="left"
        ),
        "progress": lambda: st.column_config.ProgressColumn(
            column.title, min_value=0, max_value=100, format="%d%%", width=column.width, help=column.help
        ),
    }
    plain = lambda: st.column_config.TextColumn(column.title, width=column.width, help=column.help)  # noqa: E731
    return kinds.get(column.kind, plain)()


def _page_key(name: str) -> str:
    return f"{name}-page"
