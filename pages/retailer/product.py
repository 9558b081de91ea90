"""One product: what it is, who offers it at which price for my quantity, and into the basket."""

from decimal import Decimal

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import go, guard, page_of
from app.parts import Column, facts_list, id_of, page_header, plain, section, table
from app.parts.badges import seller_badge
from domain import discovery, orders, pricing
from domain.discovery import OfferCard
from domain.identity import Permission
from domain.kernel import files

_, actor = guard()
product = ask(discovery.product_sheet, product_id=id_of("product"))
variants = list(dict.fromkeys((offer.variant_id, offer.variant_name) for offer in product.offers))
unit = product.base_unit

page_header(
    product.name, " · ".join(part for part in (product.brand, product.category) if part) or None,
    back=("Find products", "retailer-products"),
)  # fmt: skip
about, buy = st.columns([1.7, 1], gap="medium")


def cheapest_first(offers: list[OfferCard]) -> list[OfferCard]:
    return sorted(offers, key=lambda offer: (offer.stock == "out", offer.tiers[0].unit_price))


def draw_tiers(offer: OfferCard, quantity: int) -> None:
    """The seller's prices by quantity, with the one that is reached."""
    reached = max((i for i, tier in enumerate(offer.tiers) if tier.minimum_quantity <= quantity), default=0)
    rows = []
    for i, tier in enumerate(offer.tiers):
        upto = f" – {words.number(offer.tiers[i + 1].minimum_quantity - 1)}" if i + 1 < len(offer.tiers) else " or more"
        mark = "**" if i == reached else ""
        price = plain(words.unit_price(tier.unit_price, offer.currency))
        rows.append(f"| {mark}{words.number(tier.minimum_quantity)}{upto}{mark} | {mark}{price}{mark} |")
    st.markdown("\n".join([f"| {plain(words.plural(unit, 2)).capitalize()} | Price each |", "|:---|---:|", *rows]))


with buy, st.container(border=True):
    variant_id = variants[0][0]
    if len(variants) > 1:
        names = dict(variants)
        variant_id = st.pills(
            "Variant", list(names), default=variant_id, format_func=lambda value: plain(names[value]), required=True,
        ) or variant_id  # fmt: skip
    offers = cheapest_first([offer for offer in product.offers if offer.variant_id == variant_id])
    by_id = {offer.offer_id: offer for offer in offers}
    picked = st.session_state.get("offer-picked")
    offer_id = st.selectbox(
        "Supplier", list(by_id), index=list(by_id).index(picked) if picked in by_id else 0, disabled=len(by_id) == 1,
        format_func=lambda value: f"{by_id[value].seller_name} ({by_id[value].sku})",
    )  # fmt: skip
    offer = by_id[offer_id]
    seller_badge(offer.seller_id)
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
    prices = ask(pricing.resolve, quantities={each.offer_id: quantity for each in offers})
    price = prices[offer_id]
    goods = price.unit_price * quantity
    st.markdown(
        f"### {plain(words.money(goods, offer.currency))}\n\n"
        f":gray[{plain(words.quantity(quantity, unit))} at "
        f"{plain(words.unit_price(price.unit_price, offer.currency))} each, "
        f"plus {plain(words.percent(offer.tax_rate))} tax]"
    )
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
    st.button(
        "Add to basket", type="primary", icon=":material/add_shopping_cart:", width="stretch",
        on_click=perform, args=(orders.add_to_basket,),
        kwargs={
            "offer_id": offer_id, "quantity": quantity,
            "done": f"{words.quantity(quantity, unit)} of {product.name} are in your basket.",
        },
        disabled=not actor.may(Permission.FILL_BASKET) or offer.seller_id == actor.org_id,
    )  # fmt: skip
    st.page_link(page_of("retailer-basket"), label="Go to basket", icon=":material/shopping_cart:")
    if offer.available is not None and offer.available < quantity:
        st.caption(f":orange[:material/error:] Only {words.quantity(offer.available, unit)} in stock right now")
    else:
        told = plain(words.stock(offer.stock, offer.available))
        stock = f":{words.stock_colour(offer.stock)}[:material/inventory_2:] {told} · " if told else ""
        st.caption(f"{stock}{words.lead_time(offer.lead_time_days)}")
    section("Price by quantity")
    draw_tiers(offer, quantity)

with about:
    if product.description or product.picture_file_id:
        with st.container(border=True, horizontal=True, gap="medium"):
            if product.picture_file_id:
                picture, _ = ask(files.read, file_id=product.picture_file_id)
                st.image(picture, width=220, alt=f"Picture of {product.name}")
            if product.description:
                with st.container(width="stretch"):
                    section("About this product")
                    st.text(product.description)
    section(f"Suppliers compared at {words.quantity(quantity, unit)}")

    def total(each: OfferCard) -> Decimal:
        return prices[each.offer_id].unit_price * max(quantity, each.minimum_quantity)

    table(
        "compare",
        sorted(offers, key=lambda each: prices[each.offer_id].unit_price),
        [
            Column("Supplier", lambda each: each.seller_name, "open"),
            Column(
                "Price each", lambda each: words.unit_price(prices[each.offer_id].unit_price, each.currency), "right"
            ),
            Column("Goods", lambda each: words.money(total(each), each.currency), "right"),
            Column("Minimum", lambda each: words.number(each.minimum_quantity), "right"),
            Column("Lead time", lambda each: words.days(each.lead_time_days)),
            Column("In stock", lambda each: words.stock(each.stock, each.available) or "–"),
            Column("Rating", lambda each: words.rating(each.rating, each.reviews)),
            Column("Country", lambda each: words.country(each.seller_country)),
        ],
        on_open=lambda each: go("retailer-supplier", org=each.seller_id),
        alt="Offers of the suppliers for this product",
    )
    if product.specifications:
        with st.container(border=True):
            section("Specification")
            facts_list({str(name): value for name, value in product.specifications.items()})
