"""What we sold before we joined: bring it in from a file, and see it by month."""

import re
import shutil
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import streamlit as st

from app import words
from app.bridge import ask
from app.exports import Sheet
from app.navigation import guard
from app.parts import Column, Tile, bars, empty_state, metric_tiles, page_header, plain, section, table
from app.parts.downloads import rows_button
from app.parts.forms import settle
from app.parts.sales_file import ask_layout
from domain import orders
from domain.kernel.work import Work
from domain.orders import BadHistory, ImportedHistory, Layout

SHEETS = {"suppliers.csv", "buyers.csv", "products.csv", "orders.csv", "order_lines.csv"}
SHOWN = 100

who, actor = guard()


def bring(
    work: Work, *, uploads: list[Any], layout: Layout | None, name: str, dry_run: bool, tell: orders.ImportProgress
) -> ImportedHistory | BadHistory:
    """Hand the files over, or say what is wrong with them: a refused file is an answer here and no mishap."""
    with TemporaryDirectory(prefix="sales-") as folder:
        for place, upload in enumerate(uploads):
            upload.seek(0)
            # The name is the person's and may be a path; what is written to the disk has one of ours.
            target = Path(folder) / (upload.name if upload.name in SHEETS else f"{place}.csv")
            with target.open("wb") as file:
                shutil.copyfileobj(upload, file)
        path = Path(folder) / "0.csv" if layout else Path(folder)
        try:
            return orders.bring_past(work, path=path, name=name, layout=layout, progress=tell, dry_run=dry_run)
        except BadHistory as refusal:
            return refusal


def try_it(uploads: list[Any], layout: Layout | None, name: str, *, dry_run: bool) -> None:
    bar = st.progress(0.0, text="Reading the file")

    def tell(what: str, done: int, whole: int) -> None:
        bar.progress(min(done / (whole or 1), 1.0), text=plain(what[:1].upper() + what[1:]))

    def keep(answer: ImportedHistory | BadHistory) -> None:
        st.session_state["past-answer"] = (signature(uploads, layout, name), answer)
        if isinstance(answer, ImportedHistory) and answer.is_new and not dry_run:
            st.session_state["past-done"] = answer
            st.session_state["past-round"] = st.session_state.get("past-round", 0) + 1

    if settle(bring, keep, uploads=uploads, layout=layout, name=name, dry_run=dry_run, tell=tell):
        st.rerun()
    bar.empty()


def signature(uploads: list[Any], layout: Layout | None, name: str) -> tuple[Any, ...]:
    return (tuple(upload.file_id for upload in uploads), layout.model_dump_json() if layout else "", name)


# --- what is here --------------------------------------------------------------------------------


def draw_past(brought: list[orders.PastRow]) -> None:
    if not brought:
        empty_state(
            "history", "Nothing brought in yet",
            "Upload the sales of your old system below. They count in your figures; besides you only the platform's "
            "staff sees them.",
        )  # fmt: skip
        return
    months = ask(orders.my_past_by_month)
    currencies = list(dict.fromkeys(row.currency for row in brought))
    tiles = [
        Tile(
            f"Past sales, {currency}",
            words.money_short(sum(row.gmv for row in brought if row.currency == currency), currency),
            "Goods value of all orders that were not cancelled, without tax, freight and credit notes.",
        )
        for currency in currencies
    ]
    tiles += [
        Tile("Orders", words.number(sum(row.orders for row in brought)), "Orders and credit notes brought in."),
        Tile("Lines", words.number(sum(row.lines for row in brought)), "Lines of these orders."),
    ]
    metric_tiles(tiles)
    for currency in currencies:
        draw_months(
            [(row.month_on, row.gmv) for row in months if row.currency == currency], currency, "Past sales by month"
        )
    table(
        "past",
        brought,
        [
            Column("Name", lambda row: row.name),
            Column("Sales", lambda row: words.money(row.gmv, row.currency), "right"),
            Column("Orders", lambda row: words.number(row.orders), "right"),
            Column("Lines", lambda row: words.number(row.lines), "right"),
            Column("Customers", lambda row: words.number(row.customers), "right"),
            Column("From", lambda row: words.day(row.first_at, time_zone=row.time_zone)),
            Column("To", lambda row: words.day(row.last_at, time_zone=row.time_zone)),
            Column("Brought in", lambda row: words.instant(row.imported_at)),
        ],
        alt="What was brought in",
    )


def draw_months(months: Any, currency: str, title: str) -> None:
    if not months:
        return
    with st.container(border=True):
        section(f"{title}, {currency}", "Goods value by the month of the order; cancelled orders are left out.")
        bars(
            [f"{month:%Y-%m}" for month, _ in months], [float(gmv) for _, gmv in months], name=f"Sales ({currency})",
            alt=f"Goods value of past orders in each of {len(months)} months",
        )  # fmt: skip


# --- bringing something in -----------------------------------------------------------------------


