"""What finance does with money: bank lines, top-ups, payout batches; and one's own bank account."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain import ledger, verification
from domain.identity import Permission, require_recent_factor
from domain.kernel.configuration import Setting, value_of
from domain.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.kernel.ids import new_id
from domain.kernel.money import currency_code, rounded
from domain.kernel.numbering import next_number
from domain.kernel.work import Work
from domain.ledger import Draft, Family, Kind, Leg
from domain.payments.events import (
    BankAccountChanged,
    BankLineRecorded,
    PayoutBatchMoved,
    PayoutSent,
    WalletToppedUp,
)
from domain.payments.holding import new_reference
from domain.payments.models import (
    BankAccount,
    BankLine,
    Payout,
    PayoutBatch,
    Refund,
    Release,
    WalletReference,
)
from domain.payments.states import BatchState, RefundState

APART = timedelta(hours=72)


class AlreadyMatched(Conflict):
    pass


class NothingToPayOut(Conflict):
    pass


class OtherHandsNeeded(NotAllowed):
    """Whoever changed where an organisation is paid does not pay it, and the other way round."""


class PayeeBlocked(Conflict):
    """An organisation of the batch is not to be paid as things stand now."""


def record_bank_line(
    work: Work,
    *,
    bank_reference: str,
    booked_on: date,
    payer: str,
    remittance: str,
    amount: Decimal,
    currency: str,
) -> UUID:
    """Write down one incoming line of the escrow account's statement, once per bank reference."""
    work.actor.require(Permission.MATCH_PAYMENTS)
    currency = currency_code(currency)
    if max(len(payer), len(remittance), len(bank_reference)) > 500:
        raise Invalid("A bank line's texts have at most 500 characters.")
    if not amount.is_finite() or amount <= 0 or amount != rounded(amount, currency):
        raise Invalid("The amount must be above 0 and exact in the currency's smallest unit.")
    if not bank_reference.strip():
        raise Invalid("A bank line needs the bank's own reference.")
    known = work.session.scalar(select(BankLine).where(BankLine.bank_reference == bank_reference.strip()))
    if known is not None:
        if (known.amount, known.currency) != (amount, currency):
            raise Conflict(f"The bank reference {bank_reference} is known with another amount.")
        return known.id
    line = BankLine(
        id=new_id(), bank_reference=bank_reference.strip(), booked_on=booked_on, payer=payer.strip(),
        remittance=remittance.strip(), amount=amount, currency=currency, recorded_at=work.now,
    )  # fmt: skip
    work.session.add(line)
    work.record(BankLineRecorded(subject_id=line.id, amount=amount, currency=currency))
    return line.id


def match_top_up(work: Work, *, bank_line_id: UUID, org_id: UUID) -> None:
    """Put an incoming transfer into an organisation's wallet (P10).

    Raises `AlreadyMatched`. Announces `WalletToppedUp`.
    """
    work.actor.require(Permission.MATCH_PAYMENTS)
    line = claim_bank_line(work, bank_line_id=bank_line_id, org_id=org_id)
    credit_wallet(work, org_id=org_id, bank_line_id=line.id, amount=line.amount, currency=line.currency)


def claim_bank_line(work: Work, *, bank_line_id: UUID, org_id: UUID, payment_id: UUID | None = None) -> BankLine:
    """Mark an incoming transfer as used, once."""
    work.actor.require(Permission.MATCH_PAYMENTS)
    line = work.session.get(BankLine, bank_line_id, with_for_update=True)
    if line is None:
        raise NotFound
    if line.matched_at is not None:
        raise AlreadyMatched("This transfer has already been matched.")
    line.matched_at, line.matched_by = work.now, work.actor.user_id
    line.matched_org_id, line.matched_payment_id = org_id, payment_id
    work.session.flush()
    return line


def credit_wallet(work: Work, *, org_id: UUID, bank_line_id: UUID, amount: Decimal, currency: str) -> None:
    """Credit money that came by bank to a wallet (P10)."""
    work.actor.require(Permission.MATCH_PAYMENTS)
    if not amount:
        return
    legs = [Leg(Family.BANK_ESCROW, amount), Leg(Family.WALLET, -amount, org_id)]
    ledger.post(work, entries=[Draft(Kind.WALLET_TOPPED_UP, str(bank_line_id), currency, legs, org_id=org_id)])
    work.record(
        WalletToppedUp(subject_id=org_id, buyer_id=org_id, bank_line_id=bank_line_id, amount=amount, currency=currency)
    )


