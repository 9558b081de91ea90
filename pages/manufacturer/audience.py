"""Who sees what: whom each of my products is shown to, what is told of stock, and why somebody does not see one."""

from uuid import UUID

import streamlit as st

from app.bridge import ask, questions
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, paged_table, plain, section
from app.parts.addresses import asked_for
from app.parts.audience import audience_words, draw_audience, draw_stock_displays, seen_by
from app.parts.filters import search_box
from domain import catalog, discovery
from domain.catalog import OfferRow
from domain.identity import OrgKind, Permission

who, actor = guard()
BACK = ("Who sees what", "manufacturer-audience")


def draw_all() -> None:
    page_header(
        "Who sees what", "Products are for everybody until you choose", back=("Products", "manufacturer-products")
    )
    find = search_box("audience", "Product or article number")

    audiences: dict[UUID, str] = {}

    def offers(page: int, size: int) -> tuple[list[OfferRow], int]:
        with questions() as put:
            rows, total = put(catalog.my_offers, find=find, page=page, size=size)
            known = put(discovery.audiences_of, offer_ids=[row.offer_id for row in rows])
        audiences.update({offer_id: seen_by(sheet) for offer_id, sheet in known.items()})
        return rows, total

    with st.container(border=True):
        draw_stock_displays(may_change=actor.may(Permission.MANAGE_OFFERS))
    paged_table(
        "audience",
        offers,
        [
            Column("Product", lambda row: row.product_name if row.variant_name == "Standard"
                   else f"{row.product_name}, {row.variant_name}", "open", width="medium"),
            Column("Article", lambda row: row.sku),
            Column("Seen by", lambda row: audiences.get(row.offer_id, ""), first=True),
            Column("State", lambda row: row.state, "state"),
        ],
        on_open=lambda row: go("manufacturer-audience", offer=row.offer_id),
        empty=lambda: empty_state("inventory_2", "No products yet", "Put one up first.",
                                  ("Products", "manufacturer-products")),
        alt="My products",
    )  # fmt: skip


def draw_one(offer: catalog.OfferSheet) -> None:
    name = offer.product_name if offer.variant_name == "Standard" else f"{offer.product_name}, {offer.variant_name}"
    page_header(name, f"Article {offer.sku}", back=BACK)
    left, right = st.columns([1.5, 1], gap="medium")
    with left, st.container(border=True):
        section("Who sees it")
        draw_audience(
            [offer.offer_id], may_change=actor.may(Permission.CHOOSE_AUDIENCE),
            serves_territory=who.org_kind == OrgKind.DISTRIBUTOR,
        )  # fmt: skip
    with right, st.container(border=True):
        section("Why does a customer not see it?")
        customers = {one.subject_id: one.name for one in ask(discovery.audience_choices).customers}
        if not customers:
            st.caption("Customers can be asked about once they have ordered from you.")
            return
        chosen = st.selectbox("Customer", list(customers), index=None, format_func=lambda one: customers[one])
        if chosen is None:
            st.caption(plain(audience_words(ask(discovery.audience_of, offer_id=offer.offer_id))))
            return
        answer = ask(discovery.why_hidden, offer_id=offer.offer_id, org_id=chosen)
        if answer.is_shown:
            st.success(f"{plain(customers[chosen])} sees it.", icon=":material/visibility:")
        for reason in answer.reasons:
            st.warning(plain(reason), icon=":material/visibility_off:")


asked = asked_for("offer")
if asked is None:
    draw_all()
else:
    draw_one(ask(catalog.offer_sheet, offer_id=asked))
