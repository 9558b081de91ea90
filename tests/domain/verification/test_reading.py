"""Papers are read and judged: what agrees passes, and everything else is for a person, with the reason.

Recognising pages takes seconds, so most tests let the pages show what the text layer says; one page is recognised
for real. The rates over many papers stand in the proof.
"""

from datetime import date

import pytest

from domain.verification.reading import Paper, Reading, Verdict, judge, read
from domain.verification.reading.dates import days_in
from domain.verification.reading.judging import same_name
from domain.verification.reading.taking import read_here
from domain.verification.submitting import checked_tax_number
from tests.make import papers
from tests.make.papers import FAMILIES, Case

FAMILY = {family.name: family for family in FAMILIES}


def shown(case: Case) -> Reading:
    """The reading of a file whose pages show what its text says."""
    made = read_here(case.content, media_type=case.media_type, is_looked_at=False)
    reading = Reading.model_validate(made)
    return reading.model_copy(update={"seen": reading.lines})


def verdict(case: Case) -> Verdict:
    return judge(case.paper, shown(case), case.expected)


# --- what passes -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAMILY)
def test_an_honest_paper_of_each_family_passes(name: str) -> None:
    case = papers.clean(FAMILY[name], 11)
    found = verdict(case)
    assert (found.outcome, found.reasons) == ("pass", ())
    assert same_name(found.fields["name"].value, case.expected.name)


def test_a_page_is_recognised_in_a_child_and_the_fields_are_kept_with_confidence() -> None:
    case = papers.clean(FAMILY["handelsregister_de"], 12)
    reading = read(case.content, "application/pdf")
    assert reading.source == "text" and reading.pages == 1 and reading.signs == ()
    found = judge(case.paper, reading, case.expected)
    assert found.outcome == "pass"
    assert str(case.expected.registration_number).endswith(found.fields["registration_number"].value)
    assert all(field.confidence > 0.9 for field in found.fields.values())


@pytest.mark.parametrize("name", [name for name, each in FAMILY.items() if each.paper is Paper.TAX_CERTIFICATE])
def test_a_tax_number_is_found_as_it_is_kept_without_the_letters_of_its_country(name: str) -> None:
    case = papers.clean(FAMILY[name], 11)
    told = case.expected
    kept = told.model_copy(update={"tax_number": checked_tax_number(told.country, told.tax_number or "")})
    assert judge(case.paper, shown(case), kept).outcome == "pass"
    other = kept.model_copy(update={"tax_number": kept.tax_number[:-1] + str((int(kept.tax_number[-1]) + 1) % 10)})
    assert judge(case.paper, shown(case), other).outcome == "review"


# --- what never passes -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["kbis_fr", "british_gas_gb", "certyfikat_iso_pl"])
def test_no_dishonest_paper_passes_even_if_its_pages_show_what_it_says(name: str) -> None:
    cases = papers.bad(FAMILY[name], 11)
    assert {case.kind for case in cases} == {"forged", "expired", "foreign", "altered"}
    assert [case.how for case in cases if verdict(case).outcome == "pass"] == []


@pytest.mark.parametrize(("how", "sign"), [
    ("text over white boxes", "Text was covered by something that was drawn over it."),
    ("text over white boxes, as an update of the file", "The file was changed after it was made: it holds an update of itself."),
    ("a picture of text over the text", "Text was covered by something that was drawn over it."),
    ("drawing commands changed in their place", "Parts of the file were written by another program than the rest."),
    ("annotations over the text", "Something was laid over the page: a note, a stamp or a field of a form."),
    ("an honest file saved by an editor", "The file was saved by a program with which one edits (ilovepdf)."),
])  # fmt: skip
def test_each_way_of_altering_leaves_its_sign(how: str, sign: str) -> None:
    [case] = [case for case in papers.bad(FAMILY["handelsregister_de"], 11) if case.how == how]
    found = verdict(case)
    assert found.outcome == "review" and sign in found.reasons


