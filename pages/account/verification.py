"""Business verification: what is done, what is missing, what each level unlocks, and handing it in."""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import streamlit as st

from app import words
from app.bridge import ask, fresh_request, perform
from app.navigation import guard, page_of
from app.parts import page_header, plain, section, status
from app.parts.capacity import capacity_lines
from app.parts.forms import guarded_dialog, once, settle
from app.parts.periods import today
from domain import identity, reports, verification
from domain.identity import Permission
from domain.kernel import files
from domain.kernel.work import Work
from domain.verification import Item, OwnerStated, Requirement, SubmissionRow

who, actor = guard()
MAY_SUBMIT = actor.may(Permission.SUBMIT_VERIFICATION)
DEPOSITS_COUNT = timedelta(days=verification.DEPOSIT_DAYS)
READERS = (Permission.SUBMIT_VERIFICATION, Permission.DECIDE_VERIFICATION)
OPEN = ("submitted", "auto_verified", "needs_review", "info_requested", "appealed", "rejected", "rejected_final")
# Where what the system sees for itself is put right.
ELSEWHERE = {
    "email_confirmed": ("account-profile", "Open profile"),
    "phone_confirmed": ("account-profile", "Open profile"),
    "profile_complete": ("account-places", "Open places"),
}
NUMBER_LABELS = {
    "business_name": "Number in the company register",
    "registration_document": "Number in the company register",
    "tax_number": "VAT or tax number",
    "production_capacity": "Units a month",
}


def keep_papers(work: Work, *, papers: list[tuple[str, bytes]]) -> list[UUID]:
    """Store the papers for those who hand in and those who decide, all or none."""
    return [files.store(work, content=content, name=name, needs=READERS) for name, content in papers]


def kept(uploads: list[Any]) -> list[UUID] | None:
    """The ids of uploaded papers, or None when one was refused (which has been said)."""
    if not uploads:
        return []
    ids: list[UUID] = []
    papers = [(upload.name, upload.getvalue()) for upload in uploads]
    return ids if settle(keep_papers, ids.extend, papers=papers) else None


def upload_field(label: str, name: str) -> list[Any]:
    found = st.file_uploader(
        label, type=["pdf", "png", "jpg", "jpeg"], accept_multiple_files=True, key=f"papers-{fresh_request(name)}",
        max_upload_size=10, help="PDF, JPG or PNG, 10 MB at most. Only your team and our reviewers can open it.",
    )  # fmt: skip
    return list(found or [])


# --- handing in ----------------------------------------------------------------------------------


@guarded_dialog("Hand in", width="large")
def hand_in(code: str) -> None:
    name = f"proof-{code}"
    st.markdown(f"**{plain(words.requirement(code))}**  \n:gray[{plain(words.REQUIREMENTS[code][1])}]")
    is_certificate = code in verification.CERTIFICATES
    facts: dict[str, Any] = {}
    owners: list[OwnerStated] = []
    with st.container(border=False):
        if is_certificate or code in NUMBER_LABELS:
            label = NUMBER_LABELS.get(code, "Number of the certificate")
            known = ask(identity.my_organization)
            told = {"business_name": known.registration_number, "registration_document": known.registration_number,
                    "tax_number": known.tax_number}.get(code)  # fmt: skip
            facts["number"] = st.text_input(label, told or "", max_chars=120, key=f"{name}-number") or ""
        if is_certificate:
            facts["issuer"] = st.text_input("Issued by", max_chars=200, key=f"{name}-issuer") or ""
            facts["scope"] = st.text_input("What it covers", max_chars=300, key=f"{name}-scope") or ""
        if is_certificate or code == Requirement.PROOF_OF_ADDRESS:
            one, two = st.columns(2)
            facts["issued_on"] = one.date_input("Date on the document", None, key=f"{name}-issued")
            if is_certificate:
                facts["expires_on"] = two.date_input("Valid until", None, key=f"{name}-until")
        if code == Requirement.OWNERS:
            owners = owners_editor(name)
        if code in (Requirement.OWNERS, Requirement.SITE_INSPECTION, Requirement.PRODUCTION_CAPACITY):
            facts["note"] = st.text_area("Note for the reviewer (optional)", max_chars=2000, key=f"{name}-note") or ""
        uploads = upload_field("Document", name) if code in verification.PAPERS else []
    if not st.button("Hand in", type="primary", key=once(f"{name}-send")):
        return
    ids = kept(uploads)
    if ids is not None and settle(
        verification.submit_proof, request=name, requirement=Requirement(code), file_ids=ids, owners=owners,
        done="Thank you. We are checking it and will tell you here and by e-mail.", **facts,
    ):  # fmt: skip
        st.rerun()


