"""Quick order: paste or upload article numbers with quantities, mend what is not clear, and fill the basket at once."""

from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask_quietly, perform
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, plain, section, table
from domain import orders
from domain.kernel.errors import DomainError
from domain.orders import QuickLine, QuickOrder, Substitute

guard()
KEPT = "quick-order"
EXAMPLE = "SKU;Quantity\nAB-1042;120\n4006381333931;2 case\n50 x AB-1043"


def read(pasted: str) -> None:
    """Keep what the lines mean; they are read once, and chosen from in further drawings."""
    try:
        st.session_state[KEPT] = ask_quietly(orders.read_quick_order, pasted=pasted)
    except DomainError as refusal:
        st.session_state.pop(KEPT, None)
        st.error(plain(refusal.sentence), icon=":material/error:")


def forget() -> None:
    st.session_state.pop(KEPT, None)


def as_text(content: bytes) -> str:
    """A file as text: what spreadsheets save as CSV, in the encodings that they use."""
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def draw_entry() -> None:
    left, right = st.columns([1.6, 1], gap="medium")
    with left, st.container(border=True):
        section("Paste your lines")
        pasted = st.text_area(
            "Article numbers and quantities", key="pasted", height=260, placeholder=EXAMPLE, max_chars=100_000,
            label_visibility="collapsed",
        )  # fmt: skip
        if st.button("Read the lines", type="primary", icon=":material/playlist_add_check:", disabled=not pasted):
            read(pasted or "")
            st.rerun() if KEPT in st.session_state else None
    with right, st.container(border=True):
        section("Or upload a file")
        file = st.file_uploader("CSV or text, at most 1,000 lines", type=["csv", "txt", "tsv"], max_upload_size=1)
        if file is not None and st.button("Read the file", icon=":material/upload_file:"):
            read(as_text(file.getvalue()))
            st.rerun() if KEPT in st.session_state else None
        st.markdown(
            ":gray[:small[One line each: an article number or a barcode, and how many. Semicolons, commas, tabs and "
            "spaces are understood, and packs too: “2 case”.]]"
        )


def price_of(one: Substitute) -> str:
    told = words.stock(one.stock, one.available)
    price = words.unit_price(one.unit_price, one.currency)
    return f"{one.name} · {one.seller_name} ({one.sku}) · {price}" + (f" · {told}" if told else "")


def chosen_for(line: QuickLine) -> UUID | None:
    return st.session_state.get(f"choice-{line.line_no}")


def draw_open(lines: list[QuickLine]) -> None:
    """Lines that need a choice, each with what could be meant or serve instead."""
    for line in lines[:60]:
        by_id = {one.offer_id: price_of(one) for one in line.substitutes}
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"**Line {line.line_no}:** {plain(line.typed)}  \n:gray[:small[{plain(line.why or '')}]]")
            if by_id:
                st.selectbox(
                    "Take", list(by_id), index=None, format_func=by_id.__getitem__,
                    key=f"choice-{line.line_no}", placeholder="Leave it out", label_visibility="collapsed",
                )  # fmt: skip
    if len(lines) > 60:
        st.caption(f"{words.number(len(lines) - 60)} more lines are not clear; mend them in your list and paste again.")


def wanted_of(found: QuickOrder) -> tuple[dict[UUID, int], list[int]]:
    """What goes into the basket, and the lines whose pack the chosen offer is not sold in."""
    wanted: dict[UUID, int] = {}
    wrong = []
    for line in found.lines:
        offer_id, quantity = line.offer_id, line.quantity
        if line.state in ("ambiguous", "unknown"):
            offer_id = chosen_for(line)
            one = next((each for each in line.substitutes if each.offer_id == offer_id), None)
            quantity = orders.units_of(line.count, line.pack, one.packs) if one else None
            if one and quantity is None:
                wrong.append(line.line_no)
        if offer_id is not None and quantity:
            wanted[offer_id] = wanted.get(offer_id, 0) + quantity
    return wanted, wrong


def draw_found(lines: list[QuickLine]) -> None:
    table(
        "found",
        lines,
        [
            Column("Line", lambda line: words.number(line.line_no), "right", "small"),
            Column("Product", lambda line: line.substitutes[0].name if line.substitutes else ""),
            Column("Supplier", lambda line: line.substitutes[0].seller_name if line.substitutes else ""),
            Column("Article", lambda line: line.code),
            Column("Quantity", lambda line: words.number(line.quantity or 0), "right"),
            Column(
                "Price each",
                lambda line: (
                    words.unit_price(line.substitutes[0].unit_price, line.substitutes[0].currency)
                    if line.substitutes
                    else ""
                ),
                "right",
            ),
            Column("Note", lambda line: line.why or ""),
        ],
        alt="Lines that were found",
    )


def draw_result(found: QuickOrder) -> None:
    by_state: dict[str, list[QuickLine]] = {}
    for line in found.lines:
        by_state.setdefault(line.state, []).append(line)
    good = by_state.get("found", [])
    open_ones = by_state.get("ambiguous", []) + by_state.get("unknown", [])
    bad = by_state.get("wrong", [])
    wanted, wrong = wanted_of(found)
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        parts = [f":green[{words.count(len(good), 'line')} found]"]
        if open_ones:
            parts.append(f":orange[{words.count(len(open_ones), 'line')} to choose]")
        if bad:
            parts.append(f":red[{words.count(len(bad), 'line')} to mend]")
        st.markdown("**" + " · ".join(parts) + "**", width="content")
        with st.container(horizontal=True, width="content"):
            st.button("Start over", on_click=forget)
            if st.button(
                f"Put {words.count(len(wanted), 'product')} into the basket", type="primary", disabled=not wanted,
                icon=":material/add_shopping_cart:",
            ):  # fmt: skip
                done: list[int] = []
                perform(orders.add_many_to_basket, quantities=wanted, then=done.append)
                if done:
                    forget()
                    go("retailer-basket")
    for number in wrong[:5]:
        st.warning(f"Line {number}: what you chose is not sold in that pack. Choose another, or leave it out.")
    if open_ones:
        section("Please choose")
        draw_open(open_ones)
    if bad:
        section("Not understood")
        table(
            "wrong", bad,
            [
                Column("Line", lambda line: words.number(line.line_no), "right", "small"),
                Column("What you wrote", lambda line: line.typed), Column("Why", lambda line: line.why or ""),
            ],
            alt="Lines that could not be read",
        )  # fmt: skip
    if good:
        section("Found")
        draw_found(good)
    elif not open_ones:
        empty_state("search_off", "Nothing was found", "Look at the article numbers, or search for the products.",
                    ("Find products", "retailer-products"))  # fmt: skip


page_header("Quick order", "Paste article numbers and quantities", back=("Basket", "retailer-basket"))
known = st.session_state.get(KEPT)
if isinstance(known, QuickOrder):
    draw_result(known)
else:
    draw_entry()
