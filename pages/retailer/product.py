"""One product: what it is, who offers it at which price for my quantity, and into the basket."""

from collections.abc import Mapping
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import perform, questions
from app.navigation import go, guard, page_of
from app.parts import Column, facts_list, id_of, page_header, plain, section, table
from app.parts.badges import seller_badge
from app.parts.comparing import compare_button, compare_link
from app.parts.gallery import gallery
from app.parts.matrix import in_order, order_matrix
from app.parts.pictures import previews
from app.parts.prices import why_this_price
from app.parts.product_about import said
from domain import catalog, discovery, orders, verification
from domain.discovery import Landed, OfferCard
from domain.identity import Permission
from domain.kernel import files

_, actor = guard()
with questions() as put:
    product = put(discovery.product_sheet, product_id=id_of("product"))
    media = put(catalog.media_of, product_ids=[product.product_id]).get(product.product_id, [])
    claims = put(catalog.product_claims, product_ids=[product.product_id]).get(product.product_id, [])
    policies = put(catalog.policies, policy_ids=[offer.policy_id for offer in product.offers if offer.policy_id])
    picture_ids = [product.picture_file_id] if product.picture_file_id and not media else []
    pictures = put(files.pictures, file_ids=picture_ids) if picture_ids else {}
picture = next(iter(previews(pictures).values()), None)
unit = product.base_unit
may_buy = actor.may(Permission.FILL_BASKET)
variants = list({offer.variant_id: offer for offer in product.offers}.values())
option_names = [name for name in product.option_names if any(name in offer.options for offer in product.offers)]


def actions() -> None:
    compare_button(product.product_id, key="compare-this")
    compare_link()


def choose_variant() -> UUID:
    """By its options, one after the other, so that only what there is can be chosen; by name without options."""
    if len(variants) == 1:
        return variants[0].variant_id
    if not option_names:
        names = {offer.variant_id: offer.variant_name for offer in variants}
        chosen = st.pills(
            "Variant", list(names), default=variants[0].variant_id, format_func=lambda one: plain(names[one]),
            required=True,
        )  # fmt: skip
        return chosen or variants[0].variant_id
    left = variants
    for name in option_names:
        values = sorted({str(offer.options.get(name, "")) for offer in left}, key=in_order)
        value = values[0]
        if len(values) > 1 or name == option_names[0]:
            value = st.pills(
                plain(name), values, default=values[0], format_func=plain, required=True,
                key=f"option-{name}-{hash(tuple(values))}",
            ) or values[0]  # fmt: skip
        left = [offer for offer in left if str(offer.options.get(name, "")) == value]
    return left[0].variant_id


def draw_tiers(offer: OfferCard, quantity: int) -> None:
    """The seller's list prices by quantity, with the one that is reached."""
    reached = max((i for i, tier in enumerate(offer.tiers) if tier.minimum_quantity <= quantity), default=0)
    rows = []
    for i, tier in enumerate(offer.tiers):
        upto = f" – {words.number(offer.tiers[i + 1].minimum_quantity - 1)}" if i + 1 < len(offer.tiers) else " or more"
        mark = "**" if i == reached else ""
        price = plain(words.unit_price(tier.unit_price, offer.currency))
        rows.append(f"| {mark}{words.number(tier.minimum_quantity)}{upto}{mark} | {mark}{price}{mark} |")
    st.markdown("\n".join([f"| {plain(words.plural(unit, 2)).capitalize()} | Price each |", "|:---|---:|", *rows]))