def owners_editor(name: str) -> list[OwnerStated]:
    """Who owns and directs the company: plain fields, as many as there are people, which a telephone shows too."""
    st.caption("Everybody who owns a share or directs the company. Whoever owns a quarter or more needs a birth date.")
    count = st.number_input("How many people?", 1, 25, 1, key=f"{name}-count")
    found = []
    for number in range(1, int(count) + 1):
        key = f"{name}-owner-{number}"
        with st.container(border=True, gap="small"):
            person = st.text_input(f"Name of person {number}", max_chars=120, key=f"{key}-name") or ""
            with st.grid(3, min_column_width=150, gap="small"):
                share = st.number_input("Share in %", 0.0, 100.0, step=1.0, format="%.2f", key=f"{key}-share")
                born = st.date_input("Born on", None, min_value=date(1900, 1, 1), max_value="today", key=f"{key}-born")
                country = st.text_input("Country (two letters)", max_chars=2, placeholder="DE", key=f"{key}-country")
            is_director = st.checkbox("Directs the company", key=f"{key}-director")
        if person.strip():
            found.append(
                OwnerStated(name=person.strip(), share=Decimal(f"{share or 0:.2f}"), is_director=is_director,
                            born_on=born, country=(country or "").strip().upper() or None)
            )  # fmt: skip
    return found


