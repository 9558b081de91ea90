"""How I sign in: password, second factor, recovery codes, where I am signed in, and what happened so far."""

import segno
import streamlit as st

from app import sign_in, words
from app.bridge import ask, perform
from app.navigation import guard
from app.parts import Column, confirm, empty_state, page_header, paged_table, plain, section
from app.parts.forms import guarded_dialog, settle
from app.parts.lost_factors import draw_warning
from app.parts.step_up import code_form
from domain import identity
from domain.identity import FactorSheet, SecurityEventRow, SessionRow

who, actor = guard()


# --- the second factor -------------------------------------------------------------------------


def begin_set_up() -> None:
    forget_set_up()
    st.session_state["setting-up"] = True


def forget_set_up() -> None:
    for name in ("setting-up", "factor-draft", "recovery-codes"):
        st.session_state.pop(name, None)


@guarded_dialog("Set up a second factor", icon=":material/phonelink_lock:", on_dismiss=forget_set_up)
def set_up() -> None:
    draft: identity.FactorDraft | None = st.session_state.get("factor-draft")
    if "recovery-codes" in st.session_state:
        draw_recovery_codes()
    elif draft is None:
        ask_for_password()
    else:
        ask_for_first_code(draft)


def ask_for_password() -> None:
    st.markdown("Your password first, so that nobody can do this at a screen that you left open.")
    with st.form("factor-password", border=False):
        password = st.text_input("Password", type="password", autocomplete="current-password")
        sent = st.form_submit_button("Go on", type="primary", width="stretch")
    if sent and settle(identity.start_factor, keep_draft, password=password or ""):
        if st.session_state["factor-draft"] is None:
            st.error(words.WRONG_PASSWORD)
        else:
            st.rerun()


def keep_draft(draft: identity.FactorDraft | None) -> None:
    st.session_state["factor-draft"] = draft


def ask_for_first_code(draft: identity.FactorDraft) -> None:
    st.markdown("Scan this with an authenticator app, then type the six digits that it shows.")
    # On white whatever the theme, as cameras expect it.
    square = segno.make(draft.uri, error="m").svg_inline(
        scale=5, border=3, light="white", svgclass=None, lineclass=None
    )
    with st.container(horizontal_alignment="center"):
        st.image(square, width=220, alt="QR code that holds the secret below")
    st.caption("No camera? Type this secret into the app instead:")
    st.code(" ".join(draft.secret[at : at + 4] for at in range(0, len(draft.secret), 4)), language=None)
    with st.form("first-code", border=False):
        code = st.text_input("Code", autocomplete="one-time-code", max_chars=10, placeholder="123 456")
        sent = st.form_submit_button("Turn on", type="primary", width="stretch")
    if not sent:
        return
    answers: list[list[str] | None] = []
    perform(identity.confirm_factor, code=code or "", address=sign_in.address(), then=answers.append)
    if answers == [None]:
        st.error(words.WRONG_CODE, icon=":material/error:")
    elif answers:
        st.session_state.pop("factor-draft", None)
        st.session_state["recovery-codes"] = answers[0]
        st.rerun()


def draw_recovery_codes() -> None:
    codes: list[str] = st.session_state["recovery-codes"]
    st.markdown(
        "**Keep these ten codes** where your phone is not. Each opens your account once when the phone is lost."
        " They are shown only now."
    )
    st.code("\n".join(codes), language=None)
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.download_button(
            "Download", "\n".join(codes), "wholesale-os-recovery-codes.txt", "text/plain", icon=":material/download:",
            on_click="ignore",
        )  # fmt: skip
        if st.button("I have kept them", type="primary"):
            forget_set_up()
            st.rerun()


@guarded_dialog("Your new recovery codes", icon=":material/key:", on_dismiss=forget_set_up)
def show_recovery_codes() -> None:
    draw_recovery_codes()


def keep_codes(codes: list[str]) -> None:
    st.session_state["recovery-codes"] = codes


@guarded_dialog("Turn the second factor off?", icon=":material/warning:")
def turn_off() -> None:
    st.markdown("Your password alone will open your account again. A last code shows that it is you.")
    code = code_form("last-code", "Turn off")
    if code is None:
        return
    answers: list[bool] = []
    perform(identity.remove_factor, code=code, address=sign_in.address(), then=answers.append)
    if answers == [False]:
        st.error(words.WRONG_CODE, icon=":material/error:")
    elif answers:
        st.rerun()


