"""The badge of a verified seller: never only a mark, always the facts and days behind it."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask
from app.parts.text import plain
from domain import reports, verification
from domain.verification import Badge

MARK = ":material/verified:"


def seller_badge(org_id: UUID, *, name: str = "badge", badge: Badge | None = None) -> None:
    """A button with the level that opens what was verified, since when and until when; `badge` if it is known."""
    badge = badge or ask(verification.badge_of, org_id=org_id)
    if badge.level < 2:
        st.badge("Not verified", color="gray", icon=":material/help:")
        return
    label = "Verified, with badge" if badge.level == 3 else "Verified"
    box = st.popover(label, icon=MARK, key=f"{name}-{org_id}", on_change="rerun")
    if not box.open:
        return
    with box:
        st.markdown(f"**{plain(words.level_name(badge.level))}**  \n:gray[What we have seen, and when]")
        for proof in badge.proofs:
            if proof.met_by == "waived":
                continue
            until = f", until {words.day(proof.until)}" if proof.until else ""
            since = f"since {words.day(proof.since)}" if proof.since else ""
            st.markdown(
                f":green[:material/check:] {plain(words.requirement(proof.requirement))} "
                f":gray[:small[{plain(since + until)}]]"
            )
        if badge.level == 3:
            _capacity(org_id)
        for one in badge.certificates:
            st.markdown(
                f":material/workspace_premium: {plain(words.requirement(one.requirement))} {plain(one.number)}  \n"
                f":gray[:small[{plain(one.issuer or '')}, until {plain(words.day(one.expires_on))}"
                f"{plain(' · ' + one.scope) if one.scope else ''}]]"
            )


def _capacity(org_id: UUID) -> None:
    """The claim, and beside it what was shipped here, so that nobody takes the claim for more than it is."""
    seen = ask(reports.seller_capacity, org_id=org_id)
    if seen is None:
        return
    best = words.number(seen.best)
    so_far = f"at least {best} shipped here in its best month" if seen.best else "none shipped here yet"
    st.markdown(
        f":material/factory: {plain(words.number(max(seen.claimed, seen.best)))} units a month "
        f":gray[:small[{plain(f'as claimed, with evidence of {words.day(seen.since)}; {so_far}')}]]"
    )


def level_mark(level: int) -> str:
    """The badge as the end of a line of Markdown; nothing below level 3."""
    return f" :green[:small[{MARK} Verified]]" if level >= 3 else ""
