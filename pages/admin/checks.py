"""Is the system well? One light for each thing that can break, the rules of the books, and what did not happen."""

import shutil
from datetime import UTC, datetime, timedelta

import streamlit as st

from app import measures, words
from app.bridge import ask, perform, questions
from app.navigation import guard
from app.parts import Column, empty_state, page_header, paged_table, plain, section, table
from domain import reports
from domain.kernel.settings import settings
from domain.reports import HealthRow, JobRow, Light

who, _ = guard()
COLOURS = {Light.RED: "red", Light.AMBER: "orange", Light.GREEN: "green"}
ICONS = {Light.RED: "error", Light.AMBER: "warning", Light.GREEN: "check_circle"}
WORDS = {Light.RED: "Broken", Light.AMBER: "Look at it", Light.GREEN: "Well"}
GIB = 1024**3


# --- what the database cannot know -------------------------------------------------------------


def disk() -> HealthRow:
    """The disk of the data folder: documents, logs and, when it is our own, the database."""
    found = shutil.disk_usage(settings().home)
    free = found.free / found.total
    light = Light.RED if free < 0.05 or found.free < GIB else Light.AMBER if free < 0.15 else Light.GREEN
    return HealthRow(
        name="Disk",
        light=light,
        sentence=f"{found.free / GIB:,.1f} GiB of {found.total / GIB:,.0f} GiB are free.",
        next_step=None if light is Light.GREEN else "Free some space; on a full disk nothing can be written.",
    )


def web_errors() -> HealthRow:
    """Unexpected errors of the last hour, as this web process knows them."""
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    recent = [(at, reference) for at, reference in measures.recent_errors if at > hour_ago]
    if not recent:
        return HealthRow(name="Screens", light=Light.GREEN, sentence="No unexpected error in the last hour.")
    at, reference = recent[-1]
    return HealthRow(
        name="Screens",
        light=Light.RED if len(recent) >= 5 else Light.AMBER,
        sentence=f"{words.count(len(recent), 'unexpected error')} in the last hour, the last one is {reference}.",
        next_step="Look for the reference in logs/web.log; the person was shown the same number.",
        since=at,
    )


# --- drawing -----------------------------------------------------------------------------------


def actions() -> None:
    if st.button("Run all checks", type="primary", icon=":material/play_arrow:"):
        with st.spinner("Looking at every row …"):
            perform(reports.check_invariants)


def draw_light(row: HealthRow) -> None:
    with st.container(border=True, gap=None):
        icon = f":{COLOURS[row.light]}[:material/{ICONS[row.light]}:]"
        st.markdown(f"{icon} **{plain(row.name)}** :gray[:small[{WORDS[row.light]}]]")
        since = f" :gray[:small[Since {plain(words.instant(row.since))}]]" if row.since and row.light != "green" else ""
        st.markdown(plain(row.sentence) + since)
        if row.next_step:
            st.caption(plain(row.next_step))


def draw_rules() -> None:
    section("Rules of the books", help="Rules that must hold at every moment, counted over everything there is.")
    if last is None:
        empty_state("fact_check", "Not counted yet", "Run all checks: on much data it takes some minutes.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if last.broken:
            word = f"{len(last.broken)} of {len(reports.MEANING)} rules are broken"
            st.badge(word, icon=":material/error:", color="red")
        else:
            st.badge(f"All {len(reports.MEANING)} rules hold", icon=":material/verified:", color="green")
        st.caption(f"Last counted {words.instant(last.checked_at)} ({words.ago(last.checked_at)})", width="content")
    for row in last.broken:
        with st.container(border=True, gap=None):
            st.markdown(f":red[:material/cancel:] {plain(row.meaning)} :gray[:small[Rule {row.number}]]")
            st.caption(plain(f"{words.number(row.violations)} times. For example: {', '.join(row.sample)}"))
    with st.expander("What the rules say"):
        for number, meaning in reports.MEANING.items():
            st.markdown(f"{plain(meaning)} :gray[:small[Rule {number}]]")


def job_state(row: JobRow) -> str:
    return "Never ran" if row.last_run_at is None else "Late" if row.is_late else "Failed" if row.problem else "OK"


head = st.container()
with head:
    page_header("System health", "What works, what does not, and what to do next", actions)
with questions() as put:
    seen, last, jobs = put(reports.system_health), put(reports.last_invariant_check), put(reports.last_jobs)
order = [Light.RED, Light.AMBER, Light.GREEN]
rows = sorted([*seen, disk(), web_errors()], key=lambda row: order.index(row.light))
worst, unwell = rows[0].light, sum(row.light is not Light.GREEN for row in rows)
with st.container(horizontal=True, vertical_alignment="center"):
    said = "Everything is well" if not unwell else f"{unwell} of {len(rows)} need a look"
    st.badge(said, icon=f":material/{ICONS[worst]}:", color=COLOURS[worst])  # type: ignore[arg-type]
    if st.button("Look again", type="tertiary", icon=":material/refresh:"):
        st.rerun()
with st.grid(2, min_column_width=300, gap="small"):
    for row in rows:
        draw_light(row)
st.space("small")
draw_rules()
st.space("small")
section("Recurring jobs", help="What the worker does by itself. A job is late when it has not succeeded in time.")
table(
    "jobs",
    jobs,
    [
        Column("Job", lambda row: words.sentence_case(row.name)),
        Column("State", job_state),
        Column("Last success", lambda row: words.instant(row.last_success_at)),
        Column("Last run", lambda row: words.instant(row.last_run_at)),
        Column("Problem", lambda row: row.problem or "–", width="large"),
    ],
    alt="Recurring jobs",
)
st.space("small")
section("What did not happen", "Messages and timed steps that failed or are more than ten minutes late.")
paged_table(
    "stuck",
    lambda page, size: ask(reports.stuck, page=page, size=size),
    [
        Column("What", lambda row: words.sentence_case(row.what), width="medium"),
        Column("About", lambda row: row.subject, width="medium"),
        Column("State", lambda row: "Given up" if row.has_given_up else "Waiting"),
        Column("Tries", lambda row: words.number(row.attempts), "right"),
        Column("Due", lambda row: words.instant(row.due_at)),
        Column("Last problem", lambda row: row.last_error or "–", width="large"),
    ],
    empty=lambda: empty_state(
        "done_all", "Nothing is stuck", "All messages are delivered and all timed steps are done."
    ),
    alt="What did not happen",
)
