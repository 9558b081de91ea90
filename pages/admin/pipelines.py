"""Are the figures fresh and checked? What was built, what stands in the way, and building them again."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, questions
from app.exports import Sheet
from app.navigation import guard, guarded_fragment
from app.parts import Column, page_header, paged_table, plain, section, table
from app.parts.addresses import asked_for
from app.parts.downloads import rows_button
from app.parts.forms import guarded_dialog, once, settle
from domain import reports
from domain.identity import Permission
from domain.reports import AssetRow, BuildProgress, FiguresState, RunRow

_, actor = guard()
RUNS = {
    "running": ("Running", "blue"), "succeeded": ("Succeeded", "green"), "failed": ("Failed", "red"),
    "blocked": ("Stopped by incoming data", "red"), "abandoned": ("Interrupted", "orange"),
}  # fmt: skip
STARTERS = {"schedule": "The schedule", "request": "The system", "command line": "The command line"}
KINDS = {"gate": "Incoming data", "model": "Table", "test": "Check", "publish": "What readers see"}
OUTCOMES = {"ok": "OK", "failed": "Failed", "skipped": "Left out"}
PREPARED = ("stg_", "int_")  # what comes in as it is, and steps between; readers see neither
WAITS = {"waiting": "It starts in a few seconds.", "sent": "It is being started.", "running": "It is at work."}


# --- what readers see --------------------------------------------------------------------------


def draw_state(figures: FiguresState) -> None:
    badges = {
        "fresh": ("Fresh and checked", "verified", "green"), "stale": ("Older than promised", "schedule", "orange"),
        "failed": ("The last build failed", "error", "red"), "building": ("Being built", "construction", "blue"),
        "none": ("Not built yet", "database", "gray"),
    }  # fmt: skip
    word, icon, colour = badges[figures.state]
    with st.container(border=True, gap="xsmall", key="figures-state"):
        with st.container(horizontal=True, vertical_alignment="center"):
            section("Figures that readers see")
            st.badge(word, icon=f":material/{icon}:", color=colour)  # type: ignore[arg-type]
        st.markdown(plain(sentence_of(figures)))
        if figures.state == "failed" and figures.problem:
            st.error(plain(figures.problem), icon=":material/error:")
        if figures.published_run_id:
            st.caption(
                f"{words.count(figures.checks_passed, 'check')} passed before they were shown"
                f" {words.instant(figures.published_at)}. They are built each night at 03:10, and every half hour from"
                " 05:00 to 23:30 UTC."
            )


def sentence_of(figures: FiguresState) -> str:
    """What the state means for whoever reads a figure."""
    of = f"{words.instant(figures.as_of)} ({words.ago(figures.as_of)})"
    if figures.state == "fresh":
        return f"All figures are those of {of}, and every check of them passed."
    if figures.state == "stale":
        return (
            f"All figures are those of {of}. Those of {words.instant(figures.promised_at)} should be here by now, and"
            " no build has failed: none was started, or it has not ended."
        )
    if figures.state == "failed":
        kept = f"All figures stay those of {of}, whole and checked" if figures.as_of else "There are no figures yet"
        return f"{kept}. No build has ended well since {words.instant(figures.since)} ({words.ago(figures.since)})."
    return "There are no figures yet." + (" The first ones are on their way." if figures.work else "")


def draw_progress(progress: BuildProgress) -> None:
    who = f"{progress.asked_by} asked for it" if progress.asked_by else "It was asked for"
    why = f"{who} {words.ago(progress.asked_at)}: {progress.reason}" if progress.reason else "The schedule started it."
    with st.container(border=True, gap="xsmall", key="progress"):
        with st.container(horizontal=True, vertical_alignment="center"):
            section("A build is under way")
            st.badge(WAITS[progress.state], color="blue")
        st.caption(plain(why))
        if progress.steps_expected:
            steps = min(progress.steps, progress.steps_expected)
            took = progress.seconds_expected
            st.progress(
                steps / progress.steps_expected,
                f"{words.number(steps)} of about {words.count(progress.steps_expected, 'step')}"
                + (f"; the last build took {seconds(took)}" if took is not None else ""),
            )
        elif progress.state == "running":
            st.progress(0.0, f"{words.count(progress.steps, 'step')} done")


@guarded_fragment(run_every="2s")
def watch(known: str) -> None:
    """Follow a build until it ends; then the whole screen is drawn anew."""
    figures = ask(reports.figures_state)
    if figures.work is None or str(figures.work.run_id or figures.work.state) != known:
        st.rerun()
    draw_progress(figures.work)


@guarded_dialog("Build the figures now?")
def ask_for_build() -> None:
    st.markdown("Readers keep the present figures until all checks of the new ones have passed.")
    with st.form(once("build"), border=False):
        reason = st.text_input("Why", max_chars=500, help="It is kept with the run, beside your name.")
        if st.form_submit_button("Build now", type="primary") and settle(
            reports.request_build, request="build", reason=reason, done="The build is asked for."
        ):
            st.rerun()


# --- one run -----------------------------------------------------------------------------------


def seconds(value: Decimal | None) -> str:
    return "–" if value is None else f"{words.tenths(value)} s"


def took(run: RunRow) -> str:
    return seconds(Decimal(str((run.ended_at - run.started_at).total_seconds())) if run.ended_at else None)


def starter(run: RunRow) -> str:
    return run.asked_by or STARTERS.get(run.started_by, words.sentence_case(run.started_by))


def change(row: AssetRow) -> str:
    if row.rows is None or row.rows_before is None:
        return "–"
    more = row.rows - row.rows_before
    return "same" if not more else f"{'+' if more > 0 else '−'}{words.number(abs(more))}"


def checks_word(row: AssetRow) -> str:
    if not row.checks_passed + row.checks_failed:
        return "–"
    failed = f", {words.number(row.checks_failed)} failed" if row.checks_failed else ""
    return f"{words.number(row.checks_passed)} passed{failed}"


def open_run(run: RunRow) -> None:
    st.query_params["run"] = str(run.run_id)


def steps_of(run: RunRow) -> list[AssetRow]:
    """The steps of a run; once it has ended they never change, and are asked once."""
    known: tuple[UUID, list[AssetRow]] | None = st.session_state.get("run-steps")
    if known is not None and known[0] == run.run_id:
        return known[1]
    found = ask(reports.assets_of_run, run_id=run.run_id)
    if run.ended_at is not None:
        st.session_state["run-steps"] = run.run_id, found
    return found


def draw_run(run: RunRow) -> None:
    word, colour = RUNS.get(run.status, (words.sentence_case(run.status), "gray"))
    with st.container(border=True, key="run"):
        with st.container(horizontal=True, vertical_alignment="center"):
            section(f"Run of {words.instant(run.started_at)}")
            st.badge(word, color=colour)  # type: ignore[arg-type]
            if run.is_published:
                st.badge("It was shown to readers", icon=":material/visibility:", color="gray")
        why = f" ({run.reason})" if run.reason else ""
        lasted = f"; it took {took(run)}" if run.ended_at else ""
        st.caption(plain(f"Started by {starter(run)}{why}. Knows the market up to {words.instant(run.as_of)}{lasted}."))
        assets = steps_of(run)
        failed = [row for row in assets if row.status == "failed"]
        if run.problem and not failed:
            st.error(plain(run.problem))
        named = {row.name: row.words for row in assets}
        for row in failed:
            draw_failed(run, row, named)
        steps = [row for row in assets if row.kind != "test"]
        tests = [row for row in assets if row.kind == "test"]
        prepared = [row for row in steps if row.name.startswith(PREPARED)]
        if steps:
            draw_tables("run-tables", [row for row in steps if not row.name.startswith(PREPARED)])
        if prepared:
            unfolded(f"{words.count(len(prepared), 'step')} that prepare what came in",
                     lambda: draw_tables("run-prepared", prepared), key="prepared")  # fmt: skip
        if tests:
            passed = sum(row.status == "ok" for row in tests)
            unfolded(f"{words.number(passed)} of {words.count(len(tests), 'check')} passed",
                     lambda: draw_checks(tests), key="checks")  # fmt: skip


def unfolded(label: str, draw: Callable[[], None], *, key: str) -> None:
    """A part that is drawn when somebody opens it: hundreds of rows are most of what this screen would send."""
    part = st.expander(label, key=f"{key}-part", on_change="rerun")
    if part.open:
        with part:
            draw()


def draw_failed(run: RunRow, row: AssetRow, named: Mapping[str, str]) -> None:
    with st.container(border=True, gap="xsmall", key=f"failed-{row.position}"):
        st.markdown(f":red[:material/cancel:] **{plain(row.words)}** :gray[:small[{KINDS[row.kind]}]]")
        st.markdown(plain(what_happened(row)))
        left_out = [named[name] for name in row.holds_up if not name.startswith(PREPARED)]
        if left_out:
            st.caption(plain(f"{words.count(len(left_out), 'table')} left out because of it: {', '.join(left_out)}."))
        if row.failing_rows and actor.may(Permission.RUN_PIPELINES):
            st.caption(f"{words.number(row.failing_rows)} of the rows that it found wrong, with all columns:")
            rows_button(f"wrong-rows-{row.name}", wrong_rows(run, row), choices={"build": str(run.run_id)})
        if row.message and row.kind != "gate":
            with st.expander("For engineers"):
                st.code(row.message, language=None, wrap_lines=True)


def what_happened(row: AssetRow) -> str:
    if row.kind == "gate":
        return f"What came in since the last build breaks a rule: {row.message}. Nothing was built from it."
    if row.kind == "test":
        return "This check found rows that are wrong." if row.failing_rows else "This check could not be made."
    return "This could not be built. An engineer has to look at it."


def wrong_rows(run: RunRow, row: AssetRow) -> Callable[[], Sheet]:
    def made() -> Sheet:
        found = ask(reports.failing_rows, run_id=run.run_id, name=row.name)
        return Sheet(row.words, found.columns, found.rows)

    return made


def draw_tables(name: str, rows: list[AssetRow]) -> None:
    table(
        name,
        rows,
        [
            Column("Name", lambda row: row.words, width="medium"),
            Column("Outcome", lambda row: OUTCOMES.get(row.status, row.status)),
            Column("Rows", lambda row: "–" if row.rows is None else words.number(row.rows), "right"),
            Column("Change", change, "right", help="Rows more or fewer than in the last good build before."),
            Column("Seconds", lambda row: words.tenths(row.seconds), "right"),
            Column("Checks", checks_word, width="medium"),
            Column("Kind", lambda row: KINDS.get(row.kind, row.kind)),
        ],
        alt="Steps of the run",
    )


def draw_checks(rows: list[AssetRow]) -> None:
    table(
        "run-checks",
        sorted(rows, key=lambda row: row.status != "failed"),
        [
            Column("Check", lambda row: row.words, width="large"),
            Column("Outcome", lambda row: OUTCOMES.get(row.status, row.status)),
            Column("Seconds", lambda row: words.tenths(row.seconds), "right"),
            Column("Of", lambda row: ", ".join(reports.asset_words(name) for name in row.parents), width="medium"),
        ],
        alt="Checks of the run",
    )


# --- the screen --------------------------------------------------------------------------------

wanted = asked_for("run")
with questions() as put:
    figures = put(reports.figures_state)
    recent, _ = put(reports.pipeline_runs, size=200 if wanted else 1)
chosen = next((run for run in recent if run.run_id == wanted), recent[0] if recent else None)


def actions() -> None:
    if actor.may(Permission.RUN_PIPELINES) and st.button(
        "Build now", type="primary", icon=":material/play_arrow:", disabled=figures.work is not None
    ):
        ask_for_build()


page_header("Data pipelines", "How fresh the figures are, and how they come to be", actions)
draw_state(figures)
if figures.work is not None:
    watch(str(figures.work.run_id or figures.work.state))
if chosen is not None:
    runs = st.container()
    draw_run(chosen)
    with runs:
        section("Builds")
        paged_table(
            "runs",
            lambda page, size: ask(reports.pipeline_runs, page=page, size=size),
            [
                Column("Started", lambda row: words.instant(row.started_at), "open"),
                Column("State", lambda row: RUNS.get(row.status, (row.status, ""))[0]),
                Column("Took", took, "right"),
                Column("Started by", starter),
                Column("Why", lambda row: row.reason or "–", width="medium"),
                Column("Tables", lambda row: words.number(row.assets), "right"),
                Column("Checks", lambda row: words.number(row.checks), "right"),
                Column("Failed", lambda row: words.number(row.failed), "right"),
            ],
            on_open=open_run,
            size=10,
            alt="Builds of the figures",
        )