def draw_form() -> None:
    section("Bring in a file")
    st.caption(
        "CSV with one line per order line, as your shop or accounting program exports it; up to 200 MB and a million"
        " lines. Or the five files suppliers, buyers, products, orders and order_lines."
    )
    uploads = st.file_uploader(
        "Sales file", type=["csv", "txt", "tsv"], accept_multiple_files=True, max_upload_size=200,
        key=f"past-files-{st.session_state.get('past-round', 0)}", label_visibility="collapsed",
    )  # fmt: skip
    if not uploads:
        return
    layout: Layout | None = None
    if sorted(upload.name for upload in uploads) != sorted(SHEETS):
        if len(uploads) > 1:
            st.warning("Upload one file at a time, or all of the five files.", icon=":material/error:")
            return
        [upload] = uploads
        if not upload.size:
            st.warning("This file is empty.", icon=":material/error:")
            return
        layout = ask_layout(upload, key=upload.file_id, name=upload.name, currency=who.currency)
        if layout is None:
            return
    name = st.text_input(
        "Name for this import", suggested(uploads), max_chars=60, width=360, key=f"past-name-{uploads[0].file_id}",
        help="So that you find it again. Letters, digits, dots, hyphens and underscores.",
    )  # fmt: skip
    st.caption(plain(f"Times without a zone are those of {who.time_zone}. Nothing is written by a check."))
    known, answer = st.session_state.get("past-answer", (None, None))
    is_checked = known == signature(uploads, layout, name or "")
    can_bring = is_checked and isinstance(answer, ImportedHistory) and answer.is_new and answer.is_dry_run
    if can_bring:
        draw_report(answer)
        label = f"Bring in {words.count(answer.orders, 'order')}"
        st.caption("What is brought in stays: it cannot be taken back here.")
        if st.button(label, type="primary", icon=":material/download_done:", key="past-bring"):
            try_it(uploads, layout, name or "", dry_run=False)
        return
    if is_checked and isinstance(answer, ImportedHistory) and not answer.is_new:
        st.info(plain(f"This file is in already, as {answer.name}. Nothing was changed."), icon=":material/check:")
    if is_checked and isinstance(answer, BadHistory):
        draw_problems(answer)
    if st.button("Check the file", type="primary", icon=":material/fact_check:", key="past-check"):
        try_it(uploads, layout, name or "", dry_run=True)


def suggested(uploads: list[Any]) -> str:
    stem = Path(uploads[0].name).stem if len(uploads) == 1 else "history"
    bare = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", bare).strip("-._")[:60] or "sales"


def draw_report(answer: ImportedHistory, *, with_months: bool = True) -> None:
    report = answer.report
    if report is None:
        return
    verb = "would come in" if answer.is_dry_run else "came in"
    total = sum(gmv for _, gmv in report.gmv_by_month)
    st.success(
        plain(
            f"{words.count(answer.orders, 'order')} with {words.count(answer.lines, 'line')} {verb},"
            f" from {words.day(report.first_on)} to {words.day(report.last_on)}."
        ),
        icon=":material/check_circle:",
    )
    metric_tiles(
        [
            Tile("Sales", words.money_short(total, answer.currency), "Goods value of orders, cancelled ones left out."),
            Tile("Credit notes", words.number(report.returns), "Goods that came back; they are kept apart from sales."),
            Tile("New customers", words.number(report.new_buyers), "Customers that no earlier file had."),
            Tile(
                "Products",
                words.number(report.new_products + report.matched_products),
                f"{words.number(report.matched_products)} of them you sell here already, by their SKU.",
            ),
        ]
    )
    for note in answer.notes:
        st.caption(f":material/info: {plain(note)}")
    if with_months:
        title = "What would come in" if answer.is_dry_run else "What came in"
        draw_months(list(report.gmv_by_month), answer.currency, title)


def draw_problems(refusal: BadHistory) -> None:
    found = words.count(refusal.count, "problem")
    st.error(plain(f"{found} found. Nothing was brought in."), icon=":material/error:")
    table(
        "problems",
        refusal.problems[:SHOWN],
        [
            Column("Line", lambda row: words.number(row.line) if row.line else "–", "right", width="small"),
            Column("Column", lambda row: row.column or "–"),
            Column("What is wrong", lambda row: row.what, width="large"),
            Column("File", lambda row: row.file),
        ],
        alt="What is wrong with the file",
    )
    known = len(refusal.problems)
    if refusal.count > SHOWN:
        rest = "all of them" if known == refusal.count else f"the first {words.number(known)}"
        st.caption(f"The first {SHOWN} are shown; the file has {rest}.")
    rows_button("problems", lambda: problem_sheet(refusal), choices={"found": str(refusal.count)})


def problem_sheet(refusal: BadHistory) -> Sheet:
    rows = [(row.file, row.line or None, row.column, row.what) for row in refusal.problems]
    return Sheet("Problems", ("file", "line", "column", "problem"), rows, ("text", "count"))


page_header("Past sales", "What you sold before you joined, brought in from a file")
brought = ask(orders.my_past)
done = st.session_state.pop("past-done", None)
if done is not None:
    with st.container(border=True, key="past-report"):
        # The first file is all of the past, whose months stand below anyway.
        draw_report(done, with_months=len(brought) > 1)
draw_past(brought)
draw_form()
