"""One case: the papers, what was read in them, what is stated, what was found, and the decision."""

from functools import partial
from typing import Any

import streamlit as st

from app import words
from app.bridge import ask_quietly, later, perform, questions
from app.navigation import guard
from app.parts import Column, confirm, facts_list, id_of, page_header, plain, section, table
from app.parts.capacity import capacity_lines
from app.parts.forms import settle
from app.parts.pictures import previews, show
from domain import reports, verification
from domain.kernel import files
from domain.verification import CaseRow, Decision, FileRow, PhotoSheet, Reason, Requirement

who, actor = guard()
BACK = ("Business verification", "admin-verification")
# What stands against something, as a reviewer tells the organisation.
CHOICES = [
    reason for reason in Reason
    if reason not in (Reason.LEVEL_3, Reason.NO_AUTOMATIC_CHECK, Reason.AUTOMATIC_CHECK_UNSURE)
]  # fmt: skip
STATED = {
    "name": "Name", "legal_name": "Legal name", "kind": "Kind", "country_code": "Country", "address": "Address",
    "territory": "Region of the address", "numbers": "Numbers",
}  # fmt: skip


def draw_photograph(photo: PhotoSheet) -> None:
    """What a picture says of itself, and who else has shown it."""
    place = f"{photo.latitude:.5f}, {photo.longitude:.5f}" if photo.latitude and photo.longitude else None
    taken = photo.taken_at and f"{words.day(photo.taken_at.date())} at {photo.taken_at:%H:%M}"
    facts_list({
        "Taken, by the camera's clock": taken or "It does not say",
        "Taken at": place or "It does not say",
        "Camera": photo.camera or "It does not say",
    })  # fmt: skip
    for like in photo.shown_by_others:
        st.markdown(
            f":red[:material/group:] Looks like a picture of {plain(like.organization)}, handed in on"
            f" {words.day(like.stored_at.date())}"
        )


def content_of(file: FileRow) -> bytes:
    return ask_quietly(verification.my_proof_file, file_id=file.file_id)[0]


def draw_paper(file: FileRow) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{plain(file.name)}**", width="content")
            if file.read_at is None:
                st.badge("Not read yet", color="gray")
            else:
                passed = file.outcome == "pass"
                st.badge("Agrees" if passed else "To be looked at", color="green" if passed else "orange")
            if file.scan_state:
                word, colour = words.SCANS[file.scan_state]
                st.badge(word, color=colour)
        if file.scan_state in ("waiting", "harmful"):
            return
        if file.file_id in large:
            show(large[file.file_id], alt=f"Paper {file.name}")
        if file.file_id in photos:
            draw_photograph(photos[file.file_id])
        st.download_button(
            "Download", later(partial(content_of, file)), file.name, file.media_type, key=f"paper-{file.file_id}",
            icon=":material/download:", on_click="ignore", type="tertiary",
        )  # fmt: skip
        if file.fields:
            table(
                f"fields-{file.file_id}",
                sorted(file.fields.items()),
                [
                    Column("Read in the paper", lambda pair: words.sentence_case(pair[0])),
                    Column("Value", lambda pair: pair[1][0]),
                    Column("Sure", lambda pair: round(pair[1][1] * 100), "progress"),
                ],
                alt=f"What was read in {file.name}",
            )
        for reason in file.reasons:
            st.caption(f":orange[:material/warning:] {plain(reason)}")


def draw_findings(findings: dict[str, Any]) -> None:
    register = findings.get("register")
    if register:
        score = f" ({register['score']:.0f} of 100)" if register.get("score") is not None else ""
        words_ = {"exact": "The register has the same name", "fuzzy": "The name in the register is alike",
                  "none": "The register does not have it"}[register["match"]]  # fmt: skip
        seen = register.get("registered") or register.get("nearest") or ""
        st.markdown(f":material/menu_book: {plain(words_ + score)}  \n:gray[{plain(seen)}]")
    if findings.get("shares"):
        st.markdown(f":material/pie_chart: {plain('The stated shares add up to ' + findings['shares'] + ' %')}")
    for key, title in (("same_document", "Also handed in by"), ("same_owner", "An owner also owns or directs")):
        if findings.get(key):
            st.markdown(f":red[:material/group:] {title}: {plain(', '.join(findings[key]))}")
    if findings.get("statement"):
        st.markdown(f":material/receipt_long: {plain(findings['statement'])}")
    if findings.get("deposits"):
        st.markdown(f":material/savings: {plain(findings['deposits'])}")
    if not findings:
        st.caption("Nothing was found by itself.")


def decide(decision: Decision, note: str, reasons: list[Reason], checklist: list[str]) -> bool:
    return settle(
        verification.decide_case, case_id=row.case_id, decision=decision, note=note, reasons=reasons,
        checklist=checklist, done="Decided." if decision is not Decision.ASK else "The question is sent.",
    )  # fmt: skip


