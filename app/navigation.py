"""Which screens exist, for whom, and where they stand in the menu: data, and the guard that reads it.

Every screen is registered for everybody, so that every address is known; those of another role are hidden
and guarded. Hiding is a courtesy, the guard is a door, and the domain's commands are the lock.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import wraps
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app import bridge, sign_in
from app.sign_in import Here
from domain import identity
from domain.identity import OrgKind
from domain.identity import Permission as P
from domain.kernel.settings import PROJECT
from domain.kernel.work import run

R, M, D, A = OrgKind.RETAILER, OrgKind.MANUFACTURER, OrgKind.DISTRIBUTOR, OrgKind.PLATFORM
BUYERS, SELLERS, EVERYBODY = (R, D), (M, D), (R, M, D, A)


@dataclass(frozen=True, slots=True)
class Screen:
    """One page: its file, its address, who may open it, and its place in the menu."""

    path: str
    url: str
    title: str
    icon: str
    kinds: tuple[OrgKind, ...]
    permission: P | None = None
    menu: bool = True
    section: str = ""
    # Drawn for everybody, without menu, whether somebody is signed in or not.
    is_open: bool = False
    # Of these, one is enough; beside `permission`.
    any_of: tuple[P, ...] = ()

    def is_for(self, here: Here) -> bool:
        who, actor = here
        return (
            who.org_kind in self.kinds
            and (self.permission is None or actor.may(self.permission))
            and (not self.any_of or any(actor.may(permission) for permission in self.any_of))
        )


def _retail(
    name: str, title: str, icon: str, permission: P | None, *, kinds: tuple[OrgKind, ...] = BUYERS, **more: Any
) -> Screen:
    return Screen(
        f"pages/retailer/{name}.py", f"retailer-{name}", title, icon, kinds, permission, **{"section": "Buying"} | more
    )


def _sell(
    name: str, title: str, icon: str, permission: P | None, *, kinds: tuple[OrgKind, ...] = SELLERS, **more: Any
) -> Screen:
    return Screen(
        f"pages/manufacturer/{name}.py",
        f"manufacturer-{name}",
        title,
        icon,
        kinds,
        permission,
        **{"section": "Selling"} | more,
    )


def _admin(name: str, title: str, icon: str, permission: P, section: str, *, menu: bool = True) -> Screen:
    return Screen(f"pages/admin/{name}.py", f"admin-{name}", title, icon, (A,), permission, menu, section)


def _account(
    name: str,
    title: str,
    icon: str,
    permission: P | None = None,
    *,
    kinds: tuple[OrgKind, ...] = EVERYBODY,
    menu: bool = True,
) -> Screen:
    return Screen(f"pages/account/{name}.py", f"account-{name}", title, icon, kinds, permission, menu, "Account")


def _welcome(name: str, title: str, icon: str) -> Screen:
    return Screen(f"pages/welcome/{name}.py", f"welcome-{name}", title, icon, (), None, False, "", is_open=True)


SCREENS: tuple[Screen, ...] = (
    # before anybody is signed in
    _welcome("reset", "Reset your password", "lock_reset"),
    _welcome("confirm", "Confirm your e-mail address", "mark_email_read"),
    _welcome("register", "Register your organisation", "domain_add"),
    _welcome("join", "Join a team", "group_add"),
    _retail("home", "Home", "home", None, kinds=(R,), section=""),
    _sell("home", "Home", "home", None, kinds=(M,), section=""),
    Screen("pages/distributor/home.py", "distributor-home", "Home", "home", (D,), None, True, ""),
    _admin("home", "Overview", "monitoring", P.SEE_PLATFORM, ""),
    # buying
    _retail("products", "Find products", "search", P.SEARCH_PRODUCTS),
    _retail("product", "Product", "inventory_2", P.SEARCH_PRODUCTS, menu=False),
    _retail("supplier", "Supplier", "storefront", P.SEARCH_PRODUCTS, menu=False),
    _retail("compare", "Compare products", "compare_arrows", P.SEARCH_PRODUCTS, menu=False),
    _retail("basket", "Basket", "shopping_cart", P.FILL_BASKET),
    Screen(
        "pages/retailer/quick_order.py", "retailer-quick-order", "Quick order", "playlist_add_check", BUYERS,
        P.FILL_BASKET, False, "Buying",
    ),
    _retail("lists", "Lists", "list_alt", P.FILL_BASKET, menu=False),
    _retail("checkout", "Checkout", "shopping_cart_checkout", P.PLACE_ORDERS, menu=False),
    _retail("orders", "Purchases", "receipt_long", P.SEE_PURCHASES),
    _retail("approvals", "Approvals", "approval", P.PLACE_ORDERS),
    _retail("order", "Order", "receipt_long", P.SEE_PURCHASES, menu=False),
    _retail("store", "Store", "store", P.SEE_STOCK, kinds=(R,)),
    _retail("wallet", "Wallet", "account_balance_wallet", P.PAY),
    # selling
    _sell("orders", "Sales orders", "local_shipping", P.SEE_SALES),
    _sell("order", "Sales order", "local_shipping", P.SEE_SALES, menu=False),
    _sell("products", "Products", "inventory_2", P.SEE_OFFERS),
    _sell("product", "Product details", "edit", P.MANAGE_OFFERS, menu=False),
    _sell("audience", "Who sees what", "visibility", P.SEE_OFFERS, menu=False),
    _sell("upload", "Bring in a list", "upload_file", P.MANAGE_OFFERS, menu=False),
    _sell("prices", "Prices", "sell", P.SEE_OFFERS, any_of=(P.SEE_PRICES,)),
    _sell("price", "Prices of a product", "sell", P.SEE_OFFERS, any_of=(P.SEE_PRICES,), menu=False),
    _sell("stock", "Stock", "warehouse", P.SEE_STOCK),
    _sell("story", "Stock of a product", "warehouse", P.SEE_STOCK, menu=False),
    _sell("lots", "Lots", "qr_code_2", P.SEE_STOCK, menu=False),
    _sell("lot", "Lot", "qr_code_2", P.SEE_STOCK, menu=False),
    _sell("transfers", "Transfers", "sync_alt", P.SEE_STOCK, menu=False),
    _sell("transfer", "Transfer", "sync_alt", P.SEE_STOCK, menu=False),
    _sell("counts", "Counts", "checklist", P.SEE_STOCK, menu=False),
    _sell("count", "Count", "checklist", P.SEE_STOCK, menu=False),
    _sell("inventory", "Inventory", "monitoring", P.SEE_STOCK),
    _sell("performance", "Product performance", "conversion_path", P.SEE_SALES, menu=False),
    _sell("payouts", "Payouts", "payments", P.SEE_PAYOUTS),
    _sell("past", "Past sales", "history", P.BRING_PAST),
    Screen(
        "pages/distributor/territory.py", "distributor-territory", "Territory", "map", (D,), P.SEE_TERRITORIES, True,
        "Selling",
    ),
    # the platform
    _admin("metric", "Figure", "query_stats", P.SEE_PLATFORM, "Market", menu=False),
    _admin("orders", "Orders", "receipt_long", P.SEE_ALL_ORDERS, "Market"),
    _admin("order", "Order details", "receipt_long", P.SEE_ALL_ORDERS, "Market", menu=False),
    _admin("organizations", "Organisations", "domain", P.MANAGE_MEMBERS, "Market"),
    Screen(
        "pages/admin/organization.py", "admin-organization", "Organisation", "domain", (A,), None, False, "Market",
        any_of=(P.MANAGE_MEMBERS, P.SUSPEND_MEMBERS, P.PROPOSE_SUSPENSION, P.APPROVE_SUSPENSION),
    ),
    Screen(
        "pages/admin/suspensions.py", "admin-suspensions", "Suspensions", "block", (A,), None, True, "Market",
        any_of=(P.SUSPEND_MEMBERS, P.PROPOSE_SUSPENSION, P.APPROVE_SUSPENSION),
    ),
    Screen(
        "pages/admin/verification.py", "admin-verification", "Verification", "verified", (A,), None, True, "Market",
        any_of=(P.DECIDE_VERIFICATION, P.SEE_VERIFICATION_STATUS),
    ),
    _admin("access", "Lost second factors", "key_off", P.VOUCH_FOR_PEOPLE, "Market"),
    _admin("papers", "Automatic checks", "document_search", P.DECIDE_VERIFICATION, "Market"),
    _admin("requirements", "Verification rules", "rule", P.SEE_PLATFORM, "Market"),
    _admin("catalogue", "Catalogue", "inventory", P.SEE_MODERATION, "Market"),
    _admin("categories", "Categories", "account_tree", P.SEE_MODERATION, "Market", menu=False),
    _admin("case", "Verification case", "fact_check", P.DECIDE_VERIFICATION, "Market", menu=False),
    _admin("people", "People", "groups", P.SEE_PSEUDONYMS, "Market"),
    _admin("onboarding", "Onboarding", "conversion_path", P.SEE_PLATFORM, "Market"),
    _admin("territories", "Territories", "map", P.SEE_TERRITORIES, "Market"),
    _admin("payments", "Incoming payments", "account_balance", P.MATCH_PAYMENTS, "Money"),
    _admin("payouts", "Outgoing payments", "send_money", P.SEE_PAYOUT_RUNS, "Money"),
    _admin("ledger", "Ledger", "menu_book", P.SEE_LEDGER, "Money"),
    _admin("checks", "System health", "monitor_heart", P.SEE_LEDGER, "Operation"),
    _admin("pipelines", "Data pipelines", "schema", P.SEE_PLATFORM, "Operation"),
    _admin("audit", "Audit log", "policy", P.SEE_ALL_AUDIT, "Operation"),
    _admin("outbox", "Outgoing messages", "outbox", P.MANAGE_MEMBERS, "Operation"),
    _admin("settings", "Settings", "tune", P.SEE_PLATFORM, "Operation"),
    # everybody
    _account("start", "Getting started", "checklist", kinds=(R, M, D)),
    _account("verification", "Verification", "verified", P.SEE_VERIFICATION, kinds=(R, M, D)),
    _account("terms", "Terms of service", "gavel", kinds=(R, M, D), menu=False),
    _account("notices", "Notices", "notifications"),
    _account("standing", "Standing", "verified_user", kinds=(R, M, D), menu=False),
    _account("profile", "Profile", "person"),
    _account("security", "Sign-in & security", "shield_lock"),
    _account("team", "Team", "group"),
    _account("places", "Places", "location_on"),
    _account("audit", "Audit log", "policy", P.SEE_AUDIT_LOG, kinds=(R, M, D)),
)
BY_URL = {screen.url: screen for screen in SCREENS}
URLS = frozenset(BY_URL) | {""}
# Making a page looks its file up on the disk, and a drawing needs forty: a fifth of its processor time.
_pages: dict[tuple[str, bool], Any] = {}
HOMES = {R: "retailer-home", M: "manufacturer-home", D: "distributor-home", A: "admin-home"}


def pages(menu_for: Here | None = None) -> dict[str, list[Any]]:
    """All pages, for everybody, so that every address is known; by section those in a person's menu.

    They carry no icon here: the browser would ask a foreign server for the icon of the page it shows.
    """
    shown = menu_of(menu_for) if menu_for else {}
    in_menu = {screen.url for screens in shown.values() for screen in screens}
    start = _start_page()
    hidden = [page_of(screen.url, is_shown=False) for screen in SCREENS if screen.url not in in_menu]
    sections = {section: [page_of(screen.url) for screen in screens] for section, screens in shown.items()}
    return {"": [start, *sections.pop("", []), *hidden], **sections}


def menu_of(here: Here) -> dict[str, list[Screen]]:
    """The screens in this person's menu, by section."""
    sections: dict[str, list[Screen]] = {}
    for screen in SCREENS:
        if screen.menu and screen.is_for(here):
            sections.setdefault(screen.section, []).append(screen)
    return sections


