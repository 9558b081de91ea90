"""Find products: search and filters in the address, the buyer's own prices, what one keeps and looked at."""

import time
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from uuid import UUID

import streamlit as st

from app import activity, words
from app.bridge import ask, perform, questions
from app.navigation import go, guard, page_of
from app.parts import beside, empty_state, page_header, page_in_address, pager, plain, reset_page, thumbnails
from app.parts.badges import level_mark
from app.parts.comparing import compare_button, compare_link
from app.parts.filters import choice
from app.parts.forms import once, settle
from domain import discovery, verification
from domain.discovery import Criteria, Facet, ProductRow, ResultPage, ViewedProduct
from domain.identity import Permission
from domain.verification import CERTIFICATES, Requirement

NAME, SIZE = "products", 12
ORDERS = {"relevance": "Best match", "price": "Lowest price", "lead_time": "Fastest", "name": "Name"}
# The filters that stand in the address by their value, and the words of a chip for each.
CHIPS = {
    "category": "Category", "supplier": "Supplier", "moq": "Order from at most", "lead": "Ready within",
    "price": "Price", "level": "Verified", "certificate": "Certificate", "country": "Region",
}  # fmt: skip
LEVELS = {"1": "Level 1 and up", "2": "Level 2 and up", "3": "Level 3, with badge"}

here = guard()
restart = reset_page(NAME)


# --- the filters, as the address holds them ------------------------------------------------------


def said(key: str) -> str:
    return str(st.query_params.get(key) or "")


def id_said(key: str) -> UUID | None:
    try:
        return UUID(said(key))
    except ValueError:
        return None


def number_said(key: str) -> int | None:
    return int(said(key)) if said(key).isdigit() and 0 < len(said(key)) < 10 else None


def prices_said() -> tuple[Decimal | None, Decimal | None]:
    low, _, high = said("price").partition("-")

    def limit(word: str) -> Decimal | None:
        try:
            return Decimal(word) if word and Decimal(word).is_finite() and Decimal(word) >= 0 else None
        except InvalidOperation:
            return None

    return limit(low), limit(high)


def criteria_said() -> Criteria:
    low, high = prices_said()
    return Criteria(
        find=(find or "").strip(), category_id=id_said("category"),
        seller_id=id_said("supplier"), max_minimum_quantity=number_said("moq"), max_lead_time_days=number_said("lead"),
        in_stock=bool(in_stock), min_level=int(said("level")) if said("level") in LEVELS else None,
        certificate=Requirement(said("certificate")) if said("certificate") in set(CERTIFICATES) else None,
        country=said("country") if len(said("country")) == 2 else None, price_from=low, price_to=high,
    )  # fmt: skip


def address_of(criteria: Criteria) -> dict[str, str]:
    """A search as an address, to run it again."""
    price = "" if criteria.price_from is None and criteria.price_to is None else (
        f"{'' if criteria.price_from is None else criteria.price_from}-"
        f"{'' if criteria.price_to is None else criteria.price_to}"
    )  # fmt: skip
    facts = {
        "q": criteria.find, "category": criteria.category_id, "supplier": criteria.seller_id,
        "moq": criteria.max_minimum_quantity, "lead": criteria.max_lead_time_days, "stock": criteria.in_stock or None,
        "certificate": criteria.certificate and criteria.certificate.value, "level": criteria.min_level,
        "country": criteria.country, "price": price,
    }  # fmt: skip
    return {name: "true" if value is True else str(value) for name, value in facts.items() if value}


def drop(key: str) -> None:
    """As a callback: one filter less."""
    st.query_params.pop(key, None)
    restart()


def drop_all() -> None:
    for key in CHIPS:
        st.query_params.pop(key, None)
    st.session_state["stock"] = False
    restart()


def search_for(text: str) -> None:
    st.session_state["q"] = text
    restart()


# --- what is kept --------------------------------------------------------------------------------


def actions() -> None:
    if here[1].may(Permission.FILL_BASKET):
        if st.button("Quick order", icon=":material/playlist_add_check:"):
            go("retailer-quick-order")
        if st.button("Lists", icon=":material/list_alt:"):
            go("retailer-lists")


