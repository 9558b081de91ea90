"""From nothing to the badge and back, in a real browser: a maker registers, hands in real papers, and is decided on.

What the worker does by itself (letters, text messages, reading papers, the tick) is called between the steps, so
that nobody waits for a clock; the letters go through a mail server and are read from the files it keeps.
"""

from __future__ import annotations

import email
import os
import re
import socket
from collections.abc import Iterator
from datetime import date, timedelta
from email import policy
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from app.run import mail_sink, post, reading
from domain import identity, orders, reactions, verification
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.settings import settings
from domain.kernel.work import begin, run
from domain.verification import Registered
from tests.browser.conftest import Visitor
from tests.domain.verification.test_photos import photograph
from tests.make.files import a_pdf
from tests.make.market import PASSWORD, Company, _hashed, buy, company, offer, orders_of, sheet, top_up
from tests.make.papers import TUNED, a_firm, issued

pytestmark = [pytest.mark.browser_required, pytest.mark.timeout(1200)]
SYSTEM = Actor.system()
FIRM = a_firm(Random("journey"), "DE")
TRADED_AS, OWNER, PHONE = "Hafenküche", "lena@hafenkueche.example", "+49 40 3344556"
SECOND = "second.reviewer@platform.example"
TODAY = date.today()


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A mail server that keeps each letter as a file in this folder."""
    folder = tmp_path / "mail"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    running = mail_sink.listening(folder, port)
    monkeypatch.setenv("WHOLESALE_SMTP", f"smtp://127.0.0.1:{port}")
    settings.cache_clear()
    yield folder
    running.stop()
    monkeypatch.undo()
    settings.cache_clear()


def worker() -> None:
    """One round of what the worker does every few seconds, and of its tick."""
    reactions.deliver_new()
    while reading.read_waiting():
        pass
    run(SYSTEM, verification.tick)
    reactions.deliver_new()
    post.post()


def letter_to(folder: Path, address: str, subject: str) -> str:
    """The words of the newest letter to somebody with this in its subject."""
    letters = [
        email.message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime)
    ]
    found = [each for each in letters if each["To"] == address and subject.lower() in str(each["Subject"]).lower()]
    assert found, [(each["To"], each["Subject"]) for each in letters]
    body = found[-1].get_body(("plain",))  # type: ignore[attr-defined]
    return str(body.get_content())


def paper(kind: str, seed: int, *, days_old: int = 3) -> bytes:
    """A real PDF of a public issuer about the firm of this journey."""
    family = next(each for each in TUNED if each.name == kind)
    day = TODAY - timedelta(days=days_old)
    return issued(family, FIRM, day, day + timedelta(days=3 * 365), seed)


def hand_in(who: Visitor, code: str, *files: tuple[str, str, bytes], dates: dict[str, date] | None = None,
            fields: dict[str, str] | None = None) -> None:  # fmt: skip
    who.page.locator(f".st-key-hand-in-{code} button").click()
    who.settle()
    _send(who, "Hand in", files, dates or {}, fields or {})
    who.page.locator(f".st-key-item-{code}").get_by_text("Handed in").wait_for()


def _send(
    who: Visitor, button: str, files: tuple[tuple[str, str, bytes], ...], dates: dict[str, date], fields: dict[str, str]
) -> None:
    dialog = who.page.get_by_role("dialog")
    for label, value in fields.items():
        box = dialog.get_by_label(label)
        box.fill(value)
        box.press("Tab")
    for label, day in dates.items():
        dialog.get_by_role("spinbutton", name=f"year, {label}").focus()
        who.page.keyboard.type(f"{day:%Y%m%d}")  # the field goes on to month and day by itself
        calendar = who.page.locator("#stFloatingOverlayPortal").get_by_role("gridcell").first
        calendar.wait_for()  # it opened with the field, and stands over what comes next
        who.page.keyboard.press("Escape")
        calendar.wait_for(state="detached")
    if files:
        dialog.locator("input[type=file]").set_input_files(
            [{"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files]
        )
        dialog.get_by_text(files[-1][0]).first.wait_for()
    who.settle()
    dialog.get_by_role("button", name=button).last.click()
    dialog.wait_for(state="detached")
    who.settle()


def hand_in_certificate(lena: Visitor) -> None:
    hand_in(lena, "quality_certificate", ("iso.pdf", "application/pdf", paper("zertifikat_iso_de", 10)),
            dates={"Date on the document": TODAY - timedelta(days=3), "Valid until": TODAY + timedelta(days=300)},
            fields={"Number of the certificate": "QM 4711", "Issued by": "TÜV Nord", "What it covers": "Pans"})  # fmt: skip


def state_of(requirement: str) -> str:
    """How the newest submission of the maker stands in the database."""
    with begin(SYSTEM) as work:
        return str(work.session.execute(
            sa.text("select state from verification_submissions where requirement = :one order by submitted_at desc, id"
                    " desc limit 1"), {"one": requirement}).scalar_one())  # fmt: skip


def open_case(reviewer: Visitor, word: str) -> None:
    """From the queue to the case whose line has this word."""
    with begin(SYSTEM) as work:
        case: UUID = work.session.execute(
            sa.text("select c.id from verification_cases c join verification_submissions s on s.id = c.submission_id"
                    " where c.state <> 'decided' and s.requirement = :word"), {"word": word}).scalar_one()  # fmt: skip
    reviewer.open(f"admin-case?case={case}")


def take(reviewer: Visitor, word: str) -> None:
    open_case(reviewer, word)
    reviewer.press("Take this case")
    reviewer.page.get_by_role("button", name="Approve", exact=True).wait_for()


def approve(reviewer: Visitor, word: str, *, checks: bool = False) -> None:
    take(reviewer, word)
    if checks:
        reviewer.press("Approve")
        reviewer.sees("Please go through the whole list")  # negative control: without the list nothing is approved
        for point in verification.CHECKLIST:
            reviewer.page.get_by_text(point, exact=True).click()
        reviewer.settle()
    reviewer.press("Approve")
    reviewer.page.get_by_role("button", name="Approve", exact=True).wait_for(state="detached")


def another_reviewer(platform: Company) -> None:
    run(SYSTEM, identity.add_member, request_id=uuid4(), org_id=platform.org_id, email=SECOND, name="Second Reviewer",
        variant=Variant.COMPLIANCE, password=_hashed(PASSWORD))  # fmt: skip


def registered_maker(lena: Visitor, mail: Path) -> Company:
    """Lena registers her company, proves her address by the letter, and signs in."""
    lena.open("welcome-register")
    lena.page.get_by_text("Manufacturer", exact=True).click()
    lena.settle()
    lena.fill("Your name", "Lena Hafen")
    lena.fill("Work e-mail", OWNER)
    lena.page.locator("input[type=password]").fill(PASSWORD)
    lena.press("Continue")
    lena.sees("Times are shown in Europe/Berlin")
    for label, value in (("Name that others see", TRADED_AS), ("Legal name", FIRM.name),
                         ("Registration number", FIRM.number), ("Street and number", FIRM.street),
                         ("Postal code", FIRM.postcode), ("City", FIRM.city)):  # fmt: skip
        lena.page.get_by_role("textbox", name=label).fill(value)
    lena.press("Continue")
    lena.page.get_by_text("I may speak for this organisation", exact=False).click()
    lena.settle()
    lena.press("Accept and continue")
    lena.sees("We have sent a letter")
    worker()
    [link] = re.findall(r"https?://\S+(/welcome-register\?token=\S+)", letter_to(mail, OWNER, ""))
    lena.open(link.lstrip("/"))
    lena.press("Confirm and go on")
    lena.press("Create the organisation")
    lena.sees("is registered", "Verify your business (Level 2) to sell")
    lena.sign_in(OWNER, PASSWORD, "account-verification")
    with begin(SYSTEM) as work:
        person = identity.person_by_email(work, email=OWNER)
        site = work.session.execute(sa.text("select id from sites where org_id = :org"), {"org": person.org_id})
        return Company(person.org_id, TRADED_AS, site.scalar_one(), {Variant.FACTORY_OWNER: identity.actor_of(person)})


def test_a_certificate_is_handed_in_and_approved_by_two_and_the_badge_goes_when_it_runs_out(web, visitor):
    platform = company(OrgKind.PLATFORM, "Platform", Variant.FINANCE, Variant.COMPLIANCE)
    another_reviewer(platform)
    shop, maker = company(OrgKind.RETAILER, "Corner Shop"), company(OrgKind.MANUFACTURER, "Pan Works")
    top_up(shop, "5000.00", platform.owner)
    goods = offer(maker, "Copper pan")
    lena, first, second = visitor("short-maker"), visitor("short-first"), visitor("short-second")
    lena.sign_in(maker.emails[Variant.FACTORY_OWNER], PASSWORD, "account-verification")
    hand_in_certificate(lena)
    worker()
    first.sign_in(platform.emails[Variant.COMPLIANCE], PASSWORD, "admin-verification")
    approve(first, "quality_certificate")
    assert state_of("quality_certificate") == "needs_review"  # one is not enough
    open_case(first, "quality_certificate")
    first.sees("You gave the first of two answers")
    second.sign_in(SECOND, PASSWORD, "admin-verification")
    approve(second, "quality_certificate")
    buyer = visitor("short-shop")
    buyer.sign_in(next(iter(shop.emails.values())), PASSWORD, "retailer-products")
    loses_the_badge(lena, buyer, shop, maker, goods)


@pytest.mark.proof
def test_a_maker_goes_from_nothing_to_the_badge_and_loses_it_when_a_certificate_runs_out(web, visitor, mail):
    platform = company(OrgKind.PLATFORM, "Platform", Variant.FINANCE, Variant.COMPLIANCE)
    another_reviewer(platform)
    shop = company(OrgKind.RETAILER, "Corner Shop")
    top_up(shop, "5000.00", platform.owner)
    run(SYSTEM, verification.load_registry, companies=[Registered("DE", FIRM.number, FIRM.name)])

    # --- level 1: registration, telephone, the name in the register ----------------------------------
    lena = visitor("maker")
    maker = registered_maker(lena, mail)
    lena.sees("Business verification", "You can look around", "3 of 5")
    lena.open("account-profile")
    lena.fill("Number with country", PHONE)
    lena.press("Send me a code")
    worker()
    [told] = [file.read_text() for file in settings().folder("texts").glob("*.txt") if "40334455" in file.read_text()]
    lena.fill("Code", re.findall(r"\d{3} ?\d{3}", told.splitlines()[1])[0])
    lena.press("Confirm")
    lena.sees("+49 40 3344556".replace(" ", ""), "Confirmed")
    lena.open("account-verification")
    hand_in(lena, "business_name")  # the number stands there: she has told it when she registered
    worker()
    lena.open("account-verification")
    lena.sees("We know who you are")

    # --- level 2: clean papers pass by themselves ------------------------------------------------------
    pdf = "application/pdf"
    hand_in(lena, "registration_document", ("extract.pdf", pdf, paper("handelsregister_de", 7)))
    hand_in(lena, "tax_number", ("vat.pdf", pdf, paper("ustid_de", 8)), fields={"VAT or tax number": FIRM.tax})
    # ... a paper that says less than it should goes to the queue, and so does a wrong one for the owners
    hand_in(lena, "proof_of_address", ("letter.pdf", pdf, a_pdf("A letter without a date or an address")),
            dates={"Date on the document": TODAY - timedelta(days=3)})  # fmt: skip
    hand_in(lena, "owners", ("prices.pdf", pdf, a_pdf("This is a price list")), dates={"Born on": date(1984, 5, 6)},
            fields={"Name of person 1": "Lena Hafen", "Share in %": "100"})  # fmt: skip
    worker()
    assert [state_of(one) for one in ("registration_document", "tax_number", "proof_of_address", "owners")] == [
        "verified", "verified", "needs_review", "needs_review"]  # fmt: skip

    # --- the queue: a question and its answer; a rejection, one appeal, other eyes ----------------------
    first, second = visitor("reviewer-1"), visitor("reviewer-2")
    first.sign_in(platform.emails[Variant.COMPLIANCE], PASSWORD, "admin-verification")
    first.sees("1–2 of 2")
    take(first, "proof_of_address")
    first.fill("Note; a question or a rejection", "Please send the bill of your electricity supplier.")
    first.press("Ask")
    first.sees("Decided by")
    take(first, "owners")
    first.page.get_by_label("Reasons (for a rejection)").click()
    first.page.get_by_role("option", name="This is another kind of document").click()
    first.page.keyboard.press("Escape")
    first.settle()
    first.press("Reject")
    first.page.get_by_role("dialog").get_by_role("button", name="Reject").click()
    first.page.get_by_role("dialog").wait_for(state="detached")
    first.sees("Decided by")
    worker()
    assert "electricity supplier" not in letter_to(mail, OWNER, "")  # a letter says that there is a question, not which

    lena.open("account-verification")
    lena.sees("Question for you", "Please send the bill of your electricity supplier.", "Rejected",
              "This is another kind of document")  # fmt: skip
    lena.page.locator(".st-key-answer-proof_of_address button").click()
    lena.settle()
    _send(lena, "Send answer", (("bill.pdf", pdf, paper("stadtwerke_de", 9)),), {}, {"Your answer": "Here it is."})
    lena.page.locator(".st-key-appeal-owners button").click()
    lena.settle()
    _send(lena, "Send appeal", (("card.pdf", pdf, a_pdf("Identity card of Lena Hafen")),), {},
          {"What should be looked at again?": "The right document is here now."})  # fmt: skip
    worker()
    approve(first, "proof_of_address")
    open_case(first, "owners")
    first.sees("so a colleague has to decide the appeal")
    assert first.page.get_by_role("button", name="Take this case").count() == 0
    second.sign_in(SECOND, PASSWORD, "admin-verification")
    second.sees("1–1 of 1")
    approve(second, "owners")

    # --- the bank account: two small deposits, whose amounts finance knows -------------------------------
    lena.open("manufacturer-payouts")
    lena.press("Add bank account")
    lena.page.get_by_role("dialog").get_by_label("IBAN").fill(FIRM.iban)
    lena.press("Save")
    lena.page.get_by_role("dialog").wait_for(state="detached")
    finance = visitor("finance")
    finance.sign_in(platform.emails[Variant.FINANCE], PASSWORD, "admin-payouts?show=deposits")
    with begin(platform.owner) as work:
        [row] = verification.deposits_to_send(work)
    finance.page.get_by_text("Test deposits").first.click()
    finance.settle()
    finance.press("Mark as sent")
    lena.open("account-verification")
    lena.page.locator(".st-key-enter-deposits button").click()
    lena.settle()
    _send(lena, "Confirm", (), {}, {"One amount": str(row.amounts[0]), "The other": str(row.amounts[1])})
    worker()
    lena.open("account-verification")
    lena.sees("You can sell, be paid out and sign contracts.")
    with begin(SYSTEM) as work:
        assert verification.level_of(work, maker.org_id) == 2
    goods = offer(maker, "Copper pan")  # level 2 may sell

    # --- level 3: each by two people -----------------------------------------------------------------------
    hand_in(lena, "site_inspection", ("hall.jpg", "image/jpeg", photograph(4711)))
    hand_in(lena, "production_capacity", ("plan.pdf", pdf, a_pdf("4,000 pans a month")), fields={"Units a month": "4000"})
    hand_in_certificate(lena)
    worker()
    asked = ("site_inspection", "production_capacity", "quality_certificate")
    for requirement in asked:
        approve(first, requirement, checks=requirement == "site_inspection")
        assert state_of(requirement) == "needs_review"  # one is not enough
    open_case(first, "quality_certificate")
    first.sees("You gave the first of two answers")
    for requirement in asked:
        approve(second, requirement, checks=requirement == "site_inspection")
    lena.open("account-verification")
    lena.sees("Your products carry the badge", "QM 4711")

    # --- the badge opens what was verified, and goes when the certificate runs out ------------------------------
    buyer = visitor("shop")
    buyer.sign_in(next(iter(shop.emails.values())), PASSWORD, f"retailer-supplier?org={maker.org_id}")
    buyer.sees(FIRM.name)
    loses_the_badge(lena, buyer, shop, maker, goods)


def loses_the_badge(lena: Visitor, buyer: Visitor, shop: Company, maker: Company, goods: UUID) -> None:
    """A buyer opens the badge; the certificate runs out; at the next tick the badge is gone, and an open order goes on."""
    buyer.open(f"retailer-supplier?org={maker.org_id}")
    buyer.press("Verified, with badge", exact=False)
    buyer.sees("Registration document", "Inspection of the site", "QM 4711", "TÜV Nord")
    buyer.open("retailer-products")
    buyer.page.get_by_text("Copper pan").first.wait_for()
    buyer.sees("Verified")
    [order] = orders_of(shop, buy(shop, {goods: 2})).values()
    a_year_goes_by()
    worker()
    assert state_of("quality_certificate") == "expired"
    buyer.open(f"retailer-supplier?org={maker.org_id}")
    assert buyer.page.get_by_role("button", name="Verified, with badge").count() == 0
    buyer.press("Verified", exact=False)
    buyer.sees("Registration document")
    assert "QM 4711" not in buyer.text()
    buyer.open("retailer-products")
    buyer.page.get_by_text("Copper pan").first.wait_for()
    assert "Verified" not in buyer.text()
    lena.open("account-verification")
    lena.sees("You can sell, be paid out and sign contracts.", "2 of 3")
    lena.open(f"manufacturer-order?order={order}")
    lena.press("Accept all")
    lena.press("Accept all")  # the dialog asks once more
    lena.sees("Confirmed")
    assert sheet(shop.owner, order).state == orders.OrderState.CONFIRMED


def a_year_goes_by() -> None:
    """The last day of the certificate is yesterday: its dates are moved, since the web process has a clock of its own."""
    with sa.create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")).begin() as owner:
        owner.execute(sa.text(
            "update market.verification_submissions set expires_on = current_date - 1,"
            " expires_at = current_date - interval '1 second', reminded_days = 7 where requirement = 'quality_certificate'"
        ))  # fmt: skip