@pytest.mark.parametrize(("how", "reason"), [
    ("one digit of the number", "The registration number on the paper is not that of the business."),
    ("too old", "The paper is older than 180 days."),
    ("dated after today", "The paper is dated after today."),
])  # fmt: skip
def test_a_reviewer_is_told_why(how: str, reason: str) -> None:
    [case] = [case for case in papers.bad(FAMILY["handelsregister_de"], 11) if case.how == how]
    assert verdict(case).reasons == (reason,)


def test_a_page_that_shows_another_number_than_its_text_does_not_pass() -> None:
    case = papers.clean(FAMILY["handelsregister_de"], 11)
    reading, number = shown(case), case.expected.registration_number or ""
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    other = tuple(line.model_copy(update={"text": line.text.replace(number, wrong)}) for line in reading.lines)
    found = judge(case.paper, reading.model_copy(update={"seen": other}), case.expected)
    assert found.reasons == ("The page does not show the registration number that the file's text says.",)


def test_a_text_that_no_page_shows_does_not_pass() -> None:
    case = papers.clean(FAMILY["handelsregister_de"], 11)
    found = judge(case.paper, shown(case).model_copy(update={"seen": ()}), case.expected)
    assert found.outcome == "review" and all(reason.startswith("The page does not show the") for reason in found.reasons)


def test_a_picture_is_read_for_the_reviewer_and_never_passes() -> None:
    case = papers.clean(FAMILY["handelsregister_de"], 11)
    found = judge(case.paper, shown(case).model_copy(update={"source": "picture"}), case.expected)
    assert found.reasons == ("The file is a picture of a paper, and proves too little for the automatic check.",)
    assert found.fields["name"].value == case.expected.name


@pytest.mark.parametrize("paper", [Paper.IDENTITY_CARD, Paper.FACTORY_PHOTO, Paper.OTHER])
def test_papers_without_a_rule_are_for_a_person(paper: Paper) -> None:
    case = papers.clean(FAMILY["handelsregister_de"], 11)
    assert judge(paper, shown(case), case.expected).reasons == ("Papers of this kind are always looked at by a person.",)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n%%EOF", b"no file at all"])
def test_what_cannot_be_read_is_for_a_person(content: bytes) -> None:
    case = papers.clean(FAMILY["handelsregister_de"], 11)
    reading = read(content, "application/pdf")
    assert reading.source == "nothing"
    assert judge(case.paper, reading, case.expected).outcome == "review"


def test_a_business_that_told_no_number_has_nothing_to_be_compared_with() -> None:
    case = papers.clean(FAMILY["handelsregister_de"], 11)
    untold = case.expected.model_copy(update={"registration_number": None})
    assert judge(case.paper, shown(case), untold).outcome == "review"


# --- pieces ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    "12.03.2026", "12/03/2026", "12-03-2026", "2026-03-12", "12. März 2026", "12 mars 2026", "12 March 2026",
    "March 12th, 2026", "12 de marzo de 2026", "12 marzo 2026", "12 maart 2026", "12 marca 2026", "12 de março de 2026",
])  # fmt: skip
def test_a_day_is_read_as_papers_write_it(text: str) -> None:
    assert [day for day, _, _ in days_in(f"on {text}, and 31.02.2026 is none")] == [date(2026, 3, 12)]


@pytest.mark.parametrize(("one", "other", "is_same"), [
    ("Müller & Söhne GmbH", "MULLER & SOHNE GMBH", True), ("Alder Ltd", "Alder Limited", True),
    ("Alder S.r.l.", "ALDER SRL", True), ("Alder GmbH", "Alder AG", False), ("Alder GmbH", "Aldar GmbH", False),
    ("Alder & Brook Ltd", "Alder and Brook Ltd", True), ("Alder Nord GmbH", "Alder GmbH", False),
])  # fmt: skip
def test_a_name_is_the_same_in_another_writing_and_not_in_another_form(one: str, other: str, is_same: bool) -> None:
    assert same_name(one, other) is is_same
