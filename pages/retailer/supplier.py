"""A supplier as buyers see it: who they are, how they ship, where, what they sell, what others say."""

import streamlit as st

from app import words
from app.bridge import ask, questions
from app.navigation import go, guard, page_of
from app.parts import Column, empty_state, facts_list, id_of, page_header, paged_table, plain, section
from app.parts.badges import seller_badge
from app.parts.filters import search_box
from domain import catalog, discovery, identity, trust, verification

guard()
org_id = id_of("org")
with questions() as put:
    supplier = put(identity.supplier_card, org_id=org_id)
    facts = put(discovery.supplier_facts, org_id=org_id)
    terms = put(catalog.seller_terms, seller_id=org_id)
    reviews = put(trust.reviews_of, subject_id=org_id)
    badge = put(verification.badge_of, org_id=org_id)


def draw_about() -> None:
    section("About")
    seller_badge(org_id, badge=badge)
    if supplier.about:
        st.text(supplier.about)
    average = sum(review.stars for review in reviews) / len(reviews) if reviews else None
    facts_list(
        {
            "Legal name": supplier.legal_name or supplier.name,
            "On Wholesale OS since": words.day(supplier.since),
            "Region": supplier.region or "–",
            "Rating": f"{average:.1f} of 5 ({words.count(len(reviews), 'review')})" if average else "No feedback yet",
        }
    )


def draw_certificates() -> None:
    section("Certificates")
    for one in badge.certificates:
        st.markdown(
            f":green[:material/workspace_premium:] {plain(words.requirement(one.requirement))} {plain(one.number)}  \n"
            f":gray[:small[{plain(one.issuer or '')}, until {plain(words.day(one.expires_on))}"
            f"{plain(' · ' + one.scope) if one.scope else ''}]]"
        )


def draw_shipping() -> None:
    section("How they ship")
    leads = {
        "Ready within": ("At once" if not facts.lead_time_days_max else words.days(facts.lead_time_days_max))
        if facts.lead_time_days_min == facts.lead_time_days_max
        else f"{words.number(facts.lead_time_days_min)} to {words.days(facts.lead_time_days_max)}",
    }  # fmt: skip
    if terms is None:
        st.caption("No order minimum and no shipping fee.")
        shipping = {}
    else:
        shipping = {
            "Order minimum": words.money(terms.order_minimum, terms.currency) if terms.order_minimum else "None",
            "Shipping": words.money(terms.shipping_fee, terms.currency) if terms.shipping_fee else "Free",
        }
        if terms.free_shipping_from is not None and terms.shipping_fee:
            shipping["Free shipping from"] = words.money(terms.free_shipping_from, terms.currency)
    served = {"Regions served": ", ".join(facts.regions)} if facts.regions else {}
    facts_list(shipping | (leads if facts.products else {}) | served)


page_header(
    supplier.name,
    f"{words.kind(supplier.kind)} · {words.country(supplier.country_code)}"
    + (f" · {words.count(facts.products, 'product')}" if facts.products else ""),
    back=("Find products", "retailer-products"),
)
main, side = st.columns([1.9, 1], gap="medium")
with side:
    with st.container(border=True):
        draw_about()
    if badge.certificates:
        with st.container(border=True):
            draw_certificates()
    with st.container(border=True):
        draw_shipping()
with main:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        section("Products")
        find = search_box("supplier-products", "Search their products")

    def products(page: int, size: int) -> tuple[list[discovery.ProductRow], int]:
        found = ask(
            discovery.search_products, find=find, seller_id=org_id, order="relevance" if find else "name", page=page,
            size=size,
        )  # fmt: skip
        return found.rows, found.total

    paged_table(
        "supplier-products",
        products,
        [
            Column("Product", lambda row: row.name, "open", width=250),
            Column("Your price from", lambda row: words.unit_price(row.price or row.from_price, row.currency), "right",
                   first=True),
            Column("Smallest order", lambda row: words.number(row.minimum_quantity), "right"),
            Column("Lead time", lambda row: words.days(row.lead_time_days)),
            Column("Stock", lambda row: words.stock(row.stock, row.available) or "–"),
        ],
        on_open=lambda row: go("retailer-product", product=row.product_id),
        empty=lambda: empty_state(
            "inventory_2", "No product fits" if find else "Nothing for sale",
            "Try other words." if find else "This supplier has no product on offer now.",
        ),
        alt="Products of this supplier",
    )  # fmt: skip
    if facts.products:
        st.page_link(
            page_of("retailer-products"), label="All filters for these products", icon=":material/tune:",
            query_params={"supplier": str(org_id)},
        )  # fmt: skip
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
