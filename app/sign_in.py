"""Who is here: asked on every rerun and every fragment rerun, and the form for whom we do not know.

The cookie's token names a session; the session's row says whether it still lives. Revoking the row ends it
on the next rerun, whatever the browser holds.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import urlencode
from uuid import UUID

import streamlit as st

from app import cookies, words
from domain import identity
from domain.identity import SignedIn
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError, NotFound
from domain.kernel.settings import PROJECT, settings
from domain.kernel.work import begin, run

Here = tuple[SignedIn, Actor]

STATIC = PROJECT / "app" / "static"
SEEN_EVERY_SECONDS, SEEN_AT_MOST = 300.0, 10_000
_seen: dict[UUID, float] = {}

# Set while a screen or a fragment is drawn, so that one drawing asks once.
_known: ContextVar[Here | None] = ContextVar("here", default=None)


def here() -> Here | None:
    """The person at this screen and the actor for the domain; None when nobody is signed in."""
    return _known.get() or _look()


@contextmanager
def this_rerun() -> Iterator[Here | None]:
    """Ask who is here, and remember the answer for as long as this drawing takes.

    A fragment drawn within a whole drawing asks nobody again; one that draws itself anew later does.
    """
    with _remembered(here()) as found:
        yield found


@contextmanager
def this_session(session_id: UUID) -> Iterator[Here | None]:
    """As `this_rerun`, for what runs outside of a drawing on behalf of a session: a file that is made on request."""
    with _remembered(_of_session(session_id)) as found:
        yield found


@contextmanager
def _remembered(found: Here | None) -> Iterator[Here | None]:
    token = _known.set(found)
    if found is not None:
        words.speak_to(found[0].locale, found[0].time_zone)
    try:
        yield found
    finally:
        _known.reset(token)


def _look() -> Here | None:
    session_id = cookies.session_of(st.context.cookies.get(cookies.session_name()))
    found = None if session_id is None else _of_session(session_id)
    if found is not None:
        _note_seen(found[0].session_id)
    return found


def _note_seen(session_id: UUID) -> None:
    """Now and then, since it writes: the list of one's sessions need not know the minute."""
    at = time.monotonic()
    if at - _seen.get(session_id, -SEEN_EVERY_SECONDS) < SEEN_EVERY_SECONDS:
        return
    if len(_seen) > SEEN_AT_MOST:
        _seen.clear()
    _seen[session_id] = at
    run(Actor.system(), identity.note_seen, session_id=session_id)


def _of_session(session_id: UUID) -> Here | None:
    with begin(Actor.system()) as work:
        return identity.seen_as(work, session_id=session_id)


# --- looking through somebody else's eyes --------------------------------------------------------


def stop_looking() -> None:
    """A callback: see with one's own eyes again."""
    known = here()
    if known is not None:
        run(Actor.system(), identity.stop_viewing, session_id=known[0].session_id)


def eyes_changed(found: Here) -> bool:
    """Whether this tab was drawn for other eyes than those of now: a look began or ended, here or elsewhere.

    What the tab held (filters, drafts, ids of requests) belongs to the one before, so it is dropped.
    """
    looking = found[0].looking
    eyes = looking.viewing_id if looking else None
    if st.session_state.setdefault("eyes", eyes) == eyes:  # a fresh tab was drawn for nobody yet
        return False
    st.session_state.clear()
    st.session_state["eyes"] = eyes
    return True


# --- signing out -------------------------------------------------------------------------------

_LEAVE = """<script>
fetch('/auth/sign-out', {method: 'POST', redirect: 'manual'}).finally(() => window.location.replace('/'));
</script>"""


def leave() -> None:
    """A callback: end the session now; the browser then drops its cookie."""
    known = here()
    if known is not None:
        run(Actor.system(), identity.sign_out, session_id=known[0].session_id)
    st.session_state["leaving"] = True


# --- the form ----------------------------------------------------------------------------------


def draw_form(deep_link: str) -> None:
    """The sign-in page; after it the browser goes on to `deep_link`."""
    if st.session_state.get("leaving"):
        st.html(_LEAVE, unsafe_allow_javascript=True)
        st.caption("Signing you out …")
        return
    if not st.context.cookies.get(cookies.nonce_name()):
        _go(f"/auth/nonce?{urlencode({'next': deep_link})}")
        return
    awaits_code = _awaits_code()
    _, middle, _ = st.columns([1, 1.15, 1])
    with middle:
        st.space("large")
        # The ground is known to the server only after the first drawing; both variants read well on either.
        variant = "dark" if st.context.theme.type == "dark" else "light"
        st.image(STATIC / f"logo-{variant}.svg", width=210, alt="Wholesale OS")
        st.markdown("Buy and sell wholesale with prices, stock and protected payments in one place.")
        st.space("small")
        with st.container(border=True, key="sign-in"):
            st.subheader("Your second step" if awaits_code else "Sign in", anchor=False)
            if awaits_code:
                _draw_second_step(deep_link)
                return
            _say_why(deep_link)
            with st.form("sign-in-form", border=False):
                email = st.text_input("E-mail", type="email", autocomplete="username", placeholder="you@company.com")
                password = st.text_input("Password", type="password", autocomplete="current-password")
                sent = st.form_submit_button("Sign in", type="primary", width="stretch")
            if sent:
                _try(email or "", password or "", deep_link)
            _draw_other_ways(deep_link)
        st.caption(":material/lock: Payments are held in escrow until you accept the goods.", text_alignment="center")
        _draw_demo_accounts()