def page_of(url: str, *, is_shown: bool = True) -> Any:
    """The page at an address, for links and jumps: `st.switch_page(page_of("retailer-order"), ...)`."""
    made = _pages.get((url, is_shown))
    if made is None:
        screen = BY_URL[url]
        made = st.Page(
            PROJECT / screen.path, title=screen.title, url_path=url, visibility="visible" if is_shown else "hidden"
        )
        if get_script_run_ctx() is not None:  # outside of a drawing it is only half a page
            _pages[url, is_shown] = made
    return copy(made)  # each drawing has its own: Streamlit marks the one that may run


def go(url: str, **facts: Any) -> None:
    """Go to another screen with facts in its address."""
    st.switch_page(page_of(url), query_params={name: str(value) for name, value in facts.items()})


def notice_link(here: Here, subject: str, subject_id: Any) -> None:
    """A link to what a notice is about, on the screen of this person's side."""
    if subject == "order":
        names = {R: "retailer-order", M: "manufacturer-order", A: "admin-order", D: "distributor-home"}
        url = names[OrgKind(here[0].org_kind)]
        facts = {} if url == "distributor-home" else {"order": str(subject_id)}
        st.page_link(page_of(url), label="Open", icon=":material/arrow_forward:", query_params=facts)
    if subject == "purchase_request" and BY_URL["retailer-approvals"].is_for(here):
        facts = {"request": str(subject_id)}
        st.page_link(
            page_of("retailer-approvals"), label="Open", icon=":material/arrow_forward:", query_params=facts
        )
    if subject == "saved_search" and BY_URL["retailer-products"].is_for(here):
        st.page_link(
            page_of("retailer-products"), label="Open", icon=":material/arrow_forward:",
            query_params={"saved": str(subject_id)},
        )  # fmt: skip
    if subject == "stock":
        url = "retailer-store" if OrgKind(here[0].org_kind) is R else "manufacturer-inventory"
        if BY_URL[url].is_for(here):
            facts = {"show": "reorder"}
            st.page_link(page_of(url), label="Open", icon=":material/arrow_forward:", query_params=facts)
    if subject == "price_request" and BY_URL["manufacturer-prices"].is_for(here):
        st.page_link(
            page_of("manufacturer-prices"), label="Open", icon=":material/arrow_forward:",
            query_params={"show": "requests"},
        )  # fmt: skip
    if subject == "view":
        st.page_link(page_of("account-profile"), label="Open", icon=":material/arrow_forward:")
    if subject == "factor_loss":
        url = "admin-access" if OrgKind(here[0].org_kind) is A else "account-team"
        if BY_URL[url].is_for(here):
            st.page_link(page_of(url), label="Open", icon=":material/arrow_forward:")
    if subject == "product" and BY_URL["manufacturer-product"].is_for(here):
        facts = {"product": str(subject_id)}
        st.page_link(
            page_of("manufacturer-product"), label="Open", icon=":material/arrow_forward:", query_params=facts
        )
    if subject == "catalog_upload" and BY_URL["manufacturer-upload"].is_for(here):
        facts = {"upload": str(subject_id)}
        st.page_link(page_of("manufacturer-upload"), label="Open", icon=":material/arrow_forward:", query_params=facts)
    if subject == "setting" and BY_URL["admin-settings"].is_for(here):
        st.page_link(page_of("admin-settings"), label="Open", icon=":material/arrow_forward:")
    if subject == "verification" and BY_URL["account-verification"].is_for(here):
        st.page_link(page_of("account-verification"), label="Open", icon=":material/arrow_forward:")
    if subject == "organization":
        is_ours = OrgKind(here[0].org_kind) is not A
        url = "account-standing" if is_ours else "admin-organization"
        facts = {} if is_ours else {"organization": str(subject_id)}
        if BY_URL[url].is_for(here):
            st.page_link(page_of(url), label="Open", icon=":material/arrow_forward:", query_params=facts)


