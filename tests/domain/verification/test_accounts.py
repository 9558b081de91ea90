"""Whose a bank account is: test deposits that are booked and expire, a statement instead, and who may not pay it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from app.run.reading import read_waiting
from domain import ledger, payments, reactions, verification
from domain.kernel import files
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.work import begin, clock, run
from domain.payments import OtherHandsNeeded
from domain.verification.reading import Line, Paper, judge
from tests.domain.verification.test_reading import FAMILY, shown
from tests.domain.verification.test_verification import (
    NOW,
    SYSTEM,
    case_of,
    compliance,
    decide,
    earned,
    level,
    market,  # noqa: F401
    newcomer,
    rows,
    state,
)
from tests.make import papers
from tests.make.market import Company, Market, vouch_for

IBAN, OTHER = "DE89370400440532013000", "FR1420041010050500013M02606"
DAY = timedelta(days=1)
STATEMENTS = [name for name, family in FAMILY.items() if family.paper is Paper.BANK_STATEMENT]


def enter(who: Company, iban: str = IBAN) -> UUID:
    run(who.owner, payments.change_bank_account, holder=who.name, iban=iban)
    with begin(who.owner) as work:
        return verification.my_verification(work).submissions["bank_account"].submission_id


def booked() -> Sequence[tuple[str, str, Decimal]]:
    with begin(SYSTEM) as work:
        return [tuple(row) for row in work.session.execute(sa.text(
            "select e.reference, a.family, p.amount from ledger_entries e join ledger_postings p on p.entry_id = e.id"
            " join ledger_accounts a on a.id = p.account_id where e.kind = 'account_tested' order by 1, 2"))]  # fmt: skip


def broken() -> list[str]:
    with begin(SYSTEM) as work:
        return [row.name for row in work.session.execute(sa.text("select name from invariants where violations > 0"))]


# --- deposits ----------------------------------------------------------------------------------


def test_deposits_are_booked_once_as_one_sum_and_the_member_reads_no_amount(market: Market) -> None:  # noqa: F811
    new, finance = newcomer(), market.finance
    with clock(NOW):
        made = enter(new)
        assert booked() == []  # asked for is not sent
        with begin(finance) as work:
            [deposit] = verification.deposits_to_send(work)
        for _ in range(2):
            run(finance, verification.record_deposits_sent, submission_ids=[made])
        total = sum(deposit.amounts)
        assert booked() == [(str(made), "bank.operating", -total), (str(made), "exp.psp", total)]
        assert broken() == []
        with begin(finance) as work:
            assert {row.family: row.balance for row in ledger.trial_balance(work)}["exp.psp"] == total
        with begin(new.owner) as work:
            for table in ("ledger_entries", "ledger_postings", "ledger_accounts"):
                assert work.session.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one() == 0
            told = str(work.session.execute(sa.text(
                "select array_agg(to_jsonb(s)) from verification_submissions s")).scalar_one())  # fmt: skip
            told += str(work.session.execute(sa.text("select array_agg(to_jsonb(e)) from events e")).scalar_one())
        assert not [amount for amount in (*deposit.amounts, total) if f"{amount:.2f}" in told]


def test_amounts_expire_and_others_are_asked_for(market: Market) -> None:  # noqa: F811
    new, finance = newcomer(), market.finance
    with clock(NOW):
        made = enter(new)
        with begin(finance) as work:
            first, second = verification.deposits_to_send(work)[0].amounts
        with pytest.raises(Conflict, match="under way"):
            run(new.owner, verification.ask_for_new_deposits, submission_id=made)
        run(finance, verification.record_deposits_sent, submission_ids=[made])
    with clock(NOW + 13 * DAY), pytest.raises(Conflict, match="under way"):
        run(new.owner, verification.ask_for_new_deposits, submission_id=made)
    with clock(NOW + 14 * DAY):
        events = rows("events")
        with pytest.raises(Conflict, match="counted for 14 days"):
            run(new.owner, verification.confirm_deposits, submission_id=made, first=first, second=second)
        with pytest.raises(NotFound):
            run(market.makers[0].owner, verification.ask_for_new_deposits, submission_id=made)
        assert rows("events") == events
        again = run(new.owner, verification.ask_for_new_deposits, submission_id=made)
        assert (state(made), state(again)) == ("replaced", "submitted")
        with begin(finance) as work:
            [deposit] = verification.deposits_to_send(work)
        assert deposit.submission_id == again and deposit.amounts != (first, second)
        run(finance, verification.record_deposits_sent, submission_ids=[again])
        assert run(new.owner, verification.confirm_deposits, submission_id=again, first=deposit.amounts[0],
                   second=deposit.amounts[1]).is_right  # fmt: skip
        reactions.deliver_new()
        assert state(again) == "verified"
        assert len(booked()) == 4 and broken() == []


def test_after_three_wrong_answers_and_a_rejection_there_are_other_deposits(market: Market) -> None:  # noqa: F811
    new, finance = newcomer(), market.finance
    first, *_ = compliance(market)
    with clock(NOW):
        made = enter(new)
        run(finance, verification.record_deposits_sent, submission_ids=[made])
        wrong = {"submission_id": made, "first": Decimal(5), "second": Decimal(6)}
        for _ in range(3):
            run(new.owner, verification.confirm_deposits, **wrong)
        reactions.deliver_new()
        with pytest.raises(Conflict):  # locked: neither more tries nor other amounts
            run(new.owner, verification.confirm_deposits, **wrong)
        with pytest.raises(Conflict):
            run(new.owner, verification.ask_for_new_deposits, submission_id=made)
        decide(first, made, verification.Decision.REJECT, reasons=[verification.Reason.TRIES_USED_UP])
    with clock(NOW + DAY):
        again = run(new.owner, verification.ask_for_new_deposits, submission_id=made)
        assert (state(made), state(again)) == ("rejected", "submitted")


def test_an_account_that_changes_while_its_appeal_is_open_takes_the_appeal_along(market: Market) -> None:  # noqa: F811
    new = newcomer()
    first, second, _ = compliance(market)
    with clock(NOW):
        made = enter(new)
        run(market.finance, verification.record_deposits_sent, submission_ids=[made])
        for _ in range(3):
            run(new.owner, verification.confirm_deposits, submission_id=made, first=Decimal(5), second=Decimal(6))
        reactions.deliver_new()
        decide(first, made, verification.Decision.REJECT, reasons=[verification.Reason.TRIES_USED_UP])
        run(new.owner, verification.appeal, submission_id=made, reason="The bank had closed the account by mistake.")
        reactions.deliver_new()
        appealed = case_of(second, made, "appeal")
        changed = enter(new, OTHER)
        reactions.deliver_new()
        assert (state(made), state(changed)) == ("replaced", "submitted")
        with pytest.raises(Conflict):
            run(second, verification.claim_case, case_id=appealed)
        with begin(SYSTEM) as work:
            told = work.session.execute(
                sa.text("select from_state, to_state from events where name = 'CaseMoved' and subject_id = :id"),
                {"id": appealed},
            ).all()
        assert [tuple(row) for row in told] == [("open", "decided")]


# --- a statement -------------------------------------------------------------------------------


def hand_in_statement(who: Company, submission: UUID, content: bytes) -> UUID:
    file: UUID = run(who.owner, files.store, content=content, name="statement.pdf")
    run(who.owner, verification.submit_bank_statement, request_id=uuid4(), submission_id=submission, file_ids=[file])
    return file


def test_a_statement_with_the_name_and_the_whole_iban_proves_an_account(market: Market) -> None:  # noqa: F811
    """Read for real, by what the worker does: the right one passes, one of another account is for a person."""
    first, *_ = compliance(market)
    family = FAMILY["kontoauszug_de"]
    with clock(NOW):
        results = {}
        for seed, is_own in ((21, True), (22, False)):
            case = papers.clean(family, seed)
            who = newcomer(name=case.expected.name)
            vouch_for(who, level=1)
            made = enter(who, case.expected.iban if is_own else IBAN)  # type: ignore[arg-type]
            with pytest.raises(Invalid, match="statement as a PDF"):
                run(who.owner, verification.submit_bank_statement, request_id=uuid4(), submission_id=made, file_ids=[])
            hand_in_statement(who, made, case.content)
            reactions.deliver_new()
            assert state(made) == "submitted"  # not read yet
            assert read_waiting() == 1
            results[is_own] = (who, made, case)
        who, made, case = results[True]
        assert state(made) == "verified"
        with begin(who.owner) as work:
            [file] = verification.my_verification(work).submissions["bank_account"].files
        assert file.outcome == "pass"
        assert file.fields["iban"][0] == f"…{case.expected.iban[-4:]}"  # type: ignore[index]
        # No deposit is sent for an account that is proved.
        with begin(market.finance) as work:
            assert made not in [row.submission_id for row in verification.deposits_to_send(work)]
        who, made, case = results[False]
        assert state(made) == "needs_review"
        with begin(first) as work:
            sheet = verification.case_sheet(work, case_id=case_of(first, made))
        assert "The account on the paper is not that of the business." in sheet.submission.files[0].reasons  # type: ignore[union-attr]
        assert case.expected.iban not in sheet.model_dump_json().replace(" ", "")


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_of_another_account_never_passes(name: str) -> None:
    case = papers.clean(FAMILY[name], 31)
    assert judge(case.paper, shown(case), case.expected).outcome == "pass"
    for seed in range(3):
        another = papers.iban_of(Random(f"{name} {seed}"), FAMILY[name].country)
        found = judge(case.paper, shown(case), case.expected.model_copy(update={"iban": another}))
        assert found.outcome == "review" and "The account on the paper is not that of the business." in found.reasons
    untold = judge(case.paper, shown(case), case.expected.model_copy(update={"iban": None}))
    assert untold.outcome == "review"
    # It is named in a payment, and the statement is of another account.
    reading = shown(case)
    line = Line(text=f"Transfer {another}", page=0, left=60, top=700, right=400, bottom=712)
    paid = reading.model_copy(update={"lines": (*reading.lines, line), "seen": (*reading.seen, line)})
    assert judge(case.paper, paid, case.expected.model_copy(update={"iban": another})).outcome == "review"


def test_an_account_that_changed_meanwhile_is_not_proved_by_the_statement_of_before(market: Market) -> None:  # noqa: F811
    case = papers.clean(FAMILY["kontoauszug_de"], 23)
    with clock(NOW):
        who = newcomer(name=case.expected.name)
        made = enter(who, case.expected.iban)  # type: ignore[arg-type]
        hand_in_statement(who, made, case.content)
        other = enter(who, OTHER)
        assert (state(made), state(other)) == ("replaced", "submitted")
        with begin(SYSTEM) as work:
            [waiting] = verification.readings_waiting(work)
            iban = payments.stated_iban(work, org_id=who.org_id)
        assert iban is not None and verification.fingerprint(iban) != waiting.account
        assert state(other) == "submitted" and level(who) == 0
        with pytest.raises(Conflict, match="does not wait"):
            hand_in_statement(who, made, case.content + b"\n")


# --- who changes an account does not pay it ----------------------------------------------------


def test_who_changed_an_account_does_not_pay_it_for_three_days(market: Market) -> None:  # noqa: F811
    """One person who owns the maker and works in the platform's finance, by two memberships."""
    maker, finance = market.makers[0], market.finance
    double = replace(finance, user_id=maker.owner.user_id)
    with clock(NOW):
        run(maker.owner, payments.change_bank_account, holder=maker.name, iban=IBAN)
        earned(market, maker)
    for preparer, sender in ((finance, double), (double, finance)):
        with clock(NOW + 71 * timedelta(hours=1)):
            batch = run(preparer, payments.prepare_payouts, request_id=uuid4(), currency="EUR")
            before = rows("events"), rows("ledger_entries")
            with pytest.raises(OtherHandsNeeded, match=f"bank account of {maker.name} within 3 days"):
                run(sender, payments.send_payouts, batch_id=batch)
            assert (rows("events"), rows("ledger_entries")) == before
            run(finance, payments.cancel_payouts, batch_id=batch)
    with clock(NOW + 73 * timedelta(hours=1)):
        batch = run(finance, payments.prepare_payouts, request_id=uuid4(), currency="EUR")
        run(double, payments.send_payouts, batch_id=batch)
        # And the other way round: who has just paid does not change where to.
        before = rows("events")
        with pytest.raises(OtherHandsNeeded, match="You sent a payout"):
            run(maker.owner, payments.change_bank_account, holder=maker.name, iban=OTHER)
        assert rows("events") == before
    with clock(NOW + 146 * timedelta(hours=1)):
        run(maker.owner, payments.change_bank_account, holder=maker.name, iban=OTHER)