def wallet_reference(work: Work) -> str:
    """The text that one's own organisation writes on a top-up transfer; made on first use."""
    org_id = work.actor.require_org()
    work.session.execute(
        insert(WalletReference).values(org_id=org_id, reference=new_reference("W")).on_conflict_do_nothing()
    )
    return work.session.scalars(select(WalletReference.reference).where(WalletReference.org_id == org_id)).one()


def change_bank_account(work: Work, *, holder: str, iban: str) -> None:
    """Say where one's own organisation is paid. Another account is paid to once it is verified anew.

    Raises `Invalid` for a wrong IBAN (ISO 13616, mod 97), `StepUpNeeded` without a recent second factor,
    `OtherHandsNeeded` for whoever sent the organisation a payout within three days.
    """
    work.actor.require(Permission.CHANGE_BANK_ACCOUNT)
    require_recent_factor(work)
    iban = "".join(iban.split()).upper()
    if not _is_iban(iban):
        raise Invalid("This is not a valid IBAN; please check it digit by digit.")
    if not 1 <= len(holder.strip()) <= 120:
        raise Invalid("The account holder must have between 1 and 120 characters.")
    org_id = work.actor.require_org()
    if _did_lately(work, "PayoutSent", [org_id]):
        raise OtherHandsNeeded(
            f"You sent a payout to this organisation within {APART.days} days. Please let a colleague change the"
            " account."
        )
    account = work.session.get(BankAccount, org_id, with_for_update=True)
    before = None if account is None else (account.holder, account.iban)
    if account is None:
        account = BankAccount(org_id=org_id)
        work.session.add(account)
    account.holder, account.iban, account.changed_at = holder.strip(), iban, work.now
    if before is None or before[1] != iban:
        verification.bank_account_changed(work, holder=account.holder, iban=iban, is_first=before is None)
    work.record(
        BankAccountChanged(
            subject_id=org_id,
            seller_id=org_id,
            before={"iban": _masked(before[1])} if before else None,
            after={"iban": _masked(iban)},
        ),
        personal={"before": {"holder": before[0]} if before else None, "after": {"holder": account.holder}},
    )


def _did_lately(work: Work, event: str, org_ids: Sequence[UUID], *, who: Sequence[UUID | None] = ()) -> list[UUID]:
    """For which of the organisations the actor, or one of `who`, did this within three days, by the log."""
    return list(
        work.session.scalars(
            text(
                "select distinct seller_id from events where name = :name and seller_id = any(:org_ids)"
                " and actor_user_id = any(:who) and recorded_at > :since and recorded_at <= :now order by seller_id"
            ),
            {
                "name": event, "org_ids": list(org_ids), "now": work.now, "since": work.now - APART,
                "who": [person for person in (work.actor.user_id, *who) if person is not None],
            },
        )
    )  # fmt: skip


def _masked(iban: str) -> str:
    """Enough to tell two accounts apart, too little to pay to one."""
    return f"{iban[:2]}…{iban[-4:]}"


def prepare_payouts(work: Work, *, request_id: UUID, currency: str) -> UUID:
    """Gather what is earned and what is to be refunded by bank into a batch that somebody else sends.

    Organisations without a verified bank account or with a name on a list of sanctions, and sums below the minimum,
    wait. Raises `NothingToPayOut`, and
    `StepUpNeeded` without a recent second factor. Announces `PayoutBatchMoved`.
    """
    work.actor.require(Permission.PREPARE_PAYOUTS)
    require_recent_factor(work)
    if work.actor.user_id is None:
        raise NotAllowed("A payout batch is prepared by a person.")
    number = next_number(work, org_id=work.actor.require_org(), series="payout_batch")
    batch = PayoutBatch(
        id=new_id(), number=number, state=BatchState.PREPARED.value, currency=currency,
        prepared_by=work.actor.user_id, prepared_at=work.now,
    )  # fmt: skip
    work.session.add(batch)
    work.session.flush()
    minimum = value_of(work, Setting.PAYOUT_MINIMUM)
    facts = {"batch": batch.id, "currency": currency, "minimum": minimum, "now": work.now}
    for statement in (_GATHER_EARNINGS, _GATHER_REFUNDS):
        work.session.execute(statement, facts)
    payouts, amount = _summed(work, batch.id)
    if not payouts:
        raise NothingToPayOut(f"There is nothing to pay out in {currency} right now.")
    work.record(
        PayoutBatchMoved(subject_id=batch.id, to_state=batch.state, payouts=payouts, amount=amount, currency=currency)
    )
    return batch.id