def start_link(label: str) -> None:
    """From an open screen to the sign-in, or to the own start page for whom is signed in."""
    st.page_link(_start_page(), label=label, icon=":material/arrow_forward:")


def start_anew() -> None:
    """To the start page of whoever is here now, without what the address held for somebody else."""
    st.switch_page(_start_page())


def home_of(here: Here) -> str:
    return HOMES[OrgKind(here[0].org_kind)]


def guard() -> Here:
    """The first line of every screen: who is here, and that this screen is for them.

    Otherwise it says so in place, writes it into the audit trail and ends the drawing.
    """
    here = sign_in.here()
    if here is None:
        st.rerun()
    screen = BY_URL[st.session_state["screen"]]
    if not screen.is_for(here):
        _refuse(here, screen)
        st.stop()
    return here


def guarded_fragment(*, run_every: str | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A part of a screen that draws itself anew, and asks anew who is here: its rerun skips the shell.

    The function must call `guard()` when it needs to know the person; a session that has ended brings
    back the whole screen, and with it the sign-in form.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def checked(*args: Any, **kwargs: Any) -> None:
            with sign_in.this_rerun() as here:
                if here is None or sign_in.eyes_changed(here):
                    st.rerun()
                with bridge.messages():
                    guard()
                    function(*args, **kwargs)

        return st.fragment(checked, run_every=run_every)

    return decorate


def _refuse(here: Here, screen: Screen) -> None:
    is_noted = not here[1].is_looking  # who looks through other eyes opens a page, and the person did not
    if is_noted:
        run(here[1], identity.refuse_screen, screen=screen.url)
    with st.container(border=True, key="not-allowed"):
        st.subheader("This page is not for your role", anchor=False, icon=":material/lock:")
        noted = " We have noted this visit." if is_noted else ""
        st.markdown(f"Ask the owner of your organisation if you need it.{noted}")
        st.page_link(page_of(home_of(here)), label="Go to my start page", icon=":material/home:")


def _start_page() -> Any:
    return st.Page(_start, title="Start", url_path="start", default=True, visibility="hidden")


def _start() -> None:
    here = sign_in.here()
    if here is not None:
        go(home_of(here))