def draw_price(offer: OfferCard, landed: Landed, quantity: int) -> None:
    price = landed.price
    listed = ""
    if price.list_price != price.unit_price:
        listed = f" :gray[instead of ~~{plain(words.unit_price(price.list_price, offer.currency))}~~]"
    st.markdown(
        f"### {plain(words.money(price.unit_price * quantity, offer.currency))}\n\n"
        f"{plain(words.quantity(quantity, unit))} at "
        f"**{plain(words.unit_price(price.unit_price, offer.currency))}** each{listed}"
    )
    parts = f"with {words.money(landed.tax, landed.currency)} tax and " + (
        f"{words.money(landed.shipping, landed.currency)} shipping" if landed.shipping else "free shipping"
    )
    st.caption(f"{plain(words.money(landed.total, landed.currency))} at your door, {plain(parts)}")
    why_this_price(price.trace, offer.currency, key="why-price")
    if quantity < offer.minimum_quantity:
        st.warning(f"The smallest order is {words.quantity(offer.minimum_quantity, unit)}.")
    elif quantity % offer.order_increment:
        st.warning(f"This is sold in steps of {words.quantity(offer.order_increment, unit)}.")
    elif price.hint and price.next_unit_price is not None:
        more, saved = price.hint
        st.info(
            f"Add {words.number(more)} more and each costs "
            f"{plain(words.unit_price(price.next_unit_price, offer.currency))}: "
            f"you save {plain(words.money(saved, offer.currency))}.", icon=":material/trending_down:",
        )  # fmt: skip


def draw_stock(offer: OfferCard, quantity: int) -> None:
    lead = words.lead_time(offer.lead_time_days)
    if offer.available is not None and offer.available < quantity:
        there = words.quantity(offer.available, unit)
        st.caption(f":orange[:material/error:] Only {plain(there)} in stock right now · {lead}")
        return
    told = plain(words.stock(offer.stock, offer.available))
    stock = f":{words.stock_colour(offer.stock)}[:material/inventory_2: {told}] · " if told else ""
    st.caption(f"{stock}{lead}")


def cheapest_first(offers: list[OfferCard]) -> list[OfferCard]:
    return sorted(offers, key=lambda offer: (offer.stock == "out", offer.tiers[0].unit_price))


