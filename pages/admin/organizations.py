"""Who takes part in the market, and letting a new organisation in."""

from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import go, guard
from app.parts import Column, empty_state, page_header, paged_table
from app.parts.filters import choice, search_box
from app.parts.forms import guarded_dialog, once, settle
from domain import identity
from domain.identity import VARIANTS, OrgKind, SiteKind
from domain.kernel.work import Work

guard()
ZONES = (
    "Europe/Berlin", "Europe/London", "Europe/Paris", "Europe/Madrid", "Europe/Istanbul", "Africa/Lagos",
    "Africa/Nairobi",
    "Asia/Dubai", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo", "America/New_York", "America/Chicago",
    "America/Los_Angeles", "America/Sao_Paulo", "Australia/Sydney", "UTC",
)  # fmt: skip
LOCALES = {
    "en": "English", "en-GB": "English (UK)", "de": "German", "fr": "French", "es": "Spanish", "pt-BR": "Portuguese",
}  # fmt: skip


def admit(
    work: Work, *, request_id: UUID, organization: dict[str, Any], site: dict[str, Any], owner: dict[str, Any]
) -> UUID:
    """An organisation with its first place and its owner, all or nothing."""
    org_id = identity.register_organization(work, request_id=request_id, **organization)
    work.session.flush()
    identity.add_site(work, request_id=request_id, org_id=org_id, **site)
    identity.add_member(work, request_id=request_id, org_id=org_id, **owner)
    return org_id


@guarded_dialog("Register an organisation", width="large")
def register() -> None:
    kind = st.segmented_control("Kind", [k for k in OrgKind if k is not OrgKind.PLATFORM], format_func=words.kind,
                                default=OrgKind.RETAILER, required=True)  # fmt: skip
    with st.form(once("register"), border=False):
        one, two = st.columns(2)
        name = one.text_input("Name of the organisation", max_chars=120)
        country = two.text_input("Country (two letters)", max_chars=2, placeholder="DE")
        zone = one.selectbox("Time zone", ZONES, accept_new_options=True)
        currency = two.selectbox("Currency", ["EUR", "USD", "GBP", "JPY", "CHF"], accept_new_options=True)
        locale = one.selectbox("Language and number format", list(LOCALES), format_func=lambda key: LOCALES[key])
        about = two.text_input("About (optional)", max_chars=300)
        st.markdown("**First place**")
        one, two = st.columns(2)
        site_kind = one.selectbox("Kind of place", list(SiteKind), format_func=words.site_kind)
        site_name = two.text_input("Name of the place", "Main site", max_chars=120)
        street = one.text_input("Street and number", max_chars=200)
        city = two.text_input("City", max_chars=120)
        postal_code = one.text_input("Postal code", max_chars=20)
        st.markdown("**Owner**")
        one, two = st.columns(2)
        person = one.text_input("Name", max_chars=120)
        email = two.text_input("E-mail", max_chars=254, type="email")
        variant = one.selectbox("Role", VARIANTS[kind], format_func=words.role)
        password = two.text_input("First password", type="password", help="At least 12 characters; a sentence is good.")
        if st.form_submit_button("Register", type="primary") and settle(
            admit, request="register", done=f"{name} is registered.",
            organization={
                "kind": kind, "name": name or "", "country_code": country or "", "time_zone": zone or "",
                "locale": locale, "currency": (currency or "").strip().upper(), "about": about or None,
            },
            site={
                "kind": site_kind, "name": site_name or "", "street": street or "", "postal_code": postal_code or "",
                "city": city or "", "country_code": country or "",
            },
            owner={"email": email or "", "name": person or "", "variant": variant, "password": password or ""},
        ):  # fmt: skip
            st.rerun()


def actions() -> None:
    if st.button("Register an organisation", type="primary", icon=":material/domain_add:"):
        register()


page_header("Organisations", "Who takes part in the market", actions)
with st.container(horizontal=True):
    find = search_box("organizations", "Name")
    kind = choice("organizations", "All kinds", {k.value: words.kind(k) for k in OrgKind}, key="kind")
paged_table(
    "organizations",
    lambda page, size: ask(identity.organizations, kind=kind, find=find, page=page, size=size),
    [
        Column("Name", lambda row: row.name, "open", width="medium"),
        Column("Kind", lambda row: words.kind(row.kind)),
        Column("Country", lambda row: words.country(row.country_code)),
        Column("State", lambda row: row.state, "state"),
        Column("People", lambda row: words.number(row.people), "right"),
        Column("Since", lambda row: words.day(row.created_at)),
    ],
    on_open=lambda row: go("admin-organization", organization=row.org_id),
    empty=lambda: empty_state("domain", "No organisation fits", "Clear the search, or register one."),
    alt="Organisations",
)