def _draw_other_ways(deep_link: str) -> None:
    from app.navigation import page_of  # it knows of us, so it is asked when it is there

    on = urlencode({"next": deep_link})
    for name, provider in settings().sign_on_providers.items():
        if st.button(f"Continue with {provider.label}", key=f"sign-on-{name}", width="stretch"):
            _go(f"/auth/oidc/{name}?{on}")
    with (
        st.popover("Use your company's sign-on", type="tertiary", icon=":material/domain:"),
        st.form("company-sign-on", border=False),
    ):
        address_there = st.text_input("Your e-mail at work", type="email", placeholder="you@company.com")
        if st.form_submit_button("Go on", width="stretch"):
            with begin(Actor.system()) as work:
                found = identity.company_sign_on_of(work, email=address_there or "")
            if found is None:
                st.error("We know no sign-on for this address. Please use your password.")
            else:
                _go(f"/auth/oidc/{found}?{on}")
    st.page_link(page_of("welcome-reset"), label="Forgot your password?", icon=":material/lock_reset:")
    st.page_link(page_of("welcome-register"), label="Register your organisation", icon=":material/domain_add:")


def _say_why(deep_link: str) -> None:
    if st.context.cookies.get(cookies.session_name()):
        st.info("Your session has ended. Please sign in again.", icon=":material/schedule:")
    elif deep_link.split("?")[0] not in ("/", ""):
        st.caption("Please sign in to open this page.")


def _try(email: str, password: str, deep_link: str) -> None:
    nonce = st.context.cookies.get(cookies.nonce_name()) or ""
    if not email or not password:
        st.error("Please enter your e-mail and your password.")
        return
    try:
        ticket = run(
            Actor.system(), identity.sign_in, email=email, password=password, nonce=nonce,
            address=address(), user_agent=st.context.headers.get("User-Agent") or "",
        )  # fmt: skip
    except identity.TooManyTries as refusal:
        st.error(refusal.sentence)
        return
    if ticket is None:
        st.error("E-mail or password is not right. Please try again.")
        return
    if isinstance(ticket, identity.CodeAwaited):
        st.rerun()
    _pick_up(ticket, deep_link)


def _pick_up(ticket: identity.Ticket, deep_link: str) -> None:
    _go(f"/auth/session?{urlencode({'t': ticket.ticket, 'next': deep_link})}")


def address() -> str:
    """Where this browser comes from, as far as the web process can tell."""
    return st.context.ip_address or "local"


# --- the second step ---------------------------------------------------------------------------


def _awaits_code() -> bool:
    with begin(Actor.system()) as work:
        return identity.awaits_code(work, nonce=st.context.cookies.get(cookies.nonce_name()) or "")


def _draw_second_step(deep_link: str) -> None:
    st.markdown("Open your authenticator app and type the six digits it shows for Wholesale OS.")
    with st.form("code-form", border=False):
        code = st.text_input("Code", autocomplete="one-time-code", max_chars=20, placeholder="123 456")
        sent = st.form_submit_button("Go on", type="primary", width="stretch")
    st.caption("Without your phone, one of your recovery codes does it; each works once.")
    if sent:
        _try_code(code or "", deep_link)
    _draw_lost_factor()
    st.button("Sign in with another account", type="tertiary", icon=":material/arrow_back:", on_click=_begin_again)


def _draw_lost_factor() -> None:
    """For whoever has neither phone nor codes; only the right password leads here, so it tells a stranger nothing."""
    nonce = st.context.cookies.get(cookies.nonce_name()) or ""
    with begin(Actor.system()) as work:
        row = identity.lost_factor_of_browser(work, nonce=nonce)
    if row is not None:
        if row.takes_effect_at is not None:
            said = f"It was approved. From {words.instant(row.takes_effect_at)} on your password is enough."
        elif row.decider == identity.Decider.OWNER:
            said = "You have asked for a way back in. An owner of your organisation has to say yes: please call them."
        else:
            said = "You have asked for a way back in. Two people of our support have to say yes; we will call you."
        st.info(said, icon=":material/hourglass_top:")
        return
    with st.expander("I have lost my phone and my recovery codes", icon=":material/help:"):
        st.markdown(
            "Somebody else has to confirm that it is you: an owner of your organisation, or two people of our support"
            " when there is no other owner. Then a day passes, and we write to you before anything changes."
        )
        if st.button("Ask for a way back in", width="stretch", key="lost-factor"):
            try:
                run(Actor.system(), identity.report_lost_factor, nonce=nonce)
            except DomainError as refusal:
                st.error(refusal.sentence)
            else:
                st.rerun()


def _try_code(code: str, deep_link: str) -> None:
    nonce = st.context.cookies.get(cookies.nonce_name()) or ""
    try:
        ticket = run(Actor.system(), identity.finish_sign_in, nonce=nonce, code=code, address=address())
    except (identity.TooManyTries, NotFound) as refusal:
        st.error(refusal.sentence)
        return
    if ticket is None:
        st.error(words.WRONG_CODE)
        return
    _pick_up(ticket, deep_link)


def _begin_again() -> None:
    nonce = st.context.cookies.get(cookies.nonce_name()) or ""
    run(Actor.system(), identity.give_up_sign_in, nonce=nonce)


def _go(address: str) -> None:
    # Percent-encoded by urlencode, and written as JSON: nothing in it can end the script.
    st.html(f"<script>window.location.replace({json.dumps(address)});</script>", unsafe_allow_javascript=True)
    st.caption("One moment …")


def _draw_demo_accounts() -> None:
    if settings().environment != "development" or importlib.util.find_spec("app.accounts") is None:
        return
    printable = getattr(importlib.import_module("app.accounts"), "printable", None)
    text = printable() if printable else ""
    if text:
        with st.expander("Demo accounts", icon=":material/key:"):
            st.caption("This is a development instance. Any of these people can sign in:")
            st.code(text, language=None)
