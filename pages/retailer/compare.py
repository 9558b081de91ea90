"""Up to five products side by side, at one quantity: what they cost at the door, and in what they differ."""

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.navigation import go, guard, page_of
from app.parts import empty_state, page_header, plain, section
from app.parts.comparing import keep, put_aside, toggle
from app.parts.pictures import show, thumbnails
from domain import discovery, orders, verification
from domain.discovery import ComparedProduct, Comparison
from domain.identity import Permission

_, actor = guard()
BACK = ("Find products", "retailer-products")


def asked_for() -> list[UUID]:
    """The products in the address, else those that were put aside."""
    found = []
    for part in st.query_params.get("products", "").split(","):
        try:
            found.append(UUID(part))
        except ValueError:
            continue
    return found[: discovery.MOST_COMPARED] or put_aside()


def take_out(product_id: UUID) -> None:
    toggle(product_id)
    st.query_params["products"] = ",".join(str(one) for one in put_aside())


def draw_heads(products: list[ComparedProduct]) -> None:
    small = thumbnails(product.picture_file_id for product in products)
    for column, product in zip(st.columns(len(products), gap="small"), products, strict=True):
        with column, st.container(border=True, height="stretch", gap="xsmall"):
            picture = small.get(product.picture_file_id) if product.picture_file_id else None
            if picture is not None:
                show(picture, alt="", width=84)
            st.page_link(
                page_of("retailer-product"), label=f"**{plain(product.name)}**",
                query_params={"product": str(product.product_id)},
            )  # fmt: skip
            st.caption(plain(" · ".join(part for part in (product.brand, product.category) if part) or " "))
            landed = product.landed
            amount = words.quantity(landed.quantity, product.base_unit)
            st.markdown(
                f"**{plain(words.money(landed.total, landed.currency))}** "
                f":gray[:small[at your door for {plain(amount)}]]"
            )
            st.button(
                "Add to basket", icon=":material/add_shopping_cart:", key=f"add-{product.product_id}", width="stretch",
                on_click=perform, args=(orders.add_to_basket,),
                kwargs={
                    "offer_id": product.offer.offer_id, "quantity": landed.quantity,
                    "done": f"{amount} of {product.name} are in your basket.",
                },
                disabled=not actor.may(Permission.FILL_BASKET),
            )  # fmt: skip
            st.button(
                "Take out", icon=":material/close:", key=f"out-{product.product_id}", type="tertiary",
                on_click=take_out, args=(product.product_id,),
            )  # fmt: skip


def draw_rows(title: str, heads: list[str], rows: list[tuple[str, list[str]]], *, only_differences: bool) -> None:
    """A table of words in which what differs stands out; the names of the products head it."""
    kept = [(name, values) for name, values in rows if not only_differences or len(set(values)) > 1]
    if not kept:
        return
    section(title)
    lines = [f"| | {' | '.join(plain(head) for head in heads)} |", "|:---|" + ":---|" * len(heads)]
    for name, values in kept:
        differs = len(set(values)) > 1
        cells = [f"**{plain(value or '–')}**" if differs else f":gray[{plain(value or '–')}]" for value in values]
        lines.append(f"| {plain(name)} | {' | '.join(cells)} |")
    st.markdown("\n".join(lines))


def draw_comparison(found: Comparison, only_differences: bool) -> None:
    products = found.products
    heads = [product.name for product in products]
    levels = ask(verification.levels_of_sellers, org_ids=[product.offer.seller_id for product in products])

    def row(name: str, value: Callable[[ComparedProduct], str]) -> tuple[str, list[str]]:
        return name, [value(product) for product in products]

    def rounded(each: Decimal) -> Decimal:
        return round(each, 2 if each >= 1 else 4)

    draw_rows(
        "Buying", heads,
        [
            row("Best supplier", lambda one: one.offer.seller_name),
            row("Verified", lambda one: words.level_name(levels.get(one.offer.seller_id, 0))),
            row("Rating", lambda one: words.rating(one.offer.rating, one.offer.reviews)),
            row("Quantity", lambda one: words.quantity(one.landed.quantity, one.base_unit)),
            row("Price each", lambda one: words.unit_price(one.landed.unit_price, one.landed.currency)),
            row("Goods", lambda one: words.money(one.landed.goods, one.landed.currency)),
            row("Tax", lambda one: words.money(one.landed.tax, one.landed.currency)),
            row("Shipping", lambda one: words.money(one.landed.shipping, one.landed.currency)),
            row("At your door, each", lambda one: words.unit_price(rounded(one.landed.each), one.landed.currency)),
            row("Smallest order", lambda one: words.quantity(one.offer.minimum_quantity, one.base_unit)),
            row("Lead time", lambda one: words.days(one.offer.lead_time_days)),
            row("Stock", lambda one: words.stock(one.offer.stock, one.offer.available)),
            row("Certificates", lambda one: ", ".join(map(words.requirement, one.certificates))),
            row("Offers", lambda one: words.number(one.offers)),
        ],
        only_differences=only_differences,
    )  # fmt: skip
    said = [
        (f"{each.name} ({each.unit})" if each.unit else each.name, list(each.values)) for each in found.specifications
    ]
    draw_rows(
        "Specification", heads, said,
        only_differences=only_differences,
    )  # fmt: skip


asked = asked_for()
page_header("Compare products", "By the offer of each that is cheapest at your door", back=BACK)
if not asked:
    empty_state(
        "compare_arrows", "Nothing to compare yet",
        "Press “Compare” at up to five products, in the results or on their pages.", BACK,
    )  # fmt: skip
    st.stop()
keep(asked)
with st.container(horizontal=True, vertical_alignment="bottom"):
    quantity = st.number_input(
        "Quantity", min_value=1, value=None, step=1, key="quantity", bind="query-params", width=180,
        placeholder="Smallest order", help="Of every product; where it is less than the smallest order, that counts.",
    )  # fmt: skip
    only_differences = st.toggle("Only what differs", key="differences", bind="query-params")
    if st.button("Add more", icon=":material/add:"):
        go("retailer-products")
comparison = ask(discovery.compare, product_ids=asked, quantity=int(quantity) if quantity else None)
if not comparison.products:
    empty_state("search_off", "Not for sale any more", "None of these products is on sale at the moment.", BACK)
    st.stop()
gone = len(asked) - len(comparison.products)
if gone:
    st.caption(f"{words.count(gone, 'product')} of the comparison can no longer be bought and is left out.")
currencies = {product.landed.currency for product in comparison.products}
if len(currencies) > 1:
    st.info("The prices are in several currencies; look at each for itself.", icon=":material/currency_exchange:")
draw_heads(comparison.products)
draw_comparison(comparison, bool(only_differences))
