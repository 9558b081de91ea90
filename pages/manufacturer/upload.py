"""Many products at once: a list is understood, checked, brought in by the worker, mended, and taken back."""

from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.exports import Sheet
from app.navigation import go, guard, guarded_fragment
from app.parts import Column, Tile, empty_state, metric_tiles, page_header, plain, section, table
from app.parts.address import id_or_none
from app.parts.catalog_file import LARGEST_MB, TYPES, ask_layout, on_disk, template, to_mend
from app.parts.dialogs import confirm
from app.parts.downloads import rows_button
from app.parts.forms import settle
from domain import catalog
from domain.catalog import Layout, UploadMode, UploadRow, UploadSheet
from domain.kernel.work import Work

SHOWN = 25
AT_A_TIME = 500
MODES = {
    UploadMode.GOOD: "The good rows; the others are named",
    UploadMode.ALL: "All rows or none",
}

who, actor = guard()


def check(work: Work, *, upload: Any, layout: Layout, tell: catalog.UploadProgress) -> UUID:
    with on_disk(upload) as path:
        return catalog.check_upload(
            work, path=path, name=upload.name, layout=layout, currency=who.currency, progress=tell
        )


# --- a new list ------------------------------------------------------------------------------------


def draw_new() -> None:
    with st.container(border=True):
        st.caption(
            f"A price list or a list of products: CSV, or a workbook (XLSX, XLS, ODS), up to {LARGEST_MB} MB. Columns"
            " may have any names and any order; what you sell already is found by its SKU. Nothing changes before you"
            " say so."
        )
        upload = st.file_uploader(
            "List of products", type=TYPES, max_upload_size=LARGEST_MB, label_visibility="collapsed",
            key=f"list-file-{st.session_state.get('list-round', 0)}",
        )  # fmt: skip
    if upload is None:
        return
    layout = ask_layout(upload, currency=who.currency)
    if layout is None:
        return
    if "sku" not in layout.columns:
        st.info("Please choose the column with the SKU.", icon=":material/rule:")
        return
    if st.button("Check the list", type="primary", icon=":material/fact_check:", key="list-check"):
        bar = st.progress(0.0, text="Reading the list")

        def tell(what: str, done: int, whole: int) -> None:
            rows = f": {words.count(done, 'line')}" if done else ""
            bar.progress(min(done / whole, 1.0) if whole else 0.5, text=plain(f"{what[:1].upper()}{what[1:]}{rows}"))

        def show(upload_id: UUID) -> None:
            st.session_state["list-round"] = st.session_state.get("list-round", 0) + 1
            go("manufacturer-upload", upload=upload_id)

        settle(check, show, upload=upload, layout=layout, tell=tell)
        bar.empty()


def draw_past() -> None:
    section("Lists so far")
    uploads = ask(catalog.my_uploads)
    if not uploads:
        what_next = "Upload your price list above, or begin with the template."
        empty_state("upload_file", "No list has come in yet", what_next)
        return
    table(
        "uploads",
        uploads,
        [
            Column("File", lambda row: row.file_name, "open", width="medium"),
            Column("State", lambda row: f"upload_{row.state}", "state", first=True),
            Column("New", lambda row: words.number(row.rows_new), "right"),
            Column("Changed", lambda row: words.number(row.rows_changed), "right"),
            Column("Bad", lambda row: words.number(row.rows_bad), "right"),
            Column("Started", lambda row: words.instant(row.started_at)),
        ],
        on_open=lambda row: go("manufacturer-upload", upload=row.upload_id),
        alt="Lists that have come in",
    )


# --- one list --------------------------------------------------------------------------------------


def draw_tiles(sheet: UploadSheet) -> None:
    is_over = sheet.state in ("done", "failed", "undone")
    metric_tiles(
        [
            Tile("New", words.number(sheet.rows_new), "SKUs that you do not sell yet; they come in as drafts."),
            Tile("Changed", words.number(sheet.rows_changed), "Products of yours that the list changes."),
            Tile("Unchanged", words.number(sheet.rows_unchanged), "Rows that say what your catalogue says."),
            Tile("Bad", words.number(sheet.rows_bad), f"Rows that {'did' if is_over else 'do'} not come in."),
        ]
    )
    for note in sheet.notes:
        st.caption(f":material/info: {plain(note)}")


