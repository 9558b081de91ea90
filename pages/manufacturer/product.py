"""One product I sell: its text, picture, prices and order rules; a new one; and how I ship."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import confirm, empty_state, facts_list, page_header, section
from app.parts.addresses import asked_for
from app.parts.forms import once, settle
from domain import catalog
from domain.catalog import OfferSheet
from domain.identity import Permission
from domain.kernel import files
from domain.kernel.work import Work

who, actor = guard()
BACK = ("Products", "manufacturer-products")
UNITS = ("piece", "box", "kg", "litre", "metre", "pallet")


# --- what is used by more than one part ---------------------------------------------------------


def tiers_editor(key: str, rows: list[tuple[int, Decimal]], currency: str) -> list[dict[str, Any]]:
    """The price list as a table to write in; empty lines do not count."""
    st.caption("More should never cost more each. Prices are without tax.")
    decimals = max([2, *(-int(Decimal(price).normalize().as_tuple().exponent) for _, price in rows)])
    edited = st.data_editor(
        {"from": [quantity for quantity, _ in rows], "price": [float(price) for _, price in rows]},
        column_config={
            "from": st.column_config.NumberColumn("From quantity", min_value=1, step=1, required=True),
            "price": st.column_config.NumberColumn(
                f"Unit price in {currency}", min_value=0.000001, step=0.000001, format=f"%.{decimals}f", required=True
            ),
        },
        num_rows="dynamic", hide_index=True, key=key, alt="Price list",
    )  # fmt: skip
    pairs = zip(edited["from"], edited["price"], strict=True)
    return [
        {"from": quantity, "price": price} for quantity, price in pairs if quantity is not None or price is not None
    ]


def checked_tiers(rows: list[dict[str, Any]]) -> list[tuple[int, Decimal]] | None:
    """The price list, or None after saying which line is wrong."""
    problems: list[str] = []
    found: list[tuple[int, Decimal]] = []
    for number, row in enumerate(rows, 1):
        quantity, price = row["from"], row["price"]
        if quantity is None or quantity != quantity or quantity < 1 or int(quantity) != quantity:
            problems.append(f"Line {number}: the quantity must be a whole number, 1 or more.")
        elif price is None or price != price or price <= 0:
            problems.append(f"Line {number}: the price must be above 0.")
        else:
            found.append((int(quantity), Decimal(f"{price:.6f}").normalize()))
    if not rows:
        problems.append("A price list has at least one line.")
    ordered = sorted(found)
    for (quantity, price), (following, lower) in zip(ordered, ordered[1:], strict=False):
        if quantity == following:
            problems.append(f"There are two prices from {words.number(quantity)} on.")
        elif lower > price:
            problems.append(f"The price rises at {words.number(following)}; more should never cost more each.")
    if problems:
        st.error("  \n".join(problems), icon=":material/error:")
        return None
    return ordered


def amount(text: str | None, what: str) -> Decimal | None:
    """An amount as people type it, or None after saying what is wrong."""
    try:
        value = Decimal((text or "").strip().replace(",", ".") or "0")
    except InvalidOperation:
        st.error(f"{what} is not an amount. Write for example 250.00")
        return None
    return value


def rate_of(text: str | None) -> Decimal | None:
    value = amount(text, "The tax rate")
    return None if value is None else value / 100


def put_up(work: Work, *, request_id: UUID, product: dict[str, Any], offer: dict[str, Any], sku: str) -> UUID:
    """A product with one draft offer per variant, all or nothing; returns the first offer."""
    product_id = catalog.create_product(work, request_id=request_id, **product)
    variants = catalog.variants_of_product(work, product_id=product_id)
    offers = [
        catalog.create_offer(
            work,
            request_id=request_id,
            variant_id=variant_id,
            sku=sku if len(variants) == 1 else f"{sku}-{number}",
            **offer,
        )
        for number, (variant_id, _) in enumerate(variants, 1)
    ]
    return offers[0]


def give_picture(work: Work, *, product_id: UUID, content: bytes, name: str) -> None:
    """Store a picture and show it with the product, both or neither."""
    file_id = files.store(work, content=content, name=name, is_public=True)
    catalog.change_product(work, product_id=product_id, picture_file_id=file_id)


# --- how I ship ----------------------------------------------------------------------------------


def editable(value: Decimal) -> str:
    """An amount as one would type it: 200, not 2E+2 or 200.000000."""
    return f"{value.normalize():f}"


def draw_terms() -> None:
    page_header("Order minimum and shipping", "For new orders; orders that were placed keep what they had", back=BACK)
    known = ask(catalog.seller_terms, seller_id=who.org_id)
    currency = known.currency if known else who.currency
    with st.container(border=True, width=560), st.form(once("terms"), border=False):
        minimum = st.text_input(f"Order minimum ({currency})", editable(known.order_minimum) if known else "0")
        fee = st.text_input(f"Shipping fee per order ({currency})", editable(known.shipping_fee) if known else "0")
        free = known.free_shipping_from if known else None
        free_from = st.text_input(
            f"Free shipping from ({currency}), empty for never", editable(free) if free is not None else ""
        )
        if st.form_submit_button("Save", type="primary"):
            amounts = [amount(minimum, "The order minimum"), amount(fee, "The shipping fee")]
            limit = amount(free_from, "The limit for free shipping") if (free_from or "").strip() else None
            if None not in amounts and settle(
                catalog.set_seller_terms, currency=currency, order_minimum=amounts[0], shipping_fee=amounts[1],
                free_shipping_from=limit, done="Saved. It holds for new orders.",
            ):  # fmt: skip
                st.rerun()


# --- a new product -------------------------------------------------------------------------------


def draw_new() -> None:
    page_header("New product", "Describe it once; every variant gets its own SKU and stock", back=BACK)
    tree = {category.category_id: category.name for category in ask(catalog.categories)}
    left, right = st.columns([1.3, 1], gap="medium")
    with left, st.container(border=True):
        section("What it is")
        name = st.text_input("Name", max_chars=200, key="new-name")
        one, two = st.columns(2)
        brand = one.text_input("Brand (optional)", max_chars=80, key="new-brand")
        category = two.selectbox(
            "Category", list(tree), format_func=lambda key: tree[key], index=None, key="new-category"
        )
        description = st.text_area("Description", key="new-description", height=140)
        unit = one.selectbox("Sold by the", UNITS, key="new-unit", accept_new_options=True)
        labels = two.text_input(
            "Variants, separated by commas (optional)", key="new-variants", placeholder="Small, Medium, Large"
        )
    with right, st.container(border=True):
        section("How you sell it")
        sku = st.text_input(
            "SKU", max_chars=80, key="new-sku", help="With variants, each gets a number behind the SKU."
        )
        minimum, increment = st.columns(2)
        least = minimum.number_input("Minimum quantity", 1, step=1, key="new-minimum")
        step = increment.number_input("In steps of", 1, step=1, key="new-increment")
        lead = minimum.number_input("Lead time in days", 0, 730, 3, key="new-lead")
        tax = increment.text_input("Tax rate in %", "19", key="new-tax")
        pack = minimum.text_input("Pack (optional)", key="new-pack", placeholder="Carton", max_chars=60)
        pack_units = increment.number_input("Units in a pack", 1, value=10, step=1, key="new-pack-units")
        section("Prices")
        rows = tiers_editor("new-tiers", [(1, Decimal("10"))], who.currency)
    if not st.button("Create draft", type="primary", key=once("create")):
        return
    tiers, rate = checked_tiers(rows), rate_of(tax)
    if tiers is None or rate is None:
        return
    variants = list(dict.fromkeys(label.strip() for label in (labels or "").split(",") if label.strip())) or [
        "Standard"
    ]
    product = {
        "name": name or "", "description": description or "", "brand": brand or None, "category_id": category,
        "base_unit": unit, "variants": [(label, {}) for label in variants],
    }  # fmt: skip
    offer = {
        "tiers": tiers, "currency": who.currency, "minimum_quantity": int(least), "order_increment": int(step),
        "lead_time_days": int(lead), "tax_rate": rate, "packs": [(pack, int(pack_units))] if pack else [],
    }  # fmt: skip
    made: list[UUID] = []
    if settle(
        put_up, made.append, request="create", product=product, offer=offer, sku=sku or "",
        done="Created as a draft. Add a picture and stock, then publish it.",
    ):  # fmt: skip
        go("manufacturer-product", offer=made[0])


# --- one offer -----------------------------------------------------------------------------------


def draw_offer(sheet: OfferSheet) -> None:
    title = sheet.product_name if sheet.variant_name == "Standard" else f"{sheet.product_name}, {sheet.variant_name}"

    def move(command: Any, done: str) -> None:
        settle(command, offer_id=sheet.offer_id, done=done)

    def actions() -> None:
        if sheet.state != "discontinued" and st.button("Discontinue", key="discontinue"):
            confirm(
                "Discontinue this product?", "Buyers no longer find it, for good. Open orders go on.", "Discontinue",
                lambda: move(catalog.discontinue_offer, "Discontinued."), is_grave=True,
            )  # fmt: skip
        if sheet.state == "published" and st.button("Pause", icon=":material/pause:", key="pause"):
            move(catalog.pause_offer, "Paused; buyers no longer find it.")
            st.rerun()
        if sheet.state in ("draft", "paused") and st.button(
            "Publish", type="primary", icon=":material/publish:", key="publish"
        ):
            move(catalog.publish_offer, "Published; buyers can find and order it.")
            st.rerun()

    page_header(title, f"SKU {sheet.sku}", actions, state=sheet.state, back=BACK)
    left, right = st.columns([1.4, 1], gap="medium")
    with left:
        with st.container(border=True):
            section("Prices")
            draw_prices(sheet)
        with st.container(border=True):
            section("What it is")
            draw_text(sheet)
    with right:
        with st.container(border=True):
            section("Picture")
            draw_picture(sheet)
        with st.container(border=True):
            section("Order rules")
            draw_rules(sheet)
        with st.container(border=True):
            section("Facts")
            packs = ", ".join(f"{pack.name} of {words.number(pack.base_units)}" for pack in sheet.packs) or "None"
            facts_list(
                {
                    "Unit": sheet.base_unit, "Packs": packs, "Tax rate": words.percent(sheet.tax_rate, 2),
                    "Currency": sheet.currency, "First published": words.instant(sheet.published_at),
                }
            )  # fmt: skip


def draw_prices(sheet: OfferSheet) -> None:
    current = [(tier.minimum_quantity, tier.unit_price) for tier in sheet.tiers]
    if not actor.may(Permission.MANAGE_PRICES):
        st.caption("Prices are changed by those who manage price lists.")
        return
    rows = tiers_editor(f"tiers-{sheet.offer_id}-{sheet.version}-{len(current)}", current, sheet.currency)
    if st.button("Save prices", type="primary", key="save-prices"):
        tiers = checked_tiers(rows)
        if tiers is not None and settle(
            catalog.set_price_tiers, offer_id=sheet.offer_id, tiers=tiers, done="New prices hold from now on."
        ):
            st.rerun()


def draw_rules(sheet: OfferSheet) -> None:
    with st.form(f"rules-{sheet.offer_id}-{sheet.version}", border=False):
        least = st.number_input("Minimum quantity", 1, value=sheet.minimum_quantity, step=1)
        step = st.number_input("In steps of", 1, value=sheet.order_increment, step=1)
        lead = st.number_input("Lead time in days", 0, 730, sheet.lead_time_days)
        if st.form_submit_button("Save order rules", type="primary") and settle(
            catalog.change_offer, offer_id=sheet.offer_id, version=sheet.version, minimum_quantity=int(least),
            order_increment=int(step), lead_time_days=int(lead), done="Saved. It holds for new orders.",
        ):  # fmt: skip
            st.rerun()


def draw_text(sheet: OfferSheet) -> None:
    tree = {category.category_id: category.name for category in ask(catalog.categories)}
    with st.form("text", border=False):
        name = st.text_input("Name", sheet.product_name, max_chars=200)
        one, two = st.columns(2)
        brand = one.text_input("Brand", sheet.brand or "", max_chars=80)
        known = list(tree)
        place = known.index(sheet.category_id) if sheet.category_id in tree else None
        category = two.selectbox("Category", known, index=place, format_func=lambda key: tree[key])
        description = st.text_area("Description", sheet.description, height=160)
        if st.form_submit_button("Save", type="primary") and settle(
            catalog.change_product, product_id=sheet.product_id, name=name or "", brand=brand or None,
            category_id=category, description=description or "", done="Saved.",
        ):  # fmt: skip
            st.rerun()


def draw_picture(sheet: OfferSheet) -> None:
    if sheet.picture_file_id:
        content, _ = ask(files.read, file_id=sheet.picture_file_id)
        st.image(content, width="stretch", alt=f"Picture of {sheet.product_name}")
    else:
        st.caption("No picture yet. Buyers decide faster with one.")
    picture = st.file_uploader(
        "New picture", type=["png", "jpg", "jpeg"], key=f"picture-{sheet.picture_file_id}", max_upload_size=10
    )
    if picture and st.button("Use this picture", type="primary", key="use-picture") and settle(
        give_picture, product_id=sheet.product_id, content=picture.getvalue(), name=picture.name, done="Picture saved."
    ):  # fmt: skip
        st.rerun()


offer_id = asked_for("offer")
if st.query_params.get("show") == "terms":
    draw_terms()
elif st.query_params.get("show") == "new":
    draw_new()
elif offer_id is None:
    page_header("Product", back=BACK)
    empty_state("inventory_2", "No product chosen", "Open one from the list of your products.", BACK)
else:
    draw_offer(ask(catalog.offer_sheet, offer_id=offer_id))
