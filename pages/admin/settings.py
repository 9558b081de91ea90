"""The platform's configuration: what holds now, what is planned, and every change with who made it and why."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import streamlit as st

from app import words
from app.bridge import ask, perform, questions
from app.navigation import guard
from app.parts import Column, empty_state, facts_list, page_header, plain, section, table
from app.parts.filters import choice
from app.parts.forms import guarded_dialog, once, settle
from app.parts.periods import today
from domain import identity
from domain.identity import Permission, ProposedSetting, SettingChange, SettingRow
from domain.kernel.configuration import Setting

who, actor = guard()


def value(amount: Decimal, unit: str) -> str:
    return f"{words.number(amount)} {unit.removesuffix('s') if amount == 1 else unit}"


@guarded_dialog("Change a setting")
def change(row: SettingRow) -> None:
    st.markdown(f"**{plain(row.meaning)}**")
    st.caption(plain(f"Now {value(row.value, row.unit)}; between {row.least} and {row.most}."))
    if row.upcoming is not None:
        st.info(plain(f"Planned: {value(row.upcoming, row.unit)} from {words.instant(row.upcoming_at)} on."))
    is_whole = row.usual == row.usual.to_integral_value() and "currency" not in row.unit
    with st.form(once("setting"), border=False):
        latest = row.value if row.upcoming is None else row.upcoming
        wanted: float
        if is_whole:
            wanted = st.number_input(f"New value ({row.unit})", int(row.least), int(row.most), int(latest), step=1)
        else:
            wanted = st.number_input(f"New value ({row.unit})", float(row.least), float(row.most), float(latest))
        one, two = st.columns(2)
        day = one.date_input("Holds from", today() + timedelta(days=1), min_value=today(), format="YYYY-MM-DD")
        clock = two.time_input("Time", time(), help=f"In your time zone, {who.time_zone}")
        reason = st.text_area("Why", max_chars=500, placeholder="What should become better, and who asked for it")
        st.caption("Holds for what begins from then on. What is under way keeps the value of its beginning.")
        if row.is_of_two_people:
            st.caption(":material/group: About money or safety: it counts once a super admin has approved it.")
        if st.form_submit_button("Propose" if row.is_of_two_people else "Change", type="primary"):
            when = datetime.combine(day, clock or time(), ZoneInfo(who.time_zone)).astimezone(UTC)
            if settle(
                identity.change_setting, request="setting", done=DONE[row.is_of_two_people], setting=row.setting,
                value=Decimal(str(wanted)), effective_from=when, reason=reason or "", version=row.version,
            ):  # fmt: skip
                st.rerun()


DONE = {True: "The change waits for approval.", False: "The change is written down."}


# --- what waits for a second person ------------------------------------------------------------


@guarded_dialog("Approve the change?", icon=":material/rule_settings:")
def decide(row: ProposedSetting) -> None:
    st.markdown(f"**{plain(row.meaning)}**")
    facts_list(
        {
            "Now": value(row.before, row.unit), "Would be": value(row.after, row.unit),
            "Holds from": words.instant(row.effective_from), "Proposed by": row.proposed_by_name, "Why": row.reason,
        }
    )  # fmt: skip
    with st.form(f"proposal-{row.proposal_id}", border=False):
        note = st.text_input("Note (needed for a no)", max_chars=500)
        with st.container(horizontal=True, horizontal_alignment="right"):
            no = st.form_submit_button("Do not approve")
            yes = st.form_submit_button("Approve", type="primary")
    if (yes or no) and settle(
        identity.decide_setting, done="The change counts." if yes else "The change is refused.",
        proposal_id=row.proposal_id, is_approved=yes, note=note or "",
    ):  # fmt: skip
        st.rerun()


def draw_proposal(row: ProposedSetting) -> None:
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center",
                      key=f"proposed-{row.proposal_id}"):  # fmt: skip
        change = f"{words.number(row.before)} → {value(row.after, row.unit)}, from {words.instant(row.effective_from)}"
        st.markdown(
            f"**{plain(row.meaning)}**  \n{plain(change)}  \n"
            f":gray[:small[{plain(row.proposed_by_name)} · {plain(words.ago(row.proposed_at))} · {plain(row.reason)}]]",
            width="content",
        )
        if actor.may(Permission.APPROVE_SETTINGS) and row.proposed_by != actor.user_id:
            if st.button("Decide", key=f"decide-{row.proposal_id}", icon=":material/how_to_reg:"):
                decide(row)
        elif row.proposed_by == actor.user_id:
            st.button(
                "Take back", key=f"withdraw-{row.proposal_id}", type="tertiary", on_click=perform,
                args=(identity.withdraw_setting,),
                kwargs={"proposal_id": row.proposal_id, "done": "The proposal is taken back."},
            )  # fmt: skip
        else:
            st.badge("Waits for approval", color="gray", icon=":material/hourglass_top:")


def difference(row: SettingChange) -> str:
    return f"{words.number(row.before)} → {value(row.after, row.unit)}"


page_header("Settings", "What the platform's rules are, for everything that begins from their first day on")
with questions() as put:
    rows, proposals = put(identity.settings_now), put(identity.proposed_settings)
if proposals:
    section("Waiting for a second person")
for proposal in proposals:
    draw_proposal(proposal)
may_change = actor.may(Permission.CONFIGURE)
table(
    "settings",
    rows,
    [
        Column("Setting", lambda row: row.meaning, "open" if may_change else "text", 360),
        Column("Now", lambda row: value(row.value, row.unit), width=240),
        Column(
            "Planned",
            lambda row: (
                "–" if row.upcoming is None else f"{words.number(row.upcoming)} from {words.instant(row.upcoming_at)}"
            ),
            width="medium",
        ),
        Column("Changes", lambda row: words.number(row.version), "right"),
        Column("Since", lambda row: words.day(row.changed_at)),
        Column("Out of the box", lambda row: words.number(row.usual), "right"),
        Column("Approved by", lambda row: "Two people" if row.is_of_two_people else "One person"),
    ],
    on_open=change,
    alt="Settings",
)
st.caption("Press a setting to change it." if may_change else "Operations change these; you see what they are.")
st.space("small")
section("Every change", "Newest first. A change is never taken back; it is followed by another.")
chosen = choice("", "All settings", {row.setting.value: row.meaning for row in rows}, key="setting", width=340)
changes = ask(identity.setting_changes, setting=Setting(chosen) if chosen else None)
if changes:
    table(
        "setting-changes",
        changes,
        [
            Column("Setting", lambda row: row.meaning, width=380),
            Column("Change", difference),
            Column("Holds from", lambda row: words.instant(row.effective_from)),
            Column("By", lambda row: row.changed_by or "The system"),
            Column("Why", lambda row: row.reason or "–", width="medium"),
            Column("Written down", lambda row: words.instant(row.recorded_at)),
            Column("Version", lambda row: words.number(row.version), "right"),
        ],
        alt="Changes of settings",
    )
else:
    empty_state("tune", "Nothing was changed yet", "Every setting is as it came.")