_GATHER_EARNINGS = text("""
with payable as materialized (
    select b.org_id from bank_accounts b
    where exists (select 1 from releases r where r.seller_id = b.org_id and r.payout_id is null)
      and may_be_paid(b.org_id, :now)
), due as materialized (
    select r.id, r.seller_id, r.net from releases r join bank_accounts b on b.org_id = r.seller_id
    where r.payout_id is null and r.currency = :currency and b.org_id in (select org_id from payable)
    order by r.id for update of r
), summed as (
    select seller_id, sum(net) as net from due group by seller_id having sum(net) > 0 and sum(net) >= :minimum
), paid as (
    insert into payouts (id, batch_id, org_id, kind, amount, currency, holder, iban)
    select gen_random_uuid(), :batch, s.seller_id, 'earnings', s.net, :currency, b.holder, b.iban
    from summed s join bank_accounts b on b.org_id = s.seller_id
    returning id, org_id
)
update releases r set payout_id = p.id from due d join paid p on p.org_id = d.seller_id where r.id = d.id
""")

_GATHER_REFUNDS = text("""
with payable as materialized (
    select b.org_id from bank_accounts b
    where exists (select 1 from refunds r where r.buyer_id = b.org_id and r.state = 'owed')
      and may_be_paid(b.org_id, :now)
), due as materialized (
    select r.id, r.buyer_id, r.amount from refunds r join bank_accounts b on b.org_id = r.buyer_id
    where r.state = 'owed' and r.route = 'bank_transfer' and r.currency = :currency
      and b.org_id in (select org_id from payable) order by r.id for update of r
), paid as (
    insert into payouts (id, batch_id, org_id, kind, amount, currency, holder, iban)
    select gen_random_uuid(), :batch, s.buyer_id, 'refund', s.amount, :currency, b.holder, b.iban
    from (select buyer_id, sum(amount) as amount from due group by buyer_id) s
    join bank_accounts b on b.org_id = s.buyer_id
    returning id, org_id
)
update refunds r set payout_id = p.id, state = 'batched' from due d join paid p on p.org_id = d.buyer_id where
  r.id = d.id
""")


def send_payouts(work: Work, *, batch_id: UUID) -> None:
    """Send a prepared batch: the bank file goes out and the payables are settled (P4, P4b, P5).

    Raises `NotAllowed` for the person who prepared it, `Conflict` when it was sent or cancelled, `PayeeBlocked`,
    `OtherHandsNeeded` when one of the two changed the account of a payee within three days, `StepUpNeeded` without a
    recent second factor. Announces `PayoutSent` per transfer.
    """
    work.actor.require(Permission.PREPARE_PAYOUTS)
    require_recent_factor(work)
    batch = _locked_batch(work, batch_id)
    if work.actor.user_id is None or work.actor.user_id == batch.prepared_by:
        raise NotAllowed("Whoever prepared a payout batch cannot send it. Please ask a colleague.")
    batch.move_to(BatchState.SENT)
    batch.sent_by, batch.sent_at = work.actor.user_id, work.now
    payouts = work.session.scalars(select(Payout).where(Payout.batch_id == batch_id).order_by(Payout.id)).all()
    _check_payees(work, payouts)
    changed = _did_lately(work, "BankAccountChanged", [payout.org_id for payout in payouts], who=[batch.prepared_by])
    if changed:
        name = work.session.scalar(text("select name from organizations where id = :id"), {"id": changed[0]})
        raise OtherHandsNeeded(
            f"You or whoever prepared this batch changed the bank account of {name} within {APART.days} days. Two other"
            " people have to pay it."
        )
    entries = [_sent_entry(payout) for payout in payouts]
    swept: Decimal = work.session.execute(
        text(
            "select coalesce(sum(r.commission + r.commission_vat), 0) from releases r"
            " join payouts p on p.id = r.payout_id where p.batch_id = :batch"
        ),
        {"batch": batch_id},
    ).scalar_one()
    legs = [Leg(Family.BANK_OPERATING, swept), Leg(Family.BANK_ESCROW, -swept)]
    entries.append(Draft(Kind.COMMISSION_SWEPT, str(batch_id), batch.currency, legs))
    ledger.post(work, entries=entries)
    work.session.execute(
        update(Refund)
        .where(Refund.payout_id.in_([p.id for p in payouts if p.kind == "refund"]))
        .values(state=RefundState.SENT.value, sent_at=work.now)
    )
    for payout in payouts:
        work.record(
            PayoutSent(subject_id=payout.id, seller_id=payout.org_id, kind=payout.kind, amount=payout.amount,
                       currency=payout.currency)
        )  # fmt: skip
    total = sum((p.amount for p in payouts), Decimal(0))
    work.record(
        PayoutBatchMoved(subject_id=batch.id, from_state=BatchState.PREPARED.value, to_state=batch.state,
                         payouts=len(payouts), amount=total, currency=batch.currency)
    )  # fmt: skip