def draw_bad(sheet: UploadSheet) -> None:
    if not sheet.rows_bad:
        return
    section("Rows to mend", "Download them, mend them in your spreadsheet program, and upload that file.")
    rows = ask(catalog.upload_rows, upload_id=sheet.upload_id, limit=SHOWN)
    table(
        "bad-rows",
        rows,
        [
            Column("Line", lambda row: words.number(row.line), "right", width="small"),
            Column("What is wrong", lambda row: words.sentence_case(row.why), width="large"),
            Column("The row", lambda row: " · ".join(cell for cell in row.cells if cell) or "–", width="large"),
        ],
        alt="Rows that cannot come in, and why",
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        shown = f"The first {SHOWN} of {words.count(sheet.rows_bad, 'line')}" if sheet.rows_bad > SHOWN else ""
        if sheet.rows_bad > catalog.MOST_TO_MEND:
            shown += f"; the file has only the first {words.number(catalog.MOST_TO_MEND)}"
        st.caption(shown or words.count(sheet.rows_bad, "line"), width="content")
        rows_button(
            "rows-to-mend", lambda: all_bad(sheet), choices={"upload": str(sheet.upload_id)}, label="Download to mend"
        )


def all_bad(sheet: UploadSheet) -> Sheet:
    return to_mend(sheet, ask(catalog.upload_rows, upload_id=sheet.upload_id, limit=catalog.MOST_TO_MEND))


def draw_flagged(sheet: UploadSheet) -> None:
    if not sheet.rows_flagged:
        return
    section("Prices that change by more than a quarter", "Often a decimal mark or a unit has slipped.")
    rows = ask(catalog.upload_rows, upload_id=sheet.upload_id, which="flagged", limit=SHOWN)
    table("flagged-rows", rows, flagged_columns(sheet), alt="Prices that change by more than a quarter")
    if sheet.rows_flagged > SHOWN:
        st.caption(f"The first {SHOWN} of {words.count(sheet.rows_flagged, 'price')}")


def flagged_columns(sheet: UploadSheet) -> list[Column]:
    def change(row: UploadRow) -> str:
        sign = "+" if row.price_change is not None and row.price_change > 0 else ""
        return "–" if row.price_change is None else f"{sign}{words.percent(row.price_change)}"

    return [
        Column("Line", lambda row: words.number(row.line), "right", width="small"),
        Column("SKU", lambda row: row.sku or "–"),
        Column("New price", lambda row: words.unit_price(row.price, sheet.currency), "right"),
        Column("Change", change, "right"),
    ]


def draw_checked(sheet: UploadSheet) -> None:
    draw_tiles(sheet)
    draw_choice(sheet)
    draw_flagged(sheet)
    draw_bad(sheet)


def draw_choice(sheet: UploadSheet) -> None:
    if not sheet.rows_good:
        is_same = sheet.rows_unchanged and not sheet.rows_bad
        same = "Your catalogue says all of this already; nothing would change."
        st.info(same if is_same else "No row can come in.", icon=":material/check:" if is_same else ":material/rule:")
        return
    with st.container(border=True):
        mode = UploadMode.ALL
        if sheet.rows_bad:
            mode = st.radio("What comes in", list(MODES), format_func=MODES.__getitem__, key=f"mode-{sheet.upload_id}")
            if mode is UploadMode.ALL:
                st.caption(f"{words.count(sheet.rows_bad, 'line')} would have to be mended first, so nothing comes in.")
        label = f"Bring in {words.count(sheet.rows_good, 'line')}"
        if st.button(
            label, type="primary", icon=":material/download_done:", key=f"start-{sheet.upload_id}",
            disabled=mode is UploadMode.ALL and bool(sheet.rows_bad),
        ) and settle(catalog.start_upload, upload_id=sheet.upload_id, mode=mode):  # fmt: skip
            st.rerun()


@guarded_fragment(run_every="2s")
def draw_running(upload_id: UUID) -> None:
    sheet = ask(catalog.upload_sheet, upload_id=upload_id)
    if sheet.state not in ("waiting", "running"):
        st.rerun()
    done, whole = sheet.rows_done, sheet.rows_good
    text = f"{words.number(done)} of {words.count(whole, 'line')}" if done else "Waits for the worker, a few seconds"
    st.progress(done / whole if whole else 0.0, text=text)
    st.caption("You may leave this screen: it goes on by itself, and a notice tells you when a long list is in.")


def publish(sheet: UploadSheet) -> None:
    """Put what came in on sale, a part at a time, so that one that cannot go does not hold up all of them."""
    bar, done = st.progress(0.0, text="Putting on sale"), 0
    while True:
        drafts = ask(catalog.drafts_of_upload, upload_id=sheet.upload_id, limit=AT_A_TIME)
        if not drafts or not settle(catalog.publish_offers, offer_ids=drafts):
            break
        done += len(drafts)
        bar.progress(min(done / sheet.drafts, 1.0), text=f"{words.number(done)} of {words.number(sheet.drafts)}")
    bar.empty()
    if done:
        st.rerun()


def draw_done(sheet: UploadSheet) -> None:
    if sheet.state == "failed":
        st.error(plain(f"This list could not come in: {sheet.problem}"), icon=":material/error:")
    elif sheet.state == "done":
        st.success(plain(f"{words.count(sheet.rows_done, 'line')} came in."), icon=":material/check_circle:")
    draw_tiles(sheet)
    with st.container(horizontal=True):
        if sheet.drafts and sheet.state == "done":
            label = f"Put {words.count(sheet.drafts, 'new product')} on sale"
            if st.button(label, type="primary", icon=":material/storefront:", key="list-publish"):
                publish(sheet)
        can_undo = sheet.rows_done and sheet.state in ("done", "failed")
        if can_undo and st.button("Undo this list", icon=":material/undo:"):
            confirm(
                "Undo this list?",
                "New products go off sale and everything else is as it was before. What was ordered, has stock or was"
                " changed since stays as it is.",
                "Undo", lambda: perform(catalog.undo_upload, upload_id=sheet.upload_id, done="The list was undone."),
            )  # fmt: skip
    draw_bad(sheet)


def draw_undone(sheet: UploadSheet) -> None:
    kept = f"; {words.count(sheet.rows_kept, 'line')} stayed" if sheet.rows_kept else ""
    back = f"{words.count(sheet.rows_undone, 'line')} of this list were taken back{kept}."
    st.info(plain(back), icon=":material/undo:")
    if not sheet.rows_kept:
        return
    section("What stayed, and why")
    rows = ask(catalog.upload_rows, upload_id=sheet.upload_id, which="kept", limit=SHOWN)
    table(
        "kept-rows",
        rows,
        [
            Column("Line", lambda row: words.number(row.line), "right", width="small"),
            Column("SKU", lambda row: row.sku or "–"),
            Column("Product", lambda row: row.name or "–", width="medium"),
            Column("Why it stayed", lambda row: words.sentence_case(row.kept or "–")),
        ],
        alt="Rows that were not taken back",
    )


def actions() -> None:
    rows_button("product-template", template, choices={}, label="Template")


upload_id = id_or_none("upload")
if upload_id is None:
    page_header(
        "Bring in a list", "Products and prices from a file, many at once", actions,
        back=("Products", "manufacturer-products"),
    )  # fmt: skip
    draw_new()
    draw_past()
else:
    sheet = ask(catalog.upload_sheet, upload_id=upload_id)
    page_header(
        sheet.file_name, f"Checked {words.instant(sheet.checked_at)} · {words.count(sheet.rows, 'line')}",
        state=f"upload_{sheet.state}", back=("Lists", "manufacturer-upload"),
    )  # fmt: skip
    if sheet.state == "checked":
        draw_checked(sheet)
    elif sheet.state in ("waiting", "running"):
        draw_running(sheet.upload_id)
    elif sheet.state == "undone":
        draw_undone(sheet)
    else:
        draw_done(sheet)
