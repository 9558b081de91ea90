"""Register an organisation: who, what business, the terms, the address proved, and what comes next."""

import streamlit as st

from app import registering, words
from app.bridge import ask_for_visitor, perform_for_visitor
from app.navigation import start_link
from app.parts import plain
from app.parts.terms import show_terms
from app.parts.welcome import spent, welcome
from domain import identity
from domain.identity import BusinessDetails, OrgKind, RegistrationSheet
from domain.kernel.errors import NotFound

STEPS = ("You", "Your business", "Terms", "Confirm")
KINDS = {
    OrgKind.RETAILER: "I buy for a shop, a restaurant, a hotel or an office",
    OrgKind.MANUFACTURER: "I make goods and sell them in bulk",
    OrgKind.DISTRIBUTOR: "I buy from makers and supply a region",
}
FIRST_STEPS = {
    "retailer": ("Confirm your business (Level 1) to order up to a first limit", "Top up the wallet or pay by transfer",
                 "Place your first order"),
    "manufacturer": ("Verify your business (Level 2) to sell", "Add products with prices and stock",
                     "Accept and ship your first order"),
    "distributor": ("Verify your business (Level 2) to trade", "Get your territory assigned",
                    "Add what you sell, and order from makers"),
}  # fmt: skip


def steps(current: int) -> None:
    with st.container(horizontal=True, gap="small"):
        for number, name in enumerate(STEPS):
            colour = "green" if number < current else "primary" if number == current else "gray"
            st.badge(f"{number + 1} {name}", color=colour, icon=":material/check:" if number < current else None)


def who() -> None:
    steps(0)
    kind = st.radio("What do you do?", list(KINDS), format_func=lambda each: words.kind(each),
                    captions=list(KINDS.values()), key="register-kind")  # fmt: skip
    with st.form("register-who", border=False):
        name = st.text_input("Your name", max_chars=120, autocomplete="name")
        email = st.text_input("Work e-mail", type="email", autocomplete="username", placeholder="you@company.com")
        password = st.text_input("Password", type="password", autocomplete="new-password",
                                 help="At least 15 characters; a sentence is a good one.")  # fmt: skip
        sent = st.form_submit_button("Continue", type="primary", width="stretch")
    if sent:
        perform_for_visitor(
            identity.begin_registration, kind=kind, name=name or "", email=email or "", password=password or "",
            address=st.context.ip_address or "local", then=registering.keep,
        )  # fmt: skip
    st.caption("You can stop at any time; we keep what you have entered for 30 days.")
    start_link("I have an account: sign in")


def business(sheet: RegistrationSheet) -> None:
    steps(1)
    mail_notice(sheet)
    known = sheet.business
    codes = sorted(identity.COUNTRIES, key=words.country)
    code = st.selectbox(
        "Country", codes, format_func=words.country, key="register-country",
        index=codes.index(known.country_code) if known.country_code in codes else codes.index("DE"),
    )  # fmt: skip
    country = identity.COUNTRIES[code]
    zone = country.time_zone.replace("_", " ")
    st.caption(f"Times are shown in {zone}, numbers as usual in {words.country(code)}.")
    kind = OrgKind(sheet.kind)
    is_distributor = kind is OrgKind.DISTRIBUTOR
    with st.form("register-business", border=False):
        name = st.text_input("Name that others see", known.name, max_chars=120)
        legal_name = st.text_input("Legal name", known.legal_name, max_chars=200,
                                   help="As it stands in the company register.")  # fmt: skip
        one, two = st.columns(2)
        number = one.text_input("Registration number", known.registration_number, max_chars=60)
        tax = two.text_input("Tax number (optional)", known.tax_number, max_chars=30)
        place = {OrgKind.RETAILER: "store", OrgKind.MANUFACTURER: "factory", OrgKind.DISTRIBUTOR: "warehouse"}[kind]
        site_name = st.text_input(f"Name of your {place}", known.site_name or place.capitalize(), max_chars=120)
        street = st.text_input("Street and number", known.street, max_chars=200)
        one, two = st.columns([1, 2])
        postal_code = one.text_input("Postal code", known.postal_code, max_chars=20)
        city = two.text_input("City", known.city, max_chars=120)
        region = ""
        if is_distributor:
            region = st.text_input("Region that you deliver to", known.region, max_chars=120,
                                   help="A distributor needs a region and a warehouse.")  # fmt: skip
        sent = st.form_submit_button("Continue", type="primary", width="stretch")
    if sent:
        perform_for_visitor(
            identity.save_registration_step, registration_id=sheet.registration_id, then=again,
            business=BusinessDetails(
                name=name or "", legal_name=legal_name or "", registration_number=number or "", tax_number=tax or "",
                street=street or "", postal_code=postal_code or "", city=city or "", country_code=code,
                time_zone=country.time_zone, locale=country.locale, region=region or "", site_name=site_name or "",
            ),
        )  # fmt: skip