def cancel_payouts(work: Work, *, batch_id: UUID) -> None:
    """Take a prepared batch back; its sums wait for the next one."""
    work.actor.require(Permission.PREPARE_PAYOUTS)
    batch = _locked_batch(work, batch_id)
    batch.move_to(BatchState.CANCELLED)
    ids = select(Payout.id).where(Payout.batch_id == batch_id)
    work.session.execute(update(Release).where(Release.payout_id.in_(ids)).values(payout_id=None))
    work.session.execute(
        update(Refund).where(Refund.payout_id.in_(ids)).values(payout_id=None, state=RefundState.OWED.value)
    )
    payouts, amount = _summed(work, batch_id)
    work.record(
        PayoutBatchMoved(subject_id=batch.id, from_state=BatchState.PREPARED.value, to_state=batch.state,
                         payouts=payouts, amount=amount, currency=batch.currency)
    )  # fmt: skip


def _sent_entry(payout: Payout) -> Draft:
    owed = Family.PAYABLE_SELLER if payout.kind == "earnings" else Family.REFUND_PAYABLE
    kind = Kind.EARNINGS_SENT if payout.kind == "earnings" else Kind.REFUND_SENT
    legs: Sequence[Leg] = [Leg(owed, payout.amount, payout.org_id), Leg(Family.BANK_ESCROW, -payout.amount)]
    return Draft(kind, str(payout.id), payout.currency, legs, org_id=payout.org_id)


def _check_payees(work: Work, payouts: Sequence[Payout]) -> None:
    """Something may have come up since the batch was prepared: another account, a name on a list of sanctions."""
    blocked = work.session.scalars(
        text(
            "select o.name from organizations o where o.id = any(:ids) and not may_be_paid(o.id, :now) order by o.name"
        ),
        {"ids": [payout.org_id for payout in payouts], "now": work.now},
    ).all()
    if blocked:
        raise PayeeBlocked(
            f"{blocked[0]} may not be paid at the moment: its bank account or its name is being checked. Take the batch"
            " back and prepare it anew; what may be paid is then in it."
        )


def _locked_batch(work: Work, batch_id: UUID) -> PayoutBatch:
    batch = work.session.get(PayoutBatch, batch_id, with_for_update=True)
    if batch is None:
        raise NotFound
    return batch


def _summed(work: Work, batch_id: UUID) -> tuple[int, Decimal]:
    row = work.session.execute(
        text("select count(*), coalesce(sum(amount), 0) from payouts where batch_id = :batch"), {"batch": batch_id}
    ).one()
    return int(row[0]), row[1]


def _is_iban(iban: str) -> bool:
    if not (15 <= len(iban) <= 34 and iban.isascii() and iban.isalnum() and iban[:2].isalpha() and iban[2:4].isdigit()):
        return False
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1