def draw_buy(variant_id: UUID) -> tuple[OfferCard, int, Mapping[UUID, Landed]]:
    offers = cheapest_first([offer for offer in product.offers if offer.variant_id == variant_id])
    by_id = {offer.offer_id: offer for offer in offers}
    offer_id = st.selectbox(
        "Supplier", list(by_id), disabled=len(by_id) == 1,
        format_func=lambda value: f"{by_id[value].seller_name} ({by_id[value].sku})",
    )  # fmt: skip
    offer = by_id[offer_id]
    badge_slot = st.container()
    packs = {"": 1} | {pack.name: pack.base_units for pack in offer.packs}
    left, right = st.columns([1, 1])
    pack = right.selectbox(
        "Order in", list(packs),
        format_func=lambda name: f"{name} of {words.number(packs[name])}" if name else words.plural(unit, 2),
        disabled=len(packs) == 1,
    )  # fmt: skip
    size = packs[pack]
    least = -(-offer.minimum_quantity // size)
    step = max(1, offer.order_increment // size)
    count = left.number_input(
        "Quantity", min_value=1, value=max(least, 1), step=step, key=f"quantity-{offer_id}-{pack}",
    )  # fmt: skip
    quantity = int(count or least) * size
    wanted = {each.offer_id: quantity for each in offers}
    with questions() as put:
        landed = put(discovery.landed_prices, quantities=wanted)
        badge = put(verification.badge_of, org_id=offer.seller_id)
    with badge_slot:
        seller_badge(offer.seller_id, badge=badge)
    at_the_door = landed.get(offer_id)
    if at_the_door is None:
        st.caption("There is no price for you here.")
    else:
        draw_price(offer, at_the_door, quantity)
    st.button(
        "Add to basket", type="primary", icon=":material/add_shopping_cart:", width="stretch",
        on_click=perform, args=(orders.add_to_basket,),
        kwargs={
            "offer_id": offer_id, "quantity": quantity,
            "done": f"{words.quantity(quantity, unit)} of {product.name} are in your basket.",
        },
        disabled=not may_buy or offer.seller_id == actor.org_id or at_the_door is None,
    )  # fmt: skip
    draw_stock(offer, quantity)
    st.page_link(page_of("retailer-basket"), label="Go to basket", icon=":material/shopping_cart:")
    section("List price by quantity")
    draw_tiers(offer, quantity)
    return offer, quantity, landed


def draw_matrix(seller_id: UUID) -> None:
    """All variants of a seller at once, once there is more than one to order."""
    sellers = {offer.seller_id: offer.seller_name for offer in product.offers if offer.seller_id != actor.org_id}
    several = {
        one: name for one, name in sellers.items() if sum(offer.seller_id == one for offer in product.offers) > 1
    }
    if not several:
        return
    with st.container(border=True, key="matrix"):
        section("Order several variants")
        ids = list(several)
        start = ids.index(seller_id) if seller_id in several else 0
        chosen = ids[start]
        if len(ids) > 1:
            chosen = st.selectbox("From", ids, index=start, format_func=lambda one: several[one], key="matrix-seller")
        mine = [offer for offer in product.offers if offer.seller_id == chosen]
        order_matrix(product.name, unit, mine, option_names, may=may_buy)


def draw_suppliers(variant_id: UUID, quantity: int, landed: Mapping[UUID, Landed]) -> None:
    """Who offers the variant, by what it costs at the door."""
    offers = [offer for offer in product.offers if offer.variant_id == variant_id and offer.offer_id in landed]
    section(f"Suppliers compared at {words.quantity(quantity, unit)}")
    table(
        "compare",
        sorted(offers, key=lambda each: landed[each.offer_id].total),
        [
            Column("Supplier", lambda each: each.seller_name, "open"),
            Column(
                "Price each", lambda each: words.unit_price(landed[each.offer_id].unit_price, each.currency), "right"
            ),
            Column("At your door", lambda each: words.money(landed[each.offer_id].total, each.currency), "right",
                   help="Goods, tax and shipping of this quantity, ordered alone"),
            Column("of it shipping", lambda each: words.money(landed[each.offer_id].shipping, each.currency), "right"),
            Column("Minimum", lambda each: words.number(each.minimum_quantity), "right"),
            Column("Lead time", lambda each: words.days(each.lead_time_days)),
            Column("Stock", lambda each: words.stock(each.stock, each.available) or "–"),
            Column("Rating", lambda each: words.rating(each.rating, each.reviews)),
            Column("Country", lambda each: words.country(each.seller_country)),
        ],
        on_open=lambda each: go("retailer-supplier", org=each.seller_id),
        alt="Offers of the suppliers for this product",
    )  # fmt: skip
    short = [each for each in offers if landed[each.offer_id].missing]
    for each in short[:3]:
        missing = words.money(landed[each.offer_id].missing, each.currency)
        st.caption(plain(f"{each.seller_name} has a smallest order: {missing} of goods are missing to it."))


def draw_facts(offer: OfferCard) -> None:
    facts = {name: said(value) for name, value in product.specifications.items()}
    more = {
        "Barcode": offer.gtin, "Grade": offer.grade,
        "Shelf life": words.days(offer.shelf_life_days) if offer.shelf_life_days else None,
        "Made to order in": words.days(offer.production_days) if offer.production_days else None,
    }  # fmt: skip
    facts |= {name: value for name, value in more.items() if value}
    left, right = st.columns(2, gap="medium")
    if facts:
        with left, st.container(border=True):
            section("Specification")
            facts_list(facts)
    with right:
        if claims:
            with st.container(border=True):
                section("Certificates")
                for claim in claims:
                    until = f"until {words.day(claim.expires_on)}" if claim.expires_on else None
                    details = " · ".join(part for part in (claim.number, claim.issuer, until) if part)
                    st.markdown(
                        f":green[:material/workspace_premium:] {plain(words.requirement(claim.requirement))} "
                        f":gray[:small[{plain(details)}]]"
                    )
        policy = policies.get(offer.policy_id) if offer.policy_id else None
        if policy:
            with st.container(border=True):
                section("Returns and warranty")
                facts_list(
                    {
                        "Returns": f"Within {words.days(policy.return_days)}" if policy.return_days else "Not accepted",
                        "Warranty": words.count(policy.warranty_months, "month") if policy.warranty_months else "None",
                    }
                    | ({"Not covered": policy.exclusions} if policy.exclusions else {})
                )


page_header(
    product.name, " · ".join(part for part in (product.brand, product.category) if part) or None, actions,
    back=("Find products", "retailer-products"),
)  # fmt: skip
about, buy = st.columns([1.7, 1], gap="medium")
with buy, st.container(border=True):
    variant = choose_variant()
    shown, amount, at_the_door = draw_buy(variant)
with about:
    gallery(media, picture, product.name, product.description)
    draw_matrix(shown.seller_id)
    draw_suppliers(variant, amount, at_the_door)
    draw_facts(shown)
