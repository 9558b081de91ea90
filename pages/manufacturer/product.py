"""One product I sell: what it is, its variants, pictures, order rules and promises; a new one; and how I ship."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, questions
from app.navigation import go, guard
from app.parts import confirm, empty_state, page_header, section
from app.parts.addresses import asked_for
from app.parts.audience import draw_audience
from app.parts.filters import tabs_of
from app.parts.forms import once, settle
from app.parts.prices import checked_ladder, ladder_editor
from app.parts.product_about import draw_about, draw_waiting
from app.parts.product_media import draw_media
from app.parts.product_rules import draw_certificates, draw_policies, draw_rules
from app.parts.product_variants import draw_variants, first_offer, values_of
from app.parts.text import plain
from domain import catalog
from domain.catalog import OfferSheet, VariantRow
from domain.identity import OrgKind, Permission
from domain.kernel.work import Work

who, actor = guard()
BACK = ("Products", "manufacturer-products")
UNITS = ("piece", "box", "kg", "litre", "metre", "pallet")


# --- what is used by more than one part ---------------------------------------------------------


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


def put_up(
    work: Work, *, request_id: UUID, product: dict[str, Any], offer: dict[str, Any], sku: str,
    options: dict[str, list[str]],
) -> UUID:  # fmt: skip
    """A product with one draft offer per variant, all or nothing; returns the first offer."""
    product_id = catalog.create_product(work, request_id=request_id, option_names=list(options), **product)
    if options:
        made = catalog.create_variants(
            work, request_id=request_id, product_id=product_id, options=options, sku=sku, **offer
        )
        return made[0]
    variants = catalog.variants_of_product(work, product_id=product_id)
    offers = [
        catalog.create_offer(
            work, request_id=request_id, variant_id=variant_id,
            sku=sku if len(variants) == 1 else f"{sku}-{number}", **offer,
        )
        for number, (variant_id, _) in enumerate(variants, 1)
    ]  # fmt: skip
    return offers[0]


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


def options_fields() -> dict[str, list[str]]:
    """Up to three options with their values."""
    found: dict[str, list[str]] = {}
    for number, (name, values) in enumerate((("Size", "S, M, L"), ("Colour", "Red, Blue"), ("Material", "Cotton"))):
        one, two = st.columns([1, 2])
        label = one.text_input(f"Option {number + 1}", key=f"new-option-{number}", placeholder=name, max_chars=40)
        given = values_of(two.text_input("Values, by commas", key=f"new-values-{number}", placeholder=values))
        if label and given:
            found[label.strip()] = given
    return found


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
        with st.expander("It comes in sizes and colours", icon=":material/grid_on:"):
            st.caption("Every combination becomes an SKU of its own: 3 sizes in 4 colours make 12.")
            options = options_fields()
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
        rows = ladder_editor("new-tiers", [(1, Decimal("10"))], who.currency, alt="Price list")
    if not st.button("Create draft", type="primary", key=once("create")):
        return
    tiers, rate = checked_ladder(rows), rate_of(tax)
    if tiers is None or rate is None:
        return
    variants = [] if options else values_of(labels) or ["Standard"]
    product: dict[str, Any] = {
        "name": name or "", "description": description or "", "brand": brand or None, "category_id": category,
        "base_unit": unit, "variants": [(label, {}) for label in variants],
    }  # fmt: skip
    offer = {
        "tiers": tiers, "currency": who.currency, "minimum_quantity": int(least), "order_increment": int(step),
        "lead_time_days": int(lead), "tax_rate": rate, "packs": [(pack, int(pack_units))] if pack else [],
    }  # fmt: skip
    made: list[UUID] = []
    if settle(
        put_up, made.append, request="create", product=product, offer=offer, sku=sku or "", options=options,
        done="Created as a draft. Add a picture and stock, then publish it.",
    ):  # fmt: skip
        go("manufacturer-product", offer=made[0])


# --- one product ---------------------------------------------------------------------------------

TABS = {"about": "What it is", "variants": "Variants", "media": "Pictures", "rules": "Order rules",
        "terms": "Warranty and returns", "certificates": "Certificates", "audience": "Who sees it"}  # fmt: skip


def draw_product(wanted: UUID | None, product_id: UUID | None) -> None:
    """A product by one of its offers, or by itself with all of its variants."""
    with questions() as put:
        offer = put(catalog.offer_sheet, offer_id=wanted) if wanted else None
        known = offer.product_id if offer else product_id
        assert known is not None
        sheet = put(catalog.product_sheet, product_id=known)
        rows = put(catalog.my_variants, product_id=known)
        chosen = first_offer(rows, wanted)
        if chosen is None or chosen.offer_id is None:
            offer = None
        elif offer is None or chosen.offer_id != offer.offer_id:
            offer = put(catalog.offer_sheet, offer_id=chosen.offer_id)
        waiting, _ = put(catalog.my_changes, product_id=known, state=catalog.ChangeState.PENDING)
    is_one = wanted is not None or sum(row.offer_id is not None for row in rows) == 1
    title, below = sheet.name, words.count(len(rows), "variant") + (f" · {sheet.category}" if sheet.category else "")
    if is_one and offer is not None:
        title = sheet.name if offer.variant_name == "Standard" else f"{sheet.name}, {offer.variant_name}"
        below = f"SKU {offer.sku}" + (f" · {sheet.category}" if sheet.category else "")

    def actions() -> None:
        if offer is not None and is_one:
            _of_one(offer)
        else:
            _of_all(rows)

    page_header(title, below, actions, state=offer.state if offer and is_one else None, back=BACK)
    if is_one and offer is not None and len(rows) > 1 and st.button(
        f"All {words.number(len(rows))} variants", key="all-variants", icon=":material/grid_on:", type="tertiary"
    ):
        go("manufacturer-product", product=sheet.product_id, tab="variants")
    draw_waiting(waiting)
    tab = tabs_of("product", TABS, key="tab")
    if tab == "about":
        draw_about(sheet, may_change=True)
    elif tab == "variants":
        draw_variants(
            sheet, rows, who.currency, may_change=True, sees_prices=actor.may(Permission.SEE_PRICES),
            may_price=actor.may(Permission.MANAGE_PRICES),
        )  # fmt: skip
    elif tab == "media":
        draw_media(sheet.product_id, sheet.picture_file_id, may_change=sheet.is_mine)
    elif tab == "certificates":
        draw_certificates(sheet, may_change=True)
    elif offer is None:
        empty_state("sell", "Not offered yet", "Add a variant first; then you can say how it is sold.")
    elif tab == "audience":
        draw_audience(
            [offer.offer_id] if wanted else [row.offer_id for row in rows if row.offer_id],
            may_change=actor.may(Permission.CHOOSE_AUDIENCE), serves_territory=who.org_kind == OrgKind.DISTRIBUTOR,
        )  # fmt: skip
    elif tab == "rules":
        if not is_one:
            st.caption(f"Of {plain(offer.variant_name)}, SKU {plain(offer.sku)}. Choose another one under Variants.")
        if actor.may(Permission.SEE_PRICES) and st.button("Prices", icon=":material/payments:", key="to-prices"):
            go("manufacturer-price", offer=offer.offer_id)
        draw_rules(offer, sheet)
    else:
        ids = [offer.offer_id] if wanted else [row.offer_id for row in rows if row.offer_id]
        draw_policies(ids, offer.policy_id, may_change=True)


def _of_one(offer: OfferSheet) -> None:
    def move(command: Any, done: str) -> None:
        settle(command, offer_id=offer.offer_id, done=done)

    if offer.state != "discontinued" and st.button("Discontinue", key="discontinue"):
        confirm(
            "Discontinue this product?", "Buyers no longer find it, for good. Open orders go on.", "Discontinue",
            lambda: move(catalog.discontinue_offer, "Discontinued."), is_grave=True,
        )  # fmt: skip
    if offer.state == "published" and st.button("Pause", icon=":material/pause:", key="pause"):
        move(catalog.pause_offer, "Paused; buyers no longer find it.")
        st.rerun()
    if offer.state in ("draft", "paused") and st.button(
        "Publish", type="primary", icon=":material/publish:", key="publish"
    ):
        publish([offer.offer_id])


def _of_all(rows: list[VariantRow]) -> None:
    ready = [row.offer_id for row in rows if row.state in ("draft", "paused") and row.offer_id]
    if ready and st.button(
        f"Publish {words.count(len(ready), 'variant')}", type="primary", icon=":material/publish:", key="publish-all"
    ):
        publish(ready)


def publish(offer_ids: list[UUID]) -> None:
    """Put them up for sale, and say whether the platform looks at them first."""
    found: list[dict[UUID, Any]] = []
    if settle(catalog.publish_offers, found.append, offer_ids=offer_ids, done="Saved."):
        if "in_review" in found[0].values():
            st.toast("The platform looks at it first; we tell you when it is on sale.", icon=":material/hourglass_top:")
        st.rerun()


offer_id, product_id = asked_for("offer"), asked_for("product")
if st.query_params.get("show") == "terms":
    draw_terms()
elif st.query_params.get("show") == "new":
    draw_new()
elif offer_id is None and product_id is None:
    page_header("Product", back=BACK)
    empty_state("inventory_2", "No product chosen", "Open one from the list of your products.", BACK)
else:
    draw_product(offer_id, product_id)