def draw_factor(factor: FactorSheet | None) -> None:
    section("Second factor")
    if factor is None:
        st.badge("Off", color="orange", icon=":material/lock_open:")
        st.markdown("A code of your phone beside the password: a password that somebody learns is then worth nothing.")
        if actor.may(identity.Permission.PREPARE_PAYOUTS) or actor.may(identity.Permission.CHANGE_BANK_ACCOUNT):
            st.info("You can move money or say where it goes. Please turn this on.", icon=":material/shield:")
        st.button(
            "Set up a second factor", type="primary", icon=":material/phonelink_lock:", key="set-up",
            on_click=begin_set_up,
        )  # fmt: skip
        return
    st.badge("On", color="green", icon=":material/verified_user:")
    st.markdown(
        f"An authenticator app since {plain(words.day(factor.since))};"
        f" {words.count(factor.codes_left, 'recovery code')} left."
    )
    if factor.codes_left < 3:
        st.warning("Few recovery codes are left. Please make new ones.", icon=":material/warning:")
    with st.container(horizontal=True):
        if st.button("New recovery codes", icon=":material/autorenew:", key="renew"):
            perform(identity.renew_recovery_codes, then=keep_codes)
            if "recovery-codes" in st.session_state:
                st.rerun()
        if st.button("Turn off", key="turn-off"):
            turn_off()


# --- the password ------------------------------------------------------------------------------


def draw_password() -> None:
    section("Password")
    st.caption("At least 15 characters; a sentence is a good one. Everywhere else you are signed out.")
    with st.form("password", border=False, clear_on_submit=True):
        current = st.text_input("Current password", type="password", autocomplete="current-password")
        new = st.text_input("New password", type="password", autocomplete="new-password")
        again = st.text_input("New password once more", type="password", autocomplete="new-password")
        sent = st.form_submit_button("Change password", type="primary")
    if sent and new != again:
        st.error("The two new passwords differ.")
    elif sent:
        perform(identity.change_password, current=current or "", new=new or "", then=tell_of_password)


def tell_of_password(is_changed: bool) -> None:
    if is_changed:
        st.toast("Your password is changed.", icon=":material/check_circle:")
    else:
        st.error(words.WRONG_PASSWORD)


# --- where I am signed in ----------------------------------------------------------------------


def end_all() -> None:
    if settle(identity.end_my_sessions, this_too=True):
        st.session_state["leaving"] = True


def draw_sessions() -> None:
    sessions = ask(identity.my_sessions)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        section("Where you are signed in")
        if st.button("Sign out everywhere", icon=":material/logout:", key="everywhere"):
            confirm(
                "Sign out everywhere?", "Every session ends, this one too.", "Sign out everywhere", end_all,
            )  # fmt: skip
    for one in sessions:
        draw_session(one)


def draw_session(one: SessionRow) -> None:
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        used = "in use now" if one.is_this else f"last used {words.ago(one.last_seen_at)}"
        how = words.way_in(one.method, "some" if one.with_factor else "no")
        since = f"since {words.instant(one.created_at)}, {how}"
        st.markdown(
            f"**{plain(words.device(one.user_agent))}**  \n:gray[:small[{plain(f'{used}; {since}')}]]", width="content"
        )
        if one.is_this:
            st.badge("This browser", color="green")
        else:
            st.button(
                "End", key=f"end-{one.session_id}", on_click=perform, args=(identity.end_session,),
                kwargs={"session_id": one.session_id, "done": "That session has ended."},
            )  # fmt: skip


# --- what happened -----------------------------------------------------------------------------


def where(row: SecurityEventRow) -> str:
    if row.user_agent is None:
        return "–"
    return f"{words.device(row.user_agent)}{' (this browser)' if row.is_this else ''}"


def draw_history() -> None:
    section("What happened to your sign-in")
    paged_table(
        "sign-ins",
        lambda page, size: ask(identity.my_sign_ins, page=page, size=size),
        [
            Column("When", lambda row: words.instant(row.at)),
            Column("What", lambda row: words.security_line(row.name, row.facts), width="medium"),
            Column("Where", where, width="medium"),
        ],
        size=10,
        empty=lambda: st.caption("Nothing yet."),
        alt="What happened to your sign-in",
    )


page_header("Sign-in & security", "How you sign in, and where you are signed in")
draw_warning()
if who.looking is not None:
    empty_state("shield_lock", "For this person alone", "Nobody else sees how and where somebody signs in.")
    st.stop()
# As long as they are not done with, whatever draws the screen anew meanwhile.
if "setting-up" in st.session_state:
    set_up()
elif "recovery-codes" in st.session_state:
    show_recovery_codes()
left, right = st.columns([1.2, 1], gap="medium")
with left, st.container(border=True):
    draw_factor(ask(identity.my_factor))
with left:
    draw_sessions()
with right, st.container(border=True):
    draw_password()
draw_history()
