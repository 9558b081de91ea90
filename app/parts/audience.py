"""Who sees an offer, and what buyers are told of its stock: chosen by the seller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, perform, questions
from app.parts.forms import once, settle
from app.parts.header import section
from app.parts.text import plain
from domain import discovery
from domain.discovery import Audience, AudienceRow, Choice, Display, DisplayFor, Shown
from domain.identity import COUNTRIES

EVERYBODY, CHOSEN = "Everybody", "Only those I choose"
_KINDS = {
    Shown.CUSTOMER: "Customer", Shown.GROUP: "Group", Shown.REGION: "Region", Shown.COUNTRY: "Country",
    Shown.TERRITORY: "My territory",
}  # fmt: skip
DISPLAYS = {"exact": "The exact number", "bucket": "In stock, few left, or out", "hidden": "Nothing"}


def audience_words(sheet: discovery.AudienceSheet) -> str:
    """Who sees it, in one line."""
    if sheet.audience is Audience.EVERYBODY:
        return "Everybody sees it."
    if not sheet.shown_to:
        return "Nobody sees it: you have chosen nobody yet."
    return "Only these see it: " + ", ".join(name_of(row) for row in sheet.shown_to) + "."


def seen_by(sheet: discovery.AudienceSheet) -> str:
    """Who sees it, in a cell."""
    if sheet.audience is Audience.EVERYBODY:
        return EVERYBODY
    return ", ".join(map(name_of, sheet.shown_to)) or "Nobody"


def name_of(row: AudienceRow) -> str:
    if row.kind is Shown.TERRITORY:
        return "shops in my territory"
    name = words.country(row.country_code) if row.kind is Shown.COUNTRY else row.name or "somebody unknown"
    days = f" until {words.day(row.valid_to)}" if row.valid_to else ""
    return f"{name}{days}"


def draw_audience(offer_ids: Sequence[UUID], *, may_change: bool, serves_territory: bool = False) -> None:
    """Who sees these offers; what is chosen holds for all of them."""
    with questions() as put:
        sheet = put(discovery.audience_of, offer_id=offer_ids[0])
        choices = put(discovery.audience_choices) if may_change else None
    st.markdown(plain(audience_words(sheet)))
    st.caption("To everybody else it does not exist: not in search, not by its address, not in their lists.")
    if choices is None:
        return
    picked = st.segmented_control(
        "Who sees it", [EVERYBODY, CHOSEN], key=f"audience-{offer_ids[0]}", required=True,
        default=EVERYBODY if sheet.audience is Audience.EVERYBODY else CHOSEN, label_visibility="collapsed",
    )  # fmt: skip
    if picked == EVERYBODY:
        if sheet.audience is not Audience.EVERYBODY and st.button("Show it to everybody", type="primary"):
            _save(offer_ids, None)
        return
    with st.form(once(f"audience-form-{offer_ids[0]}"), border=False):
        rows = _chosen(sheet.shown_to, choices, serves_territory)
        until = st.date_input("Until (optional)", value=None, format="YYYY-MM-DD", width=220)
        if st.form_submit_button("Save", type="primary"):
            _save(offer_ids, [row.model_copy(update={"valid_to": until}) for row in rows] if until else rows)


def _chosen(
    there: Sequence[AudienceRow], choices: discovery.AudienceChoices, serves_territory: bool
) -> list[AudienceRow]:
    """The widgets for each kind, and what is chosen in them."""
    kept = {row.key: row for row in there}
    rows: list[AudienceRow] = []

    def several(kind: Shown, label: str, options: Sequence[Choice], empty: str) -> None:
        names = {one.subject_id: one.name for one in options}
        names |= {row.subject_id: row.name or "Unknown" for row in there if row.kind is kind and row.subject_id}
        default = [row.subject_id for row in there if row.kind is kind and row.subject_id]
        if not names:
            st.caption(empty)
            return
        for one in st.multiselect(label, list(names), default, format_func=lambda key: names[key]):
            known = kept.get(f"{kind.value}:{one}")
            rows.append(known or AudienceRow(kind=kind, subject_id=one))

    several(Shown.CUSTOMER, "Customers", choices.customers, "Customers can be chosen once they have ordered from you.")
    several(Shown.GROUP, "Customer groups", choices.groups, "Customer groups are made under Prices.")
    several(Shown.REGION, "Regions of their places", choices.regions, "There are no regions yet.")
    codes = [row.country_code for row in there if row.country_code]
    for code in st.multiselect("Countries", sorted(COUNTRIES), codes, format_func=words.country):
        rows.append(kept.get(f"country:{code}") or AudienceRow(kind=Shown.COUNTRY, country_code=code))
    if serves_territory and st.checkbox("Shops in the territory that I serve", "territory" in kept):
        rows.append(kept.get("territory") or AudienceRow(kind=Shown.TERRITORY))
    return rows


def _save(offer_ids: Sequence[UUID], rows: list[AudienceRow] | None) -> None:
    if settle(discovery.set_audience, offer_ids=list(offer_ids), shown_to=rows, done="Saved. It holds from now on."):
        st.rerun()


def draw_stock_displays(*, may_change: bool) -> None:
    """What buyers are told of the stock: all of them, and those who are told something else."""
    rows = ask(discovery.my_stock_displays)
    for_all = next((row for row in rows if row.kind is DisplayFor.ALL), None)
    section("What buyers are told of your stock")
    others = [row for row in rows if row.kind is not DisplayFor.ALL]
    if not may_change:
        st.markdown(plain(f"All buyers: {DISPLAYS[for_all.display if for_all else 'exact'].lower()}"))
        for row in others:
            st.markdown(plain(f"{row.name or 'Somebody'}: {DISPLAYS[row.display].lower()}"))
        return
    with st.form(once("stock-display"), border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        display = st.selectbox(
            "All buyers see", list(DISPLAYS), list(DISPLAYS).index(for_all.display) if for_all else 0,
            format_func=DISPLAYS.__getitem__, width=240,
        )  # fmt: skip
        few = st.number_input("“Few left” below", 1, value=for_all.few_below if for_all else discovery.FEW, width=150)
        if st.form_submit_button("Save") and settle(
            discovery.set_stock_display, kind=DisplayFor.ALL, display=Display(display), few_below=int(few),
            done="Saved. It holds from now on.",
        ):  # fmt: skip
            st.rerun()
    for row in others:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(plain(f"{row.name or 'Somebody'}: {DISPLAYS[row.display].lower()}"), width="content")
            st.button(
                "Like all others", type="tertiary", key=f"display-{row.subject_id}", on_click=perform,
                args=(discovery.set_stock_display,),
                kwargs={"kind": row.kind, "display": None, "subject_id": row.subject_id, "done": "Saved."},
            )  # fmt: skip
    box = st.expander("Tell a customer or a group something else", key="stock-exception-part", on_change="rerun")
    if box.open:
        with box:
            _draw_exception(ask(discovery.audience_choices))


def _draw_exception(choices: discovery.AudienceChoices) -> None:
    whom: dict[UUID, tuple[DisplayFor, str]] = {
        **{one.subject_id: (DisplayFor.GROUP, f"Group {one.name}") for one in choices.groups},
        **{one.subject_id: (DisplayFor.CUSTOMER, one.name) for one in choices.customers},
    }
    if not whom:
        st.caption("Customers can be chosen once they have ordered from you; groups are made under Prices.")
        return
    with st.form(once("stock-exception"), border=False):
        subject: Any = st.selectbox("Who", list(whom), format_func=lambda one: whom[one][1])
        display = st.selectbox("is told", list(DISPLAYS), format_func=DISPLAYS.__getitem__)
        if st.form_submit_button("Save") and settle(
            discovery.set_stock_display, kind=whom[subject][0], display=Display(display), subject_id=subject,
            done="Saved. It holds from now on.",
        ):  # fmt: skip
            st.rerun()


def draw_why_hidden(org_id: UUID, name: str) -> None:
    """For the platform's staff: whether an organisation sees a product, and what stands in the way."""
    with st.expander("Why does this organisation not see a product?", icon=":material/visibility_off:"):
        number = st.text_input("Article number or barcode", key="why-number", width=280)
        if not number:
            st.caption("Type the number of the product; the seller's choice and the regions are looked at as of today.")
            return
        offers = ask(discovery.offers_of_number, number=number)
        if not offers:
            st.caption("No product on sale has this number.")
        for offer in offers:
            answer = ask(discovery.why_hidden, offer_id=offer.offer_id, org_id=org_id)
            title = plain(f"{offer.product_name} of {offer.seller_name} ({offer.sku})")
            if answer.is_shown:
                st.success(f"{plain(name)} sees {title}.", icon=":material/visibility:")
            for reason in answer.reasons:
                st.warning(f"{title}: {plain(reason)}", icon=":material/visibility_off:")