def draw_decision() -> None:
    section("Decision")
    if row.state == "decided":
        facts_list({"Decided by": row.reviewer or "–", "On": words.instant(row.decided_at)})
        return
    if not sheet.may_decide:
        st.info(plain(sheet.why_not or ""), icon=":material/lock:")
        return
    if row.claimed_by != actor.user_id:
        if row.claimed_by is not None:
            st.info(plain(f"{row.reviewer} has taken this case."), icon=":material/lock:")
            return
        if row.has_first:
            said = f" “{sheet.first_note}”" if sheet.first_note else ""
            st.caption(plain(f"A colleague has approved it; you are the second.{said}"))
        st.button("Take this case", type="primary", key="claim", on_click=perform, args=(verification.claim_case,),
                  kwargs={"case_id": row.case_id})  # fmt: skip
        return
    checklist: list[str] = []
    if row.requirement == Requirement.SITE_INSPECTION:
        st.caption("Inspection: all of it has to be seen before it is approved.")
        checklist = [point for point in verification.CHECKLIST if st.checkbox(point, key=f"check-{point}")]
    reasons = st.multiselect("Reasons (for a rejection)", CHOICES, format_func=words.reason, key="reasons")
    note = st.text_area("Note; a question or a rejection goes to the organisation", max_chars=2000, key="note") or ""
    is_hit = row.kind == "sanctions"
    with st.container(horizontal=True):
        is_right = st.button("It is somebody else" if is_hit else "Approve", type="primary", key="approve")
        if is_right and decide(Decision.APPROVE, note, [], checklist):  # what was refused stays on the screen
            st.rerun()
        if row.kind == "review" and st.button("Ask", key="ask") and decide(Decision.ASK, note, [], []):
            st.rerun()
        if st.button("It is the one on the list" if is_hit else "Reject", key="reject"):
            chosen = reasons or ([Reason.SANCTIONS_HIT] if is_hit else [])
            confirm(
                "Reject", "The organisation is told the reasons." if not is_hit else "Payouts stay blocked.",
                "Confirm" if is_hit else "Reject", lambda: decide(Decision.REJECT, note, chosen, []), is_grave=True,
            )  # fmt: skip
        st.button("Give back", type="tertiary", key="release", on_click=perform, args=(verification.release_case,),
                  kwargs={"case_id": row.case_id})  # fmt: skip


def title_of(each: CaseRow) -> str:
    return words.requirement(each.requirement) if each.requirement else "Name on a sanctions list"


with questions() as put:
    sheet = put(verification.case_sheet, case_id=id_of("case"))
    row, submission = sheet.row, sheet.submission
    papers = submission.files if submission is not None else ()
    file_ids = [paper.file_id for paper in papers]
    photos = {photo.file_id: photo for photo in put(verification.photo_sheets, file_ids=file_ids)} if papers else {}
    pictures = put(files.pictures, file_ids=file_ids)
    is_capacity = row.requirement == Requirement.PRODUCTION_CAPACITY
    capacity = put(reports.capacity_of, org_id=row.org_id) if is_capacity else None
large = previews(pictures)
page_header(
    title_of(row), f"{row.organization} · due {words.ago(row.due_at)}" if row.state != "decided" else row.organization,
    state="late" if row.is_late else row.state, back=BACK,
)  # fmt: skip
main, side = st.columns([1.6, 1], gap="medium")
with main:
    if papers:
        section("Papers")
        for paper in papers:
            draw_paper(paper)
    if sheet.hits:
        section("Names that are alike")
        table(
            "hits", sheet.hits,
            [
                Column("Here", lambda hit: hit.matched), Column("On the list", lambda hit: hit.listed),
                Column("List", lambda hit: f"{hit.list} {hit.reference}"),
                Column("Alike", lambda hit: float(hit.score), "progress"),
                Column("State", lambda hit: hit.state, "state"),
            ],
            alt="Names on lists of sanctions",
        )  # fmt: skip
    if sheet.owners:
        section("Owners and directors")
        table(
            "owners", sheet.owners,
            [
                Column("Name", lambda owner: owner.name), Column("Share", lambda owner: f"{owner.share} %", "right"),
                Column("Born", lambda owner: words.day(owner.born_on)),
                Column("Country", lambda owner: words.country(owner.country) if owner.country else "–"),
                Column("Director", lambda owner: "Yes" if owner.is_director else "–"),
            ],
            alt="Owners and directors",
        )  # fmt: skip
    if capacity is not None:
        section("What was shipped here", help="Whole months: units that left, and how many later than promised.")
        capacity_lines(capacity, with_months=True)
    if submission is None and not sheet.hits:
        st.caption("There is nothing to look at in this case.")
with side:
    with st.container(border=True):
        draw_decision()
    with st.container(border=True):
        section("Why a person looks")
        for reason in row.reasons:
            st.markdown(f"- {plain(words.reason(reason))}")
        if row.needs_second:
            st.caption("Two people have to approve it.")
    with st.container(border=True):
        section("What was found")
        draw_findings(sheet.findings)
    with st.container(border=True):
        section("Stated by the organisation")
        stated = {STATED[name]: value for name, value in sheet.stated.items() if name in STATED}
        if "Kind" in stated:
            stated["Kind"] = words.kind(stated["Kind"])
        if "Country" in stated:
            stated["Country"] = words.country(stated["Country"])
        if "Numbers" in stated:
            pairs = (part.split(": ", 1) for part in stated["Numbers"].split("; "))
            stated["Numbers"] = "; ".join(f"{words.requirement(code)} {number}" for code, number in pairs)
        if submission is not None:
            more = {
                "Number": submission.number, "Issued by": submission.issuer, "Covers": submission.scope,
                "Dated": words.day(submission.issued_on) if submission.issued_on else None,
                "Valid until": words.day(submission.expires_on) if submission.expires_on else None,
                "Note": submission.note, "The reviewer said": submission.question, "Answer": submission.answer,
            }  # fmt: skip
            stated |= {name: value for name, value in more.items() if value}
        facts_list(stated)
    if sheet.earlier:
        with st.container(border=True):
            section("Before")
            for each in sheet.earlier:
                by = f"{each.reviewer or '–'} · {words.state_word(each.decision or each.state)}"
                st.markdown(
                    f"{plain(title_of(each))} · {plain(words.day(each.decided_at or each.opened_at))}  \n"
                    f":gray[:small[{plain(by)}]]"
                )
