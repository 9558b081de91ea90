"""Lost second factors on screens: what waits for somebody's decision, and the warning to whom it is about."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from app import words
from app.bridge import ask, perform
from app.parts.forms import guarded_dialog, settle
from app.parts.header import section
from app.parts.text import plain
from domain import identity
from domain.identity import LossRow, LossState


def standing(row: LossRow) -> str:
    """How far a request has come, in a few words."""
    if row.state == LossState.APPROVED:
        return f"Approved; the factor goes {words.instant(row.takes_effect_at)}"
    if row.first_yes_name is not None:
        return f"{row.first_yes_name} said yes; a second person has to"
    return f"Asked {words.ago(row.asked_at)}; waits for a decision"


@guarded_dialog("Let them in without the second factor?", icon=":material/no_encryption:")
def _decide(row: LossRow, command: Callable[..., Any], seen: Callable[[], None] | None) -> None:
    st.markdown(
        f"**{plain(row.person_name)}** gave the right password and says that the phone and the recovery codes are lost."
        " Please call them under a number that you know before you say yes: a stranger who has the password says the"
        " same."
    )
    if seen is not None:
        seen()
    with st.form(f"loss-{row.loss_id}", border=False):
        reason = st.text_area(
            "How do you know that it is them?", max_chars=500, placeholder="Called them on the number in our files"
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            no = st.form_submit_button("It is not them")
            yes = st.form_submit_button("It is them", type="primary")
    done = "Thank you. Everybody concerned is told." if yes else "Nothing is taken off."
    facts = {"loss_id": row.loss_id, "is_approved": yes, "reason": reason or ""}
    if (yes or no) and settle(command, done=done, **facts):
        st.rerun()


def draw_waiting(
    rows: list[LossRow], command: Callable[..., Any], *, me: Any, with_organization: bool = False,
    seen: Callable[[LossRow], None] | None = None,
) -> None:  # fmt: skip
    """The open requests with a button each, for those who decide."""
    for row in rows:
        with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center",
                          key=f"loss-row-{row.loss_id}"):  # fmt: skip
            where = f" · {plain(row.org_name)}" if with_organization else ""
            st.markdown(
                f"**{plain(row.person_name)}**{where}  \n:gray[:small[{plain(standing(row))}]]", width="content"
            )
            if row.state == LossState.ASKED and row.first_yes_by != me:
                if st.button("Decide", key=f"decide-{row.loss_id}", icon=":material/how_to_reg:"):
                    _decide(row, command, partial(seen, row) if seen else None)
            else:
                st.badge("Waits", color="gray", icon=":material/hourglass_top:")


def draw_for_owner(me: Any) -> None:
    """On the team's screen: colleagues who have lost the second factor. Nothing when there are none."""
    rows = ask(identity.lost_factors)
    if rows:
        section("Lost the second factor")
        draw_waiting(rows, identity.decide_lost_factor, me=me)


def draw_warning() -> None:
    """To the person it is about, in a browser that is signed in: it can be stopped here."""
    row = ask(identity.my_lost_factor)
    if row is None:
        return
    when = f" It goes {words.instant(row.takes_effect_at)}." if row.takes_effect_at else ""
    st.warning(
        f"Somebody with your password asked to sign in without your second factor.{when} If this was not you, stop it"
        " and change your password.", icon=":material/gpp_maybe:",
    )  # fmt: skip
    st.button(
        "Stop it: I still have my factor", type="primary", key="stop-loss", icon=":material/block:", on_click=perform,
        args=(identity.cancel_lost_factor,), kwargs={"done": "It is stopped. Your second factor stays."},
    )  # fmt: skip