@guarded_dialog("Answer", width="large")
def answer(submission_id: UUID, question: str) -> None:
    name = f"answer-{submission_id}"
    st.markdown(f":material/help: {plain(question)}")
    text = st.text_area("Your answer", max_chars=2000, key=f"{name}-text") or ""
    uploads = upload_field("More documents (optional)", name)
    if st.button("Send answer", type="primary", key=once(f"{name}-send")):
        ids = kept(uploads)
        if ids is not None and settle(
            verification.answer_request, submission_id=submission_id, answer=text, file_ids=ids,
            done="Your answer is sent.",
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("Appeal", width="large")
def appeal(submission_id: UUID) -> None:
    name = f"appeal-{submission_id}"
    st.caption("Another reviewer looks at it, once. Please add evidence that we have not seen yet.")
    text = st.text_area("What should be looked at again?", max_chars=2000, key=f"{name}-text") or ""
    uploads = upload_field("New evidence", name)
    if st.button("Send appeal", type="primary", key=once(f"{name}-send")):
        ids = kept(uploads)
        if ids is not None and settle(
            verification.appeal, submission_id=submission_id, reason=text, file_ids=ids,
            done="Your appeal is with another reviewer.",
        ):  # fmt: skip
            st.rerun()


@guarded_dialog("A statement of the account", width="large")
def hand_in_statement(submission_id: UUID) -> None:
    name = f"statement-{submission_id}"
    st.caption("A statement of the last 90 days as your bank makes it: a PDF that shows your company as the holder and"
               " the whole IBAN. Then the two deposits are not needed.")  # fmt: skip
    uploads = upload_field("Statement", name)
    if st.button("Hand in", type="primary", key=once(f"{name}-send")):
        ids = kept(uploads)
        if ids is not None and settle(
            verification.submit_bank_statement, request=name, submission_id=submission_id, file_ids=ids,
            done="Thank you. We are reading it and will tell you here and by e-mail.",
        ):  # fmt: skip
            st.rerun()


def new_deposits(submission_id: UUID) -> None:
    perform(verification.ask_for_new_deposits, submission_id=submission_id, done="Two new deposits are asked for.")


def has_expired(row: SubmissionRow) -> bool:
    return row.deposits_sent_at is not None and row.deposits_sent_at.date() + DEPOSITS_COUNT <= today()


@guarded_dialog("Confirm the two deposits")
def confirm_deposits(submission_id: UUID) -> None:
    st.caption("Two amounts below one euro came to your account with the text “Wholesale OS test”. Three tries.")
    one, two = st.columns(2)
    first = one.text_input("One amount", placeholder="0.12", key="deposit-1")
    second = two.text_input("The other", placeholder="0.34", key="deposit-2")
    if st.button("Confirm", type="primary", key="deposits-send"):
        try:
            amounts = [Decimal((text or "").strip().replace(",", ".")) for text in (first, second)]
        except InvalidOperation:
            st.error("Please write both amounts like 0.12")
            return
        answers: list[verification.BankTestAnswer] = []
        if settle(
            verification.confirm_deposits, answers.append, submission_id=submission_id, first=amounts[0],
            second=amounts[1],
        ):  # fmt: skip
            if answers[0].is_right:
                st.rerun()
            st.error(f"These are not the amounts. Tries left: {answers[0].tries_left}.")


# --- what stands on the screen -------------------------------------------------------------------


def draw_levels() -> None:
    with st.grid(min(standing.top_level, 3), min_column_width=230, gap="small"):
        for level in range(1, standing.top_level + 1):
            asked = [item for item in standing.items if item.level == level and not item.is_optional]
            met = sum(item.is_met for item in asked)
            with st.container(border=True, height="stretch", gap="xsmall"):
                with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                    st.markdown(f"**{words.level_name(level)}**", width="content")
                    if standing.level >= level:
                        st.badge("Reached", icon=":material/verified:", color="green")
                    else:
                        st.badge(f"{met} of {len(asked)}", color="gray")
                st.caption(words.level_unlocks(level, who.org_kind))
                st.progress(met / len(asked) if asked else 1.0)


def draw_item(item: Item) -> None:
    code = item.requirement
    row = sheet.submissions.get(code)
    pending = row if row is not None and row.state in OPEN else None
    with st.container(border=True, key=f"item-{code}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(width="stretch", gap="xxsmall"):
                icon = ":green[:material/check_circle:]" if item.is_met else ":gray[:material/radio_button_unchecked:]"
                optional = " :gray[(optional)]" if item.is_optional else ""
                st.markdown(f"{icon} **{plain(words.requirement(code))}**{optional}")
                st.caption(plain(_detail(item, row)))
            with st.container(horizontal=True, width="content", vertical_alignment="center"):
                if pending is not None:
                    status(pending.state)
                elif item.met_by == "waived":
                    status("waived")
                elif row is not None and row.state == "expiring":
                    status("expiring")
                if MAY_SUBMIT:
                    draw_actions(item, row)
        if pending is not None:
            draw_progress(pending)
        if code == Requirement.PRODUCTION_CAPACITY and item.is_met:
            capacity_lines(ask(reports.capacity_of))


def _detail(item: Item, row: SubmissionRow | None) -> str:
    if not item.is_met:
        return words.REQUIREMENTS[item.requirement][1]
    parts = [f"Since {words.day(item.since)}"]
    if item.met_by == "waived":
        parts = ["Not asked of you for the time being"]
    if item.until:
        parts.append(f"until {words.day(item.until)}")
    if row is not None and row.number and row.state in ("verified", "expiring"):
        parts.append(row.number)
    return " · ".join(parts)


def draw_actions(item: Item, row: SubmissionRow | None) -> None:
    code = item.requirement
    if row is not None and row.state == "info_requested":
        if st.button("Answer", type="primary", key=f"answer-{code}"):
            answer(row.submission_id, row.question or "")
        return
    if row is not None and row.state == "rejected" and st.button("Appeal", key=f"appeal-{code}"):
        appeal(row.submission_id)
    if code == Requirement.BANK_ACCOUNT and row is not None and row.state in ("rejected", "rejected_final"):
        st.button("New deposits", key="new-deposits", on_click=new_deposits, args=(row.submission_id,))
        return
    if row is not None and row.state in ("submitted", "auto_verified", "needs_review", "appealed"):
        if code == Requirement.BANK_ACCOUNT and row.state == "submitted":
            draw_account_actions(row)
        return
    if code == Requirement.BANK_ACCOUNT:
        if not item.is_met and who.org_kind != "retailer":
            st.page_link(page_of("manufacturer-payouts"), label="Enter account", icon=":material/arrow_forward:")
        return
    if code in ELSEWHERE:
        if not item.is_met:
            url, label = ELSEWHERE[code]
            st.page_link(page_of(url), label=label, icon=":material/arrow_forward:")
        return
    if code in verification.COMPUTED:
        return
    can_renew = item.is_met and (item.until is not None or item.met_by == "waived" or code in verification.CERTIFICATES)
    is_next = not item.is_met and not item.is_optional and item.level == standing.level + 1
    if (not item.is_met or can_renew) and st.button(
        "Renew" if item.is_met else "Hand in", type="primary" if is_next else "secondary", key=f"hand-in-{code}"
    ):
        hand_in(code)


def draw_account_actions(row: SubmissionRow) -> None:
    if has_expired(row):
        st.button("New deposits", type="primary", key="new-deposits", on_click=new_deposits, args=(row.submission_id,))
    elif row.deposits_sent_at is not None and st.button("Enter the amounts", type="primary", key="enter-deposits"):
        confirm_deposits(row.submission_id)
    is_read = all(file.read_at is not None for file in row.files)
    if is_read and st.button("Hand in a statement", key="hand-in-statement"):
        hand_in_statement(row.submission_id)


def draw_progress(row: SubmissionRow) -> None:
    """What became of what was handed in last."""
    if row.state == "info_requested":
        st.warning(plain(row.question or ""), icon=":material/help:")
    elif row.state in ("rejected", "rejected_final"):
        why = "; ".join(words.reason(reason) for reason in row.reasons)
        said = f" {row.question}" if row.question else ""
        st.error(plain(f"{why}.{said}"), icon=":material/block:")
    elif row.requirement == Requirement.BANK_ACCOUNT and row.state == "submitted":
        if has_expired(row):
            st.caption(f"The amounts counted for {verification.DEPOSIT_DAYS} days. Please ask for new deposits.")
        elif row.deposits_sent_at:
            left = verification.TRIES_MAX - row.tries
            st.caption(plain(f"The two deposits are on their way. {left} of {verification.TRIES_MAX} tries are left,"
                             f" until {words.day(row.deposits_sent_at + DEPOSITS_COUNT)}."))  # fmt: skip
        else:
            st.caption("We will send two small deposits, or you hand in a statement of the account.")
    elif row.state in ("needs_review", "appealed"):
        st.caption("A person looks at it. You need not wait here: we tell you here and by e-mail.")
    files_ = ", ".join(file.name for file in row.files)
    st.caption(plain(f"Handed in {words.instant(row.submitted_at)}" + (f" · {files_}" if files_ else "")))


sheet = ask(verification.my_verification)
standing = sheet.standing
page_header("Business verification", words.level_unlocks(standing.level, who.org_kind))
if standing.level == 1 and who.org_kind != "manufacturer":
    st.info(
        f"You can order for {words.money(sheet.purchase_cap, who.currency)} in 30 days. Level 2 takes the limit away.",
        icon=":material/shopping_cart:",
    )
draw_levels()
if not MAY_SUBMIT:
    st.caption("The owner of your organisation hands these in; you can see how far it is.")
for level in range(1, standing.top_level + 1):
    section(words.level_name(level))
    for item in sorted(standing.items, key=lambda each: each.is_optional):
        if item.level == level and not item.is_optional:
            draw_item(item)
optional = [item for item in standing.items if item.is_optional]
if optional:
    section("If you need it", help="Certificates stand on your products and open regulated categories.")
    for item in optional:
        draw_item(item)
