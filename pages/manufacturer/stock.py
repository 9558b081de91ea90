"""What lies where: by product and by place, what is kept back, and what comes in."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard, page_of
from app.parts import Column, Tile, empty_state, metric_tiles, page_header, paged_table, section
from app.parts.filters import choice, search_box, tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.periods import today
from app.parts.stocked import lot_name, named, pick_place, pick_product, place_names, serials_of
from domain import identity, stock
from domain.identity import Permission
from domain.stock import AllocationRow, HoldRow, LocationKind, ProductStock

who, actor = guard()
may_manage, sees_costs = actor.may(Permission.MANAGE_STOCK), actor.may(Permission.SEE_COSTS)
is_kept = ask(identity.reach_of).warehouses is not None  # those who work in some of them add none
tree = ask(stock.places)
names = place_names(tree)
buildings = {row.location_id: row.name for row in tree if row.depth == 0}
VIEWS = {"products": "Products", "places": "Places", "kept": "Kept back", "moves": "Movements"}


@guarded_dialog("Add a warehouse")
def add_warehouse() -> None:
    with st.form(once("warehouse"), border=False):
        name = st.text_input("Name", max_chars=120, placeholder="Warehouse Hamburg")
        places = {place.site_id: words.address(place.model_dump()) for place in ask(identity.my_sites)}
        site_id = st.selectbox(
            "Where it is", list(places), format_func=places.__getitem__, index=None, placeholder="One of your places",
            help="Who works in this warehouse receives what is delivered there.",
        )  # fmt: skip
        if st.form_submit_button("Add warehouse", type="primary") and settle(
            stock.add_location, request="warehouse", name=name or "", site_id=site_id, done="The warehouse is added."
        ):
            st.rerun()


@guarded_dialog("Add a zone or bin")
def add_part() -> None:
    with st.form(once("part"), border=False):
        within = {row.location_id: names[row.location_id] for row in tree if row.kind != LocationKind.BIN}
        parent_id = pick_place("In", within)
        kind = st.segmented_control(
            "What it is", [LocationKind.ZONE, LocationKind.BIN], default=LocationKind.BIN, required=True,
            format_func=words.stock_place, help="A zone holds bins, such as a hall or a cold room.",
        )  # fmt: skip
        name = st.text_input("Name", max_chars=120, placeholder="A-01-03")
        if st.form_submit_button("Add", type="primary") and settle(
            stock.add_location, request="part", name=name or "", kind=kind, parent_id=parent_id, done="Added."
        ):
            st.rerun()


@guarded_dialog("Receive goods", width="medium")
def receive() -> None:
    variant_id = pick_product("receive")
    if variant_id is None:
        return
    with st.form(once("receive"), border=False):
        place = pick_place("Place", names)
        one, two = st.columns(2)
        quantity = one.number_input("Quantity in single units", 1, value=1, step=1)
        lot = two.text_input("Lot (optional)", max_chars=60)
        expires = one.date_input("Best before (optional)", value=None, min_value=today())
        made = two.date_input("Made on (optional)", value=None, max_value=today())
        cost = one.number_input(
            f"What a unit cost, {who.currency} (optional)", 0.0, value=None, step=0.01, format="%.4f",
            help="Values your stock: what leaves takes the oldest cost first.",
        ) if sees_costs else None  # fmt: skip
        serials = st.text_area(
            "Serial numbers (optional)", placeholder="One a line, as many as units", height=68, max_chars=20000
        )
        if st.form_submit_button("Receive", type="primary") and settle(
            stock.receive_stock, request="receive", variant_id=variant_id, location_id=place, quantity=int(quantity),
            lot=(lot or "").strip() or stock.NO_LOT, expires_on=expires, made_on=made,
            unit_cost=None if cost is None else Decimal(str(cost)), currency=None if cost is None else who.currency,
            serials=serials_of(serials), done=f"{words.number(int(quantity))} units received.",
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("Keep goods back", width="medium")
def hold() -> None:
    variant_id = pick_product("hold")
    if variant_id is None:
        return
    with st.form(once("hold"), border=False):
        one, two = st.columns(2)
        quantity = one.number_input("Units", 1, value=1, step=1)
        until = two.date_input("Until the end of (optional)", value=None, min_value=today())
        note = st.text_input("For whom or what", max_chars=200, placeholder="The fair in Lyon")
        st.caption("Nobody can order them meanwhile. They are free again after that day, or when you let go.")
        ends = datetime.combine(until + timedelta(days=1), time(), ZoneInfo(who.time_zone)) if until else None
        if st.form_submit_button("Keep back", type="primary") and settle(
            stock.hold_stock, request="hold", variant_id=variant_id, quantity=int(quantity), note=note or "",
            expires_at=ends, done="Kept back.",
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("Keep for a customer", width="medium")
def allocate() -> None:
    variant_id = pick_product("allocate")
    customers = {row.org_id: row.name for row in ask(stock.customers_to_keep_for)}
    if variant_id is None or not customers:
        st.caption("Nobody has ordered from you yet, so there is nobody to keep goods for.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scarce = st.number_input("Units to share out", 1, value=100, step=10, width=180)
        shares = ask(stock.fair_shares, variant_id=variant_id, quantity=int(scarce))
    for share in shares[:5]:
        st.caption(f"{words.number(share.quantity)} for {share.holder_name}: {share.why}".replace("$", r"\$"))
    with st.form(once("allocate"), border=False):
        suggested = {row.holder_id: row.quantity for row in shares}
        holder = st.selectbox("Customer", list(customers), format_func=customers.__getitem__)
        one, two = st.columns(2)
        quantity = one.number_input("Units", 1, value=max(next(iter(suggested.values()), 1), 1), step=1)
        until = two.date_input("Until the end of", today() + timedelta(days=14), min_value=today())
        note = st.text_input("Note (optional)", max_chars=200)
        st.caption("Only this customer can order them. What is left after that day is free for all.")
        if st.form_submit_button("Keep", type="primary") and settle(
            stock.allocate_stock, request="allocate", variant_id=variant_id, holder_id=holder, quantity=int(quantity),
            ends_at=datetime.combine(until + timedelta(days=1), time(), ZoneInfo(who.time_zone)), note=note or "",
            done="Kept.",
        ):  # fmt: skip
            st.rerun()


def actions() -> None:
    for url, label, icon in (
        ("manufacturer-lots", "Lots", "qr_code_2"), ("manufacturer-transfers", "Transfers", "sync_alt"),
        ("manufacturer-counts", "Counts", "checklist"),
    ):  # fmt: skip
        st.page_link(page_of(url), label=label, icon=f":material/{icon}:")
    if may_manage and names and st.button("Receive goods", type="primary", icon=":material/input:"):
        receive()
    if may_manage and not is_kept and st.button("Add a warehouse", icon=":material/add_business:"):
        add_warehouse()


totals = ask(stock.stock_totals)
places_said = "1 warehouse" if len(buildings) == 1 else f"{len(buildings)} warehouses"
page_header("Stock", f"{words.number(totals.on_hand)} units in {places_said}", actions)
if not names:
    empty_state(
        "warehouse", "No warehouse yet",
        "Ask the owner to assign one to you." if is_kept else "Add a warehouse first; then receive goods into it.",
    )  # fmt: skip
    st.stop()
metric_tiles(
    [
        Tile("On hand", words.number(totals.on_hand), "Units in your warehouses and stores, all lots.",
             "The sum of all movements; layers and reservations are compared with it on every check."),
        Tile("Free to sell", words.number(totals.free),
             f"On hand, not reserved, not on hold and not expired; {words.number(totals.allocated)} of them are kept"
             " for customers, and only they can order those."),
        Tile("Reserved", words.number(totals.reserved), "Held for orders and kept back by hand."),
        Tile("On the way", words.number(totals.in_transit + totals.set_aside),
             "In transit between your places, and set aside because it did not arrive well."),
        Tile("On hold or expired", words.number(totals.on_hold + totals.expired),
             "Lots that are stopped, called back or past their date: nobody can order them."),
    ],
    columns=5,
)  # fmt: skip
bar = st.container(horizontal=True, vertical_alignment="center")
with bar:
    show = tabs_of("stock", VIEWS)


def draw_products() -> None:
    with bar:
        find = search_box("stock", "Product or SKU")
        options = {str(key): label for key, label in names.items()}
        place = choice("stock", "All places", options, key="warehouse", width=230) if len(names) > 1 else None

    def page_of_stock(page: int, size: int) -> tuple[list[ProductStock], int]:
        return ask(stock.stock_by_product, find=find, location_id=UUID(place) if place else None, page=page, size=size)

    def nothing() -> None:
        if find or place:
            empty_state("filter_alt_off", "Nothing fits", "Clear the search or choose another place.")
        else:
            empty_state("inventory_2", "Nothing in stock", "Receive goods, and buyers can order them.")

    columns = [
        Column("Product", named, "open", width="medium"),
        Column("Free", lambda row: words.number(row.free), "right", first=True),
        Column("On hand", lambda row: words.number(row.on_hand), "right", first=True),
        Column("Reserved", lambda row: words.number(row.reserved), "right"),
        Column("On the way", lambda row: words.number(row.in_transit), "right"),
        Column("Stopped", lambda row: words.number(row.on_hold), "right", help="On hold, called back or expired"),
        Column("Lots", lambda row: words.number(row.lots), "right"),
        Column("SKU", lambda row: row.sku or "–"),
    ]
    paged_table(
        "stock", page_of_stock, columns, empty=nothing, alt="Stock by product",
        on_open=lambda row: go("manufacturer-story", variant=row.variant_id),
        hint="Open a product for its lots and for why there are so many.",
    )  # fmt: skip


def draw_places() -> None:
    if may_manage:
        with st.container(horizontal=True):
            if st.button("Add a zone or bin", icon=":material/shelves:"):
                add_part()

    def all_places(page: int, size: int) -> tuple[list[stock.PlaceRow], int]:
        return tree[(page - 1) * size : page * size], len(tree)

    columns = [
        Column("Place", lambda row: "   " * row.depth + row.name, width="medium"),
        Column("Kind", lambda row: words.stock_place(row.kind)),
        Column("On hand", lambda row: words.number(row.on_hand), "right", help="With everything in it", first=True),
        Column("Reserved", lambda row: words.number(row.reserved), "right"),
    ]
    paged_table("places", all_places, columns, alt="Places with what lies in them")


def draw_kept() -> None:
    section("Kept back by hand")
    if may_manage and st.button("Keep goods back", icon=":material/back_hand:"):
        hold()
    held: list[HoldRow] = []

    def page_of_holds(page: int, size: int) -> tuple[list[HoldRow], int]:
        rows, total = ask(stock.my_holds, page=page, size=size)
        held.extend(rows)
        return rows, total

    columns = [
        Column("Product", named, width="medium"),
        Column("Units", lambda row: words.number(row.quantity), "right", first=True),
        Column("For", lambda row: row.note, width=260),
        Column("Until", lambda row: words.instant(row.expires_at) if row.expires_at else "Somebody lets go"),
    ]
    paged_table("holds", page_of_holds, columns, alt="Kept back by hand",
                empty=lambda: st.caption("Nothing is kept back by hand."))  # fmt: skip
    if held and may_manage:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox(
                "Let go of", held, index=None, placeholder="What is free again", width=360, key="let-go",
                format_func=lambda row: f"{words.number(row.quantity)} {named(row)} · {row.note}",
            )  # fmt: skip
            if st.button("Let go", disabled=chosen is None) and chosen is not None and settle(
                stock.release_hold, hold_id=chosen.hold_id, done="These units are free again."
            ):
                st.rerun()
    section("Kept for customers")
    may_allocate = may_manage and not is_kept and identity.adjusts_alone(actor)
    if may_allocate and st.button("Keep for a customer", icon=":material/handshake:"):
        allocate()
    kept: list[AllocationRow] = []

    def page_of_allocations(page: int, size: int) -> tuple[list[AllocationRow], int]:
        rows, total = ask(stock.my_allocations, page=page, size=size)
        kept.extend(rows)
        return rows, total

    columns = [
        Column("Product", named, width="medium"),
        Column("Customer", lambda row: row.holder_name or "–"),
        Column("Left", lambda row: words.number(row.quantity - row.used), "right", first=True),
        Column("Of", lambda row: words.number(row.quantity), "right"),
        Column("Until", lambda row: words.instant(row.ends_at)),
    ]
    paged_table("allocations", page_of_allocations, columns, alt="Kept for customers",
                empty=lambda: st.caption("Nothing is kept for a customer."))  # fmt: skip
    if kept and may_allocate:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            ending = st.selectbox(
                "End", kept, index=None, placeholder="What is free for all", width=360, key="end-allocation",
                format_func=lambda row: f"{named(row)} · {row.holder_name or ''}",
            )  # fmt: skip
            if st.button("End it", disabled=ending is None) and ending is not None and settle(
                stock.end_allocation, allocation_id=ending.allocation_id, done="What was left is free for all."
            ):
                st.rerun()


def draw_moves() -> None:
    columns = [
        Column("When", lambda row: words.instant(row.recorded_at)),
        Column("Change", lambda row: f"{'+' if row.quantity > 0 else ''}{words.number(row.quantity)}", "right",
               first=True),
        Column("What", lambda row: words.stock_move(row.kind), first=True),
        Column("Product", lambda row: row.product_name, width="medium"),
        Column("SKU", lambda row: row.sku or "–"),
        Column("Place", lambda row: row.location),
        Column("Lot", lambda row: lot_name(row.lot)),
    ]
    paged_table(
        "moves", lambda page, size: ask(stock.my_movements, page=page, size=size), columns,
        empty=lambda: empty_state("history", "Nothing has moved yet", "Receive goods to begin."), alt="Stock movements",
    )  # fmt: skip
    if st.button("Check that the numbers are true", icon=":material/fact_check:"):
        drift = ask(stock.stock_drift)
        wrong = drift.by_movements + drift.by_reservations + drift.by_layers
        (st.success if not wrong else st.error)(
            f"{words.number(drift.balances)} balances compared with their movements, reservations and layers of cost: "
            + ("all agree." if not wrong else f"{words.number(wrong)} differ. Please tell support.")
        )


{"products": draw_products, "places": draw_places, "kept": draw_kept, "moves": draw_moves}[show]()
