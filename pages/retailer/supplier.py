"""A supplier as buyers see it: who they are, how they ship, what they sell, what others say."""

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, empty_state, facts_list, id_of, page_header, paged_table, plain, section
from app.parts.badges import seller_badge
from domain import catalog, discovery, identity, trust

guard()
org_id = id_of("org")
supplier = ask(identity.supplier_card, org_id=org_id)
terms = ask(catalog.seller_terms, seller_id=org_id)
reviews = ask(trust.reviews_of, subject_id=org_id)

page_header(
    supplier.name,
    f"{words.kind(supplier.kind)} · {words.country(supplier.country_code)}",
    back=("Find products", "retailer-products"),
)
main, side = st.columns([1.9, 1], gap="medium")
with side:
    with st.container(border=True):
        section("About")
        seller_badge(org_id)
        if supplier.about:
            st.text(supplier.about)
        average = sum(review.stars for review in reviews) / len(reviews) if reviews else None
        facts_list(
            {
                "Legal name": supplier.legal_name or supplier.name,
                "On Wholesale OS since": words.day(supplier.since),
                "Region": supplier.region or "–",
                "Rating": f"{average:.1f} of 5 ({words.count(len(reviews), 'review')})"
                if average
                else "No feedback yet",
            }
        )
    with st.container(border=True):
        section("How they ship")
        if terms is None:
            st.caption("No order minimum and no shipping fee.")
        else:
            facts_list(
                {
                    "Order minimum": words.money(terms.order_minimum, terms.currency)
                    if terms.order_minimum
                    else "None",
                    "Shipping": words.money(terms.shipping_fee, terms.currency) if terms.shipping_fee else "Free",
                    "Free shipping from": words.money(terms.free_shipping_from, terms.currency),
                }
            )
with main:
    section("Products")

    def products(page: int, size: int) -> tuple[list[discovery.ProductRow], int]:
        found = ask(discovery.search_products, seller_id=org_id, order="name", page=page, size=size)
        return found.rows, found.total

    paged_table(
        "supplier-products",
        products,
        [
            Column("Product", lambda row: row.name, "open"),
            Column("From", lambda row: words.unit_price(row.from_price, row.currency), "right"),
            Column("Smallest order", lambda row: words.number(row.minimum_quantity), "right"),
            Column("Lead time", lambda row: words.days(row.lead_time_days)),
            Column("In stock", lambda row: words.stock(row.stock, row.available)),
        ],
        on_open=lambda row: go("retailer-product", product=row.product_id),
        empty=lambda: empty_state("inventory_2", "Nothing for sale", "This supplier has no product on offer now."),
        alt="Products of this supplier",
    )
    section("Feedback")
    if not reviews:
        st.caption("Nobody has left feedback yet.")
    for review in reviews[:10]:
        with st.container(border=True, gap="xsmall"):
            st.markdown(
                f"{words.stars(review.stars)} "
                f":gray[{plain(review.author_name)} · {plain(words.day(review.written_at))}]"
            )
            if review.comment:
                st.text(review.comment)
