"""What business verification asks of whom: what holds, what is planned, what ended, and regulated categories."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from app import words
from app.bridge import ask, ask_quietly
from app.navigation import guard
from app.parts import Column, empty_state, page_header, plain, section, table
from app.parts.filters import choice, tabs_of
from app.parts.forms import guarded_dialog, once, settle
from app.parts.periods import today
from domain import catalog, identity, verification
from domain.identity import Permission
from domain.kernel.errors import DomainError
from domain.verification import RegulationRow, Requirement, RuleRow

who, actor = guard()
MAY = actor.may(Permission.SET_REQUIREMENTS)
KINDS = ("manufacturer", "retailer", "distributor")
LEVELS = (1, 2, 3)
EVERY = ask(verification.requirement_rules, with_ended=True)
CATEGORIES = {row.category_id: row.name for row in ask(catalog.categories)}


# --- words ---------------------------------------------------------------------------------------


def kinds_of(kinds: tuple[str, ...]) -> str:
    return "Everybody" if set(kinds) == set(KINDS) else ", ".join(words.kind(kind) for kind in kinds)


def places_of(countries: tuple[str, ...] | None) -> str:
    return ", ".join(words.country(code) for code in countries) if countries else "All countries"


def life_of(days: int | None) -> str:
    return words.days(days) if days else "Until its own end"


# --- fields that both dialogs have ---------------------------------------------------------------


def countries_field(name: str, chosen: tuple[str, ...] | None) -> list[str]:
    return st.multiselect(
        "Only in these countries", list(identity.COUNTRIES), list(chosen or ()),
        format_func=words.country, key=f"{name}-countries", placeholder="All countries",
    )  # fmt: skip


def instant_field(name: str, label: str = "Holds from") -> datetime:
    one, two = st.columns(2)
    day = one.date_input(label, today() + timedelta(days=30), min_value=today(), format="YYYY-MM-DD", key=f"{name}-day")
    clock = two.time_input("Time", time(), help=f"In your time zone, {who.time_zone}", key=f"{name}-time")
    return datetime.combine(day, clock or time(), ZoneInfo(who.time_zone)).astimezone(UTC)


def reason_field(name: str) -> str:
    return st.text_area("Why", max_chars=500, key=f"{name}-why", height=80, placeholder="Which law, which risk") or ""


# --- a rule --------------------------------------------------------------------------------------


@guarded_dialog("Ask for something", width="large")
def add() -> None:
    draw_change(None)


def draw_change(row: RuleRow | None) -> None:
    name = "rule" if row is None else f"rule-{row.rule_id}"
    if row is None:
        code = st.selectbox("What", list(Requirement), format_func=words.requirement, key=f"{name}-what")
    else:
        code = Requirement(row.requirement)
    kinds = st.multiselect("Asked of", KINDS, row.kinds if row else KINDS, format_func=words.kind, key=f"{name}-kinds")
    one, two = st.columns(2)
    with one:
        level = st.segmented_control("For level", LEVELS, default=row.level if row else 2, required=True,
                                     key=f"{name}-level")  # fmt: skip
        is_optional = st.toggle("Optional", row.is_optional if row else False, key=f"{name}-optional",
                                help="Shown and accepted, but no level depends on it.")  # fmt: skip
    with two:
        countries = countries_field(name, row.countries if row else None)
    three, four = st.columns(2)
    life = three.number_input("A proof lasts (days)", 0, 3650, (row.life_days or 0) if row else 0, key=f"{name}-life",
                              help="0: until the end that stands on it, or without an end.")  # fmt: skip
    grace = four.number_input("Grace (days)", 0, 365, row.grace_days if row else 30, key=f"{name}-grace",
                              help="So long those who are here have time to comply with this rule, and so long a"
                              " proof counts after it has run out.")  # fmt: skip
    begins = instant_field(name)
    facts: dict[str, Any] = {
        "requirement": code, "kinds": kinds, "level": level, "from_when": begins, "is_optional": is_optional,
        "countries": countries or None, "life_days": life or None, "grace_days": grace,
    }  # fmt: skip
    reason = reason_field(name)
    with st.container(horizontal=True):
        look = st.button("See who it hits", key=f"{name}-look", icon=":material/visibility:")
        sent = st.button("Write it down", type="primary", key=once(f"{name}-send"))
    if look:
        draw_preview(facts)
    if sent and settle(
        verification.change_requirement, version=version_of(code), reason=reason, done="The rule is written down.",
        **facts,
    ):  # fmt: skip
        st.rerun()


def draw_preview(facts: dict[str, Any]) -> None:
    try:
        seen = ask_quietly(verification.preview_requirement, **facts)
    except DomainError as refusal:
        st.error(plain(refusal.sentence), icon=":material/block:")
        return
    when = words.day(seen.at)
    if not seen.lost:
        st.success(plain(f"Asked of {words.count(seen.asked, 'organisation')}; nobody would lose a level on {when}."),
                   icon=":material/check:")  # fmt: skip
        return
    lost = "; ".join(
        f"{words.count(number, 'organisation')} would lose level {level}" for level, number in seen.lost.items()
    )
    more = sum(seen.lost.values()) - len(seen.names)
    names = ", ".join(seen.names) + (f" and {words.number(more)} more" if more > 0 else "")
    st.warning(
        plain(f"{lost} on {when}, by what is known today: {names}. It is asked of {words.number(seen.asked)}."),
        icon=":material/warning:",
    )


def version_of(code: Requirement) -> int:
    return next((row.version for row in EVERY if row.requirement == code), 0)


def draw_end(row: RuleRow) -> None:
    name = f"end-{row.rule_id}"
    st.caption("What was decided by this rule stays as it was. Where it was of a country, the rule of all holds again.")
    ends = instant_field(name, "Ends on")
    reason = reason_field(name)
    if st.button("End the rule", type="primary", key=once(f"{name}-send")) and settle(
        verification.end_requirement, rule_id=row.rule_id, from_when=ends, version=row.version, reason=reason,
        done="The end is written down.",
    ):  # fmt: skip
        st.rerun()


@guarded_dialog("Change a rule", width="large")
def open_rule(row: RuleRow) -> None:
    whose = f"{kinds_of(row.kinds)} · {places_of(row.countries)}"
    st.markdown(
        f"**{plain(words.requirement(row.requirement))}** · {plain(whose)}  \n"
        f":gray[{plain(words.REQUIREMENTS[row.requirement][1])}]"
    )
    if row.state == "ended" or row.valid_until is not None:
        st.info(plain(f"It ends or ended: {words.instant(row.valid_until)}."), icon=":material/event_busy:")
        return
    what = st.segmented_control("What to do", ["Ask differently", "End it"], default="Ask differently", required=True,
                                key=f"do-{row.rule_id}", label_visibility="collapsed")  # fmt: skip
    draw_change(row) if what == "Ask differently" else draw_end(row)


# --- categories ----------------------------------------------------------------------------------


@guarded_dialog("Regulate a category")
def regulate() -> None:
    name = "regulate"
    category = st.selectbox("Category", list(CATEGORIES), format_func=lambda key: CATEGORIES[key], key=f"{name}-what")
    certificates = sorted(verification.CERTIFICATES)
    code = st.selectbox("Needs", certificates, format_func=words.requirement, key=f"{name}-certificate")
    countries = countries_field(name, None)
    begins = instant_field(name)
    st.caption("From then on an offer in it is published only with a valid certificate that covers it, and at level 3."
               " What is on sale stays on sale. The countries are those of the sellers.")  # fmt: skip
    reason = reason_field(name)
    if st.button("Write it down", type="primary", key=once(f"{name}-send")) and settle(
        verification.regulate_category, category_id=category, requirement=code, from_when=begins,
        countries=countries or None, reason=reason, done="The category is regulated from then on.",
    ):  # fmt: skip
        st.rerun()


@guarded_dialog("Stop regulating")
def end_regulation(row: RegulationRow) -> None:
    name = f"regulation-{row.category_id}-{row.requirement}"
    st.markdown(f"**{plain(row.category)}** · {plain(words.requirement(row.requirement))}")
    ends = instant_field(name, "Ends on")
    reason = reason_field(name)
    if st.button("Write it down", type="primary", key=once(f"{name}-send")) and settle(
        verification.end_regulation, category_id=row.category_id, requirement=Requirement(row.requirement),
        from_when=ends, reason=reason, done="The end is written down.",
    ):  # fmt: skip
        st.rerun()


# --- the screen ----------------------------------------------------------------------------------


def actions() -> None:
    if MAY and st.button("Ask for something", icon=":material/add:", type="primary", key="add-rule"):
        add()


page_header("What verification asks for", "Rules with a first day and a last; what was decided before a change stands",
            actions, back=("Business verification", "admin-verification"))  # fmt: skip
with st.container(horizontal=True, vertical_alignment="center"):
    shown = tabs_of("rules", {"holds": "Holds", "planned": "Planned", "ended": "Ended"})
    kind = choice("rules", "Everybody", {code: words.kind(code) for code in KINDS}, key="kind")
    country = choice("rules", "All countries", {
        code: words.country(code) for code in sorted({code for row in EVERY for code in row.countries or ()})
    }, key="country")  # fmt: skip
rows = [
    row for row in EVERY
    if row.state == shown and (kind is None or kind in row.kinds)
    and (country is None or row.countries is None or country in row.countries)
]  # fmt: skip
if rows:
    table(
        "rules",
        rows,
        [
            Column("Asked for", lambda row: words.requirement(row.requirement), "open" if MAY else "text", 180),
            Column("Level", lambda row: words.number(row.level), "right"),
            Column("Of whom", lambda row: kinds_of(row.kinds)),
            Column("Countries", lambda row: places_of(row.countries)),
            Column("Needed", lambda row: "Optional" if row.is_optional else "Yes"),
            Column("A proof lasts", lambda row: life_of(row.life_days)),
            Column("Grace", lambda row: words.days(row.grace_days) if row.grace_days else "–"),
            Column("From", lambda row: words.day(row.valid_from)),
            Column("Until", lambda row: words.day(row.valid_until) if row.valid_until else "–"),
            Column("By", lambda row: row.set_by or "The product"),
            Column("Why", lambda row: row.reason or "–", width="medium"),
        ],
        on_open=open_rule if MAY else None,
        alt="What verification asks for",
    )
    if MAY and shown != "ended":
        st.caption("Press a rule to change or to end it.")
else:
    empty_state("rule", "No rule here", "Nothing of this kind is asked for.")
st.space("small")
section("Regulated categories", "In these an offer is published only with a valid certificate that covers it.")
if MAY and st.button("Regulate a category", icon=":material/add:", key="regulate"):
    regulate()
regulated = ask(verification.regulations)
if regulated:
    table(
        "regulations",
        regulated,
        [
            Column("Category", lambda row: row.category, "open" if MAY else "text", 180),
            Column("Needs", lambda row: words.requirement(row.requirement)),
            Column("Sellers in", lambda row: places_of(row.countries)),
            Column("State", lambda row: row.state, "state"),
            Column("From", lambda row: words.day(row.valid_from)),
            Column("Until", lambda row: words.day(row.valid_until) if row.valid_until else "–"),
            Column("By", lambda row: row.set_by or "The product"),
        ],
        on_open=end_regulation if MAY else None,
        alt="Regulated categories",
    )
else:
    empty_state("category", "No category is regulated", "Every category is open to sellers of level 2.")
