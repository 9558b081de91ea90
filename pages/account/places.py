"""Where my organisation is: stores, warehouses, factories, offices."""

import streamlit as st

from app import words
from app.bridge import ask, perform, questions
from app.navigation import guard
from app.parts import empty_state, facts_list, page_header, plain
from app.parts.closed_days import draw_closed_days
from app.parts.forms import guarded_dialog, once, settle
from app.parts.trade import CARRIERS, delivery_preferences
from domain import identity, orders, territories
from domain.identity import Permission, SiteKind, SiteRow

who, actor = guard()


@guarded_dialog("Add a place")
def add() -> None:
    with st.form("place", border=False):
        name = st.text_input("Name", max_chars=120, required=True)
        kind = st.selectbox("Kind", list(SiteKind), format_func=words.site_kind)
        street = st.text_input("Street and number", max_chars=200, required=True)
        left, right = st.columns([1, 2])
        postal_code = left.text_input("Postal code", max_chars=20, required=True)
        city = right.text_input("City", max_chars=120, required=True)
        codes, home = sorted(identity.COUNTRIES, key=words.country), ask(identity.my_organization).country_code
        country_code = st.selectbox(
            "Country", codes, index=codes.index(home) if home in codes else 0, format_func=words.country
        )
        sent = st.form_submit_button("Add place", type="primary")
    if sent and settle(
        identity.add_site, request="add-site", done=f"{name} is added.", org_id=who.org_id, kind=kind,
        name=name or "", street=street or "", postal_code=postal_code or "", city=city or "",
        country_code=country_code or "",
    ):  # fmt: skip
        st.rerun()


@guarded_dialog("Delivery wishes")
def wishes(place: SiteRow) -> None:
    st.markdown(f"How goods come to **{plain(place.name)}**. New orders carry a copy; open orders keep theirs.")
    with st.form(once("wishes"), border=False):
        dock_hours = st.text_input("Dock open", place.dock_hours or "", max_chars=120, placeholder="Mon–Fri 7:00–15:00")
        carriers = ["", *CARRIERS]
        at = carriers.index(place.preferred_carrier) if place.preferred_carrier in carriers else 0
        carrier = st.selectbox("Preferred carrier", carriers, index=at,
                               format_func=lambda each: CARRIERS.get(each, "No preference"))  # fmt: skip
        notes = st.text_area("For the driver", place.delivery_notes or "", max_chars=500, height=90)
        sent = st.form_submit_button("Save", type="primary")
    if sent and settle(
        identity.set_delivery_preferences, done=f"Saved for {place.name}.", site_id=place.site_id,
        dock_hours=dock_hours or "", preferred_carrier=carrier, delivery_notes=notes or "",
    ):  # fmt: skip
        st.rerun()


def add_button() -> None:
    # Who is kept to some stores looks after those, and makes no others.
    may_add = may_keep and ask(identity.reach_of).stores is None
    if may_add and st.button("Add a place", icon=":material/add:", type="primary"):
        add()


may_keep = actor.may(Permission.MANAGE_ADDRESSES)
learned = {}
with questions() as put:
    places = put(identity.my_sites)
    lies_in = {row.site_id: row for row in put(territories.places)}
    if may_keep and actor.may(Permission.SEE_PURCHASES):
        learned = {row.site_id: row for row in put(orders.learned_carriers)}


def region_facts(place: SiteRow) -> dict[str, str]:
    """The region of the address and who serves it; nothing where no region is drawn."""
    row = lies_in.get(place.site_id)
    if row is None or row.region_name is None:
        return {}
    return {"Region": row.region_name} | ({"Served by": ", ".join(row.served_by)} if row.served_by else {})


def suggest(place: SiteRow) -> None:
    """Offer the carrier by which goods have come of late as the preferred one."""
    found = learned.get(place.site_id)
    if found is None:
        return
    name = CARRIERS.get(found.carrier, found.carrier)
    st.caption(f":material/lightbulb: The last {found.deliveries} deliveries came by {plain(name)}.")
    st.button(
        f"Prefer {name}", key=f"prefer-{place.site_id}", type="tertiary", icon=":material/check:", on_click=perform,
        args=(identity.set_delivery_preferences,),
        kwargs={
            "site_id": place.site_id, "preferred_carrier": found.carrier, "dock_hours": place.dock_hours or "",
            "delivery_notes": place.delivery_notes or "", "done": f"New orders to {place.name} ask for {name}.",
        },
    )  # fmt: skip


page_header("Places", "Stores, warehouses and offices; deliveries go to one of them", add_button)
if not places:
    empty_state("location_on", "No place yet", "Add the first one to have goods delivered.")
with st.grid(3, min_column_width=240):
    for place in places:
        with st.container(border=True, height="stretch"):
            st.markdown(f"**{plain(place.name)}**")
            st.badge(words.site_kind(place.kind), color="gray")
            facts_list(
                {
                    "Address": f"{place.street}, {place.postal_code} {place.city}",
                    "Country": words.country(place.country_code),
                    **region_facts(place),
                    "Time zone": place.time_zone.replace("_", " "),
                    **delivery_preferences(place.model_dump()),
                }
            )
            if may_keep and st.button(
                "Delivery wishes", key=f"wishes-{place.site_id}", type="tertiary", icon=":material/local_shipping:"
            ):
                wishes(place)
            suggest(place)

draw_closed_days((who, actor))
