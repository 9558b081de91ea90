"""Find products: search and filters in the address, the buyer's own prices."""

from uuid import UUID

import streamlit as st

from app import activity, words
from app.bridge import ask
from app.navigation import guard, page_of
from app.parts import empty_state, page_header, page_in_address, pager, plain, reset_page, thumbnails
from app.parts.badges import level_mark
from app.parts.filters import choice
from domain import discovery, verification
from domain.discovery import Facet, ProductRow, ResultPage
from domain.verification import Requirement

# Only what holds today and covers the product is found.
CERTIFICATES = {
    Requirement.ORGANIC_CERTIFICATE.value: "Certified organic", Requirement.CE_CONFORMITY.value: "CE conformity",
    Requirement.QUALITY_CERTIFICATE.value: "Certified quality", Requirement.FDA_REGISTRATION.value: "FDA registered",
    Requirement.PRODUCT_COMPLIANCE.value: "Tested compliance",
}  # fmt: skip
NAME, SIZE = "products", 12
ORDERS = {"relevance": "Best match", "price": "Lowest price", "lead_time": "Fastest", "name": "Name"}

here = guard()
restart = reset_page(NAME)


def chosen(key: str) -> str:
    """A filter's value before its widget is drawn: its options come from the answer."""
    return str(st.session_state.get(key) or st.query_params.get(key) or "")


def value_of(facets: list[Facet], label: str) -> UUID | None:
    return next((UUID(facet.value) for facet in facets if facet.label == label), None)


def search(category_id: UUID | None = None, seller_id: UUID | None = None) -> ResultPage:
    return ask(
        discovery.search_products, find=find or "", category_id=category_id, seller_id=seller_id,
        max_minimum_quantity=int(minimum) if minimum else None, max_lead_time_days=int(lead) if lead else None,
        in_stock=in_stock, order=order or "relevance", page=page_in_address(NAME), size=SIZE,
        certificate=Requirement(certificate) if certificate else None,
    )  # fmt: skip


page_header("Find products", "Compare suppliers at your own prices")
with st.container(horizontal=True, vertical_alignment="bottom"):
    find = st.text_input(
        "Search", key="q", bind="query-params", type="search", placeholder="Product, brand or article number",
        on_change=restart, label_visibility="collapsed", width="stretch",
    )  # fmt: skip
    order = st.selectbox(
        "Sort by", list(ORDERS), format_func=ORDERS.__getitem__, key="sort", bind="query-params", on_change=restart,
        label_visibility="collapsed", width=160,
    )  # fmt: skip
selects = st.container(horizontal=True, vertical_alignment="bottom")
with selects:
    facet_slot = st.container(horizontal=True, width=440, vertical_alignment="bottom")
    minimum = st.number_input(
        "Order from at most", min_value=1, value=None, step=1, key="moq", bind="query-params", on_change=restart,
        placeholder="Any quantity", width=150, help="Only offers that you can order in this quantity or less.",
    )  # fmt: skip
    lead = st.number_input(
        "Ready within (days)", min_value=0, value=None, step=1, key="lead", bind="query-params", on_change=restart,
        placeholder="Any time", width=150,
    )  # fmt: skip
    certificate = choice(NAME, "Any certificate", CERTIFICATES, key="certificate", width=190)
    in_stock = st.toggle("In stock only", key="stock", bind="query-params", on_change=restart)

found = search()
category, supplier = chosen("category"), chosen("supplier")
if category or supplier:
    found = search(value_of(found.categories, category), value_of(found.suppliers, supplier))
activity.note_search(
    here, "retailer-products", find=find or "", results=found.total, category=category, supplier=supplier,
    at_most=minimum, days=lead, in_stock=in_stock, certificate=certificate,
)  # fmt: skip
with facet_slot:
    for key, label, facets, current in (
        ("category", "Category", found.categories, category),
        ("supplier", "Supplier", found.suppliers, supplier),
    ):
        options = [facet.label for facet in facets]
        st.selectbox(
            label, options if not current or current in options else [current, *options], index=None, key=key,
            bind="query-params", on_change=restart, placeholder=f"Any {label.lower()}", width="stretch",
        )  # fmt: skip


def draw_card(product: ProductRow) -> None:
    price = plain(words.unit_price(product.from_price, product.currency))
    told = plain(words.stock(product.stock, product.available))
    stock = f" :{words.stock_colour(product.stock)}-badge[{told}]" if told else ""
    more = f" +{product.sellers - 1} more" if product.sellers > 1 else ""
    picture = small.get(product.picture_file_id) if product.picture_file_id else None
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.page_link(
            page_of("retailer-product"),
            label=f"**{plain(product.name)}**",
            icon=None if picture else ":material/inventory_2:",
            query_params={"product": str(product.product_id)},
        )
        with st.container(horizontal=True, gap="small", vertical_alignment="center", wrap=False):
            if picture is not None:
                st.image(picture, width=84, alt="")
            st.markdown(
                f"from **{price}** :gray[per {plain(words.plural(product.base_unit, 1))}]\n\n"
                f":gray[:small[{plain(product.seller_name)}{plain(more)}]]  \n"
                f":gray[:small[{plain(product.category or '')}]]"
            )
        mark = level_mark(levels.get(product.seller_id, 0))
        st.markdown(
            f":gray-badge[From {plain(words.quantity(product.minimum_quantity))}] "
            f":gray-badge[{plain(words.lead_time(product.lead_time_days))}]{stock}{mark}"
        )


if not found.rows:
    empty_state(
        "search_off", "No product fits", "Try fewer words or wider filters; spelling alike is found as well.",
    )  # fmt: skip
else:
    levels = ask(verification.levels_of_sellers, org_ids=[product.seller_id for product in found.rows])
    small = thumbnails(product.picture_file_id for product in found.rows)
    with st.grid(3, min_column_width=280, gap="small"):
        for product in found.rows:
            draw_card(product)
    pager(NAME, page_in_address(NAME), len(found.rows), found.total, SIZE, more=found.total >= found.counted_to)
