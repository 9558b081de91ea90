"""How well automatic checks work: what the check of papers said, beside what people decided."""

import json
from datetime import date
from decimal import Decimal

import streamlit as st

from app import words
from app.bridge import ask
from app.navigation import guard
from app.parts import Column, Tile, empty_state, metric_tiles, page_header, section, table
from domain import verification
from domain.kernel.settings import PROJECT
from domain.verification import CheckRow

TRIALS = PROJECT / "tests" / "proof" / "results" / "papers.json"

guard()


def share(part: int, whole: int) -> str:
    return words.percent(Decimal(part) / whole) if whole else "–"


def of(value: float | None) -> str:
    return "–" if value is None else words.percent(Decimal(str(value)))


def draw(rows: list[CheckRow]) -> None:
    read, passed = sum(row.read for row in rows), sum(row.passed for row in rows)
    approved, rejected = sum(row.passed_approved for row in rows), sum(row.passed_rejected for row in rows)
    metric_tiles([
        Tile("Proofs read", f"{read:,}", definition="Proofs whose papers the system has read.",
             formula="proofs with papers, all of them read", fresh="live"),
        Tile("Passed by itself", share(passed, read), definition="All papers of the proof agreed with what was stated.",
             formula="passed / read", fresh="live"),
        Tile("Passed and rejected", str(rejected),
             definition="The check passed the papers, a person rejected the proof.",
             formula="count; it should be none", fresh="live"),
        Tile("Precision", share(approved, approved + rejected),
             definition="How often people agree where the check passed a proof and a person decided.",
             formula="approved / (approved + rejected) of what passed", fresh="live"),
    ])  # fmt: skip
    section("By proof")
    table(
        "papers",
        rows,
        [
            Column("Proof", lambda row: words.requirement(row.requirement)),
            Column("Read", lambda row: f"{row.read:,}", "right"),
            Column("Passed", lambda row: f"{row.passed:,}", "right"),
            Column("Passed, approved", lambda row: f"{row.passed_approved:,}", "right"),
            Column("Passed, rejected", lambda row: f"{row.passed_rejected:,}", "right"),
            Column("Unsure, approved", lambda row: f"{row.unsure_approved:,}", "right"),
            Column("Unsure, rejected", lambda row: f"{row.unsure_rejected:,}", "right"),
            Column("Waiting", lambda row: f"{row.waiting:,}", "right"),
            Column("Precision", lambda row: of(row.precision), "right"),
            Column("Recall", lambda row: of(row.recall), "right"),
        ],
        alt="Automatic checks by proof",
    )
    st.caption(
        "Precision: of the proofs that the check passed and a person decided, how many the person approved."
        " Recall: of the proofs that were verified in the end, how many the check had passed."
        " Pictures of papers are read for the reviewer and never pass by themselves."
    )


def draw_trials() -> None:
    """The last long trial on papers of companies that do not exist: how many honest ones pass, and no other."""
    if not TRIALS.exists():
        return
    told = json.loads(TRIALS.read_text())
    section("On papers made to try it", help="Made from nothing, honest and dishonest; no rule was changed for the sake"
            " of those whose rates are told.")  # fmt: skip
    held, tuned = told["held_out"], told["tuned"]
    table(
        "trials",
        [("Kinds of papers kept apart", held), ("Kinds of papers that the rules were made with", tuned)],
        [
            Column("Papers", lambda row: row[0], width=260),
            Column("Kinds", lambda row: words.number(row[1]["families"]), "right"),
            Column("Honest", lambda row: words.number(row[1]["clean"]), "right"),
            Column("Of these passed", lambda row: share(row[1]["clean_passed"], row[1]["clean"]), "right"),
            Column("Forged, expired, another's, altered", lambda row: words.number(row[1]["bad"]), "right"),
            Column("Passed", lambda row: words.number(len(row[1]["bad_passed"])), "right"),
        ],
        alt="Rates on papers made to try the check",
    )
    tried = words.day(date.fromisoformat(told["date"]))
    st.caption(f"Last tried {tried}. At least 80 % of the honest ones have to pass, and none of the others.")


page_header("Automatic checks", "What the check of papers said, beside what people decided",
            back=("Business verification", "admin-verification"))  # fmt: skip
found = ask(verification.automatic_check_figures)
if found:
    draw(found)
else:
    empty_state("document_search", "No paper was read yet", "Figures appear when companies hand in papers.",
                ("Verification", "admin-verification"))  # fmt: skip
draw_trials()