def draw_kept(criteria: Criteria) -> None:
    """Searches to run again, and this one to keep."""
    folded = st.popover("Saved", icon=":material/bookmark:", key="saved-searches", on_change="rerun")
    if not folded.open:
        return
    with folded:
        for row in ask(discovery.my_searches):
            with st.container(horizontal=True, vertical_alignment="center", wrap=False):
                st.page_link(
                    page_of("retailer-products"), label=plain(row.name), query_params=address_of(row.criteria),
                    icon=":material/notifications_active:" if row.tells else ":material/search:", width="stretch",
                )  # fmt: skip
                st.button(
                    "", icon=":material/delete:", key=f"forget-{row.search_id}", type="tertiary",
                    help=f"Delete {plain(row.name)}", on_click=perform, args=(discovery.forget_search,),
                    kwargs={"search_id": row.search_id, "done": "The search is deleted."},
                )  # fmt: skip
        if not criteria.asked():
            st.caption("Search or filter, then keep the search here.")
            return
        with st.form(once("save-search"), border=False):
            name = st.text_input("Keep this search as", criteria.find[:80], max_chars=80)
            tells = st.checkbox("Tell me about new products")
            if st.form_submit_button("Save search") and settle(
                discovery.save_search, request="save-search", name=name or "", criteria=criteria, tells=bool(tells),
                done="The search is saved.",
            ):  # fmt: skip
                st.rerun()


def run_saved() -> None:
    """An address that names a kept search, as notices have it, becomes the address of what it looks for."""
    asked = id_said("saved")
    row = next((one for one in ask(discovery.my_searches) if one.search_id == asked), None) if asked else None
    if row is not None:
        go("retailer-products", **address_of(row.criteria))


def open_scanned() -> None:
    """A barcode that names one product opens it; else it is searched for."""
    code = str(st.session_state.get("scan") or "").strip()
    st.session_state["scan"] = ""
    if code:
        st.session_state["scanned"] = code


def draw_viewed(rows: Sequence[ViewedProduct]) -> None:
    if not rows:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(":gray[Recently viewed]", width="content")
        for row in rows:
            st.page_link(
                page_of("retailer-product"), label=plain(row.name), query_params={"product": str(row.product_id)},
                width="content",
            )  # fmt: skip


# --- the results ---------------------------------------------------------------------------------


def draw_filters(found: ResultPage) -> None:
    """Each with how many it leaves; what is chosen stays to be seen although it leaves none."""

    def facet(label: str, key: str, facets: Iterable[Facet], say: object = None, *, width: int = 190) -> None:
        known = {one.value: f"{say(one.label) if callable(say) else one.label} ({words.number(one.count)})"
                 for one in facets}  # fmt: skip
        chosen = said(key)
        if chosen and chosen not in known:
            known = {chosen: chip_of(key, found)} | known
        choice(NAME, label, known, key=key, width=width)

    with selects:
        facet("Any category", "category", found.categories)
        facet("Any supplier", "supplier", found.suppliers)
        facet("Any price", "price", found.facets.price, width=150)
        more = st.popover("More filters", icon=":material/tune:", key="more-filters", on_change="rerun")
        if not more.open:
            return
        with more:
            facet("Any smallest order", "moq", found.facets.minimum, width=240)
            facet("Any lead time", "lead", found.facets.lead_time, width=240)
            facet("Verified or not", "level", found.facets.level, width=240)
            facet("Any certificate", "certificate", found.facets.certificates, words.requirement, width=240)
            facet("Any region", "country", found.facets.countries, words.country, width=240)


def chip_of(key: str, found: ResultPage) -> str:
    """What a filter is set to, in words."""
    value = said(key)
    facets = {"category": found.categories, "supplier": found.suppliers}.get(key, [])
    for one in facets:
        if one.value == value:
            return one.label
    if key == "price":
        low, high = prices_said()
        return f"{words.number(low or 0)} to {words.number(high)}" if high else f"{words.number(low or 0)} and more"
    worded = {
        "moq": lambda: words.number(int(value)), "lead": lambda: words.days(int(value)),
        "level": lambda: LEVELS[value], "certificate": lambda: words.requirement(value),
        "country": lambda: words.country(value),
    }.get(key)  # fmt: skip
    try:
        return worded() if worded else "chosen"
    except (KeyError, ValueError):
        return "chosen"


def draw_chips(found: ResultPage) -> None:
    active = [key for key in CHIPS if said(key)]
    if not active:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for key in active:
            st.button(
                plain(f"{CHIPS[key]}: {chip_of(key, found)}"), icon=":material/close:", key=f"chip-{key}",
                help="Take this filter away", on_click=drop, args=(key,),
            )  # fmt: skip
        if len(active) > 1:
            st.button("Clear all", type="tertiary", key="chip-all", on_click=drop_all)


def why_here(product: ProductRow) -> str:
    """Why a product stands where it stands."""
    why = product.why
    if why.is_number:
        return "It has the number that you asked for."
    if why.is_alike:
        return "Its name is spelled alike."
    if why.has_all:
        return f"It has all of your words ({', '.join(why.words)})."
    return f"It has some of your words ({', '.join(why.words)})." if why.words else "It passes your filters."