def terms(sheet: RegistrationSheet) -> None:
    steps(2)
    mail_notice(sheet)
    version = ask_for_visitor(current_version)
    show_terms(version)
    agreed = st.checkbox("I may speak for this organisation, and it accepts these terms", key="register-agree")
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        if st.button("Back", key="register-back"):
            back(sheet)
        if st.button("Accept and continue", type="primary", disabled=not agreed):
            perform_for_visitor(
                identity.save_registration_step, registration_id=sheet.registration_id, terms_version=version,
                then=again,
            )  # fmt: skip


def finish(sheet: RegistrationSheet) -> None:
    steps(3)
    if not sheet.is_confirmed:
        st.markdown(f"We have sent a letter to **{plain(sheet.email)}**. Open its link to prove that it is yours.")
        st.caption("Nothing there? Look into your spam folder. The letter also says if the address has an account.")
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            if st.button("Send it again"):
                perform_for_visitor(
                    identity.send_registration_link, registration_id=sheet.registration_id,
                    done="The letter is on its way.",
                )  # fmt: skip
            st.button("I have opened it", type="primary")
        return
    details = sheet.business
    st.markdown(
        f"**{plain(details.name)}** · {plain(words.kind(sheet.kind))}  \n"
        f"{plain(details.street)}, {plain(details.postal_code)} {plain(details.city)},"
        f" {plain(words.country(details.country_code))}  \n{plain(sheet.name)} · {plain(sheet.email)}"
    )
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        if st.button("Change something"):
            back(sheet)
        if st.button("Create the organisation", type="primary"):
            perform_for_visitor(
                identity.finish_registration, registration_id=sheet.registration_id, then=again,
            )  # fmt: skip


def next_steps(sheet: RegistrationSheet) -> None:
    st.success(f"{plain(sheet.business.name)} is registered.", icon=":material/check_circle:")
    st.markdown("**What comes next**")
    for number, line in enumerate(FIRST_STEPS[sheet.kind], 1):
        st.markdown(f"{number}. {line}")
    start_link("Sign in")
    if st.button("Register another organisation", type="tertiary"):
        registering.forget()


def mail_notice(sheet: RegistrationSheet) -> None:
    if not sheet.is_confirmed:
        st.info(f"A letter is on its way to {plain(sheet.email)}. You can go on meanwhile.", icon=":material/mail:")


def confirm(token: str, sheet: RegistrationSheet | None) -> None:
    """A button, since mail scanners open links too; on another browser, the password as well."""
    try:
        named = ask_for_visitor(identity.registration_behind, token=token)
    except NotFound as refusal:
        if sheet is not None:
            st.query_params.clear()
            st.rerun()
        spent(refusal.sentence)
        start_link("Sign in")
        return
    is_here = sheet is not None and sheet.registration_id == named
    st.markdown("Confirm that this address is yours and go on with your registration.")
    with st.form("register-confirm", border=False):
        password = ""
        if not is_here:
            password = st.text_input("The password that you have chosen", type="password") or ""
        sent = st.form_submit_button("Confirm and go on", type="primary", width="stretch")
    if sent:
        perform_for_visitor(
            identity.confirm_registration, token=token, password=password,
            registration_id=named if is_here else None, then=lambda found: confirmed(found, is_here),
        )  # fmt: skip


def confirmed(found, is_here: bool) -> None:  # type: ignore[no-untyped-def]
    if found is None:
        st.error("This is not the password that was chosen for this registration.")
    elif is_here:
        st.query_params.clear()
        st.rerun()
    else:
        registering.keep(found)


def current_version(work) -> str:  # type: ignore[no-untyped-def]
    found = identity.terms_at(work.now)
    return found.version if found else identity.TERMS[0].version


def back(sheet: RegistrationSheet) -> None:
    perform_for_visitor(identity.back_to_business, registration_id=sheet.registration_id, then=again)


def again(_: object) -> None:
    st.rerun()


SCREENS = {"business": business, "terms": terms, "finish": finish, "done": next_steps}
here = registering.begun_here()
with welcome("Register your organisation", width=1.6):
    if registering.has_nonce():
        if "token" in st.query_params:
            confirm(st.query_params["token"], here)
        elif here is None:
            who()
        else:
            SCREENS[here.step](here)