def draw_card(product: ProductRow) -> None:
    shown = product.price if product.price is not None else product.from_price
    price = plain(words.unit_price(shown, product.currency))
    listed = ""
    if product.list_price is not None and product.list_price != shown:
        listed = f" :gray[~~{plain(words.unit_price(product.list_price, product.currency))}~~]"
    told = plain(words.stock(product.stock, product.available))
    stock = f":{words.stock_colour(product.stock)}[:small[{told}]]" if told else ""
    more = f" +{product.sellers - 1} more" if product.sellers > 1 else ""
    picture = small.get(product.picture_file_id) if product.picture_file_id else None
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.page_link(
            page_of("retailer-product"),
            label=f"**{plain(product.name)}**",
            icon=None if picture else ":material/inventory_2:",
            query_params={"product": str(product.product_id)},
        )
        lines = [
            f"from **{price}** :gray[per {plain(words.plural(product.base_unit, 1))}]{listed}",
            f":gray[:small[{plain(product.seller_name)}{plain(more)}]]",
            f":gray[:small[{plain(product.category or '')}]]{level_mark(levels.get(product.seller_id, 0))}",
            f":small[From {plain(words.quantity(product.minimum_quantity))} · "
            f"{plain(words.lead_time(product.lead_time_days))}]",
            stock,
        ]
        beside(
            picture, "  \n".join(filter(None, lines)), key=str(product.product_id),
            help=plain(why_here(product)) if find else None,
        )  # fmt: skip
        compare_button(product.product_id, key=f"compare-{product.product_id}")


run_saved()
page_header("Find products", "Compare suppliers at your own prices", actions)
with st.container(horizontal=True, vertical_alignment="bottom"):
    find = st.text_input(
        "Search", key="q", bind="query-params", type="search", placeholder="Product, brand or article number",
        on_change=restart, label_visibility="collapsed", width="stretch",
    )  # fmt: skip
    with st.popover("", icon=":material/barcode_scanner:", help="Scan a barcode"):
        st.text_input("Scan or type a barcode", key="scan", on_change=open_scanned)
    order = st.selectbox(
        "Sort by", list(ORDERS), format_func=ORDERS.__getitem__, key="sort", bind="query-params", on_change=restart,
        label_visibility="collapsed", width=160,
    )  # fmt: skip
    kept_slot = st.container(width="content")
selects = st.container(horizontal=True, vertical_alignment="center")
with st.container(horizontal=True, vertical_alignment="center"):
    in_stock = st.toggle("In stock only", key="stock", bind="query-params", on_change=restart)
    compare_link()
scanned = st.session_state.pop("scanned", None)
if scanned:
    hit = ask(discovery.search_products, find=scanned, size=2)
    if hit.how == "number" and len(hit.rows) == 1:
        go("retailer-product", product=hit.rows[0].product_id)
    st.info(f"No product has the barcode {plain(scanned)}.", icon=":material/barcode_scanner:")
criteria = criteria_said()
has_asked = bool(criteria.asked())
with questions() as put:
    began = time.perf_counter()
    found = put(
        discovery.search_products, **criteria.asked(), order=order or "relevance", page=page_in_address(NAME),
        size=SIZE,
    )  # fmt: skip
    took_ms = 1000 * (time.perf_counter() - began)
    viewed = [] if has_asked or here[1].is_looking else put(discovery.recently_viewed, limit=6)
    levels = put(verification.levels_of_sellers, org_ids=[product.seller_id for product in found.rows])
    small = thumbnails((product.picture_file_id for product in found.rows), put)
with kept_slot:
    draw_kept(criteria)
labels = {one.value: one.label for one in (*found.categories, *found.suppliers)}
activity.note_search(
    here, "retailer-products", find=criteria.find, results=found.total, ms=took_ms,
    category=labels.get(said("category"), ""), supplier=labels.get(said("supplier"), ""),
    at_most=criteria.max_minimum_quantity, days=criteria.max_lead_time_days,
    in_stock=criteria.in_stock, certificate=said("certificate"), level=criteria.min_level, country=criteria.country,
    price=said("price"),
)  # fmt: skip
draw_filters(found)
draw_chips(found)
if found.did_you_mean and criteria.find:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Did you mean", width="content")
        st.button(
            plain(found.did_you_mean), type="tertiary", key="meant", on_click=search_for, args=(found.did_you_mean,)
        )
if not found.rows:
    empty_state(
        "search_off", "No product fits", "Try fewer words or wider filters; spelling alike is found as well.",
    )  # fmt: skip
else:
    if criteria.find and found.how == "any":
        st.caption("No product has all of your words; these have some of them.")
    with st.grid(3, min_column_width=280, gap="small"):
        for product in found.rows:
            draw_card(product)
    pager(NAME, page_in_address(NAME), len(found.rows), found.total, SIZE, more=found.is_capped)
draw_viewed(viewed)
