"""Live trade: a checkout and what becomes of each of its orders, step by step through the domain's commands."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from app.demo import talk
from app.demo.companies import Offered, Trader, an_iban
from app.demo.stage import Stage, Story
from domain import orders, payments
from domain.identity import OrgKind
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError
from domain.kernel.work import Work, begin
from domain.logistics import Carrier
from domain.payments import Method

_CARRIERS = {"DE": Carrier.DHL, "AT": Carrier.DHL, "GB": Carrier.UPS, "FR": Carrier.DPD, "NL": Carrier.DPD,
             "IT": Carrier.UPS, "ES": Carrier.DPD, "JP": Carrier.FEDEX, "SE": Carrier.DHL}  # fmt: skip


_ORDERED = text("select id, offer_id, ordered from order_lines where order_id = :order_id order by line_no")


class Ordered(NamedTuple):
    line_id: UUID
    offer_id: UUID | None
    ordered: int


class Fate(StrEnum):
    """What happens to an order that does not go the usual way."""

    USUAL = "usual"
    DECLINED = "declined"
    UNANSWERED = "unanswered"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    CUT = "cut"
    SHORT = "short"
    CLOSED_SHORT = "closed short"
    SILENT = "silent"  # the buyer never accepts; the inspection period does
    IN_PARTS = "in parts"


class Pay(StrEnum):
    WALLET = "wallet"
    TRANSFER = "transfer"
    TOO_LITTLE = "too little"  # the rest is paid from the wallet
    TOO_MUCH = "too much"
    NEVER = "never"
    UNMATCHED = "unmatched"  # the money is there, nobody in finance has looked yet


@dataclass(frozen=True, slots=True)
class Course:
    """How an order goes: its fate, whether it is made to order, and the step before which it stops for good."""

    fate: Fate = Fate.USUAL
    is_made: bool = False
    stops: str = ""
    is_late: bool = False
    is_quick: bool = False  # everybody answers within hours: for scenes that must be far enough by today


@dataclass
class Trade:
    """The trade of one market. It knows the stage and the people of finance."""

    stage: Stage
    staff: dict[str, Actor]
    bank_lines: int = 0
    placed: dict[UUID, Trader] = field(default_factory=dict)

    # --- checkout -----------------------------------------------------------------------------

    def buy(
        self, buyer: Trader, lines: Sequence[tuple[Offered, int]], *, pay: Pay | None = None,
        courses: Sequence[Course] = (), who: str = "owner", pays_after_h: tuple[float, float] = (4, 26),
    ) -> Story:
        """Fill the basket, check out, pay, and begin the story of each order. `courses` go by seller, in the order
        in which they stand among the lines."""
        stage, random = self.stage, self.stage.random
        if pay is None:
            pay = random.choices(list(Pay), (78, 18, 1.0, 1.5, 0.6, 0))[0]
        actor = buyer.actors.get(who, buyer.owner)
        lines = [(offered, quantity) for offered, quantity in lines if offered.is_for_sale]
        together: dict[UUID | None, int] = {}
        for offered, quantity in lines:
            together[offered.offer_id] = together.get(offered.offer_id, 0) + quantity
        if not lines or not stage.attempt(actor, fill_basket, lines=list(together.items())):
            return
        needed = sum((offered.unit_price(n, stage.now) * n for offered, n in lines), Decimal(0)) * Decimal("1.3") + 160
        if pay is Pay.WALLET and buyer.wallet < needed:
            self.top_up(buyer, Decimal(int(needed / 500 + random.randint(2, 4)) * 500))
        method = Method.WALLET if pay is Pay.WALLET else Method.BANK_TRANSFER
        if method is Method.BANK_TRANSFER and not buyer.has_bank_account and random.random() < 0.85:
            iban = an_iban(random, buyer.country)
            stage.do(buyer.owner, payments.change_bank_account, holder=buyer.name, iban=iban)
            buyer.has_bank_account = True
        try:
            purchase_id = stage.do(
                actor, orders.place_order, request_id=stage.new_id(), site_id=random.choice(buyer.sites),
                method=method, note=random.choice(talk.NOTES),
            )  # fmt: skip
        except DomainError as refusal:
            stage.note(orders.place_order, refusal)
            stage.do(actor, empty_basket)
            return
        with begin(buyer.owner) as work:
            sheet = orders.purchase_sheet(work, purchase_id=purchase_id)
        if method is Method.WALLET:
            buyer.wallet -= sheet.total
        elif pay is Pay.NEVER:
            return
        else:
            yield stage.in_hours(*pays_after_h)
            if not self._transfer(buyer, sheet, pay):
                return
        sellers = {offered.seller.id: offered.seller for offered, _ in lines}
        given = dict(zip(dict.fromkeys(offered.seller.id for offered, _ in lines), courses, strict=False))
        for row in sheet.orders:
            seller = sellers[row.seller_id]
            lead = max(offered.lead_days for offered, _ in lines if offered.seller is seller)
            course = given.get(row.seller_id) or self._course(seller, lead)
            stage.tell(self._order(buyer, seller, row.order_id, course))

    def _course(self, seller: Trader, lead_days: int) -> Course:
        random = self.stage.random
        fates = (Fate.USUAL, Fate.DECLINED, Fate.UNANSWERED, Fate.CANCELLED, Fate.WITHDRAWN, Fate.CUT, Fate.SHORT,
                 Fate.CLOSED_SHORT, Fate.SILENT, Fate.IN_PARTS)  # fmt: skip
        fate = random.choices(fates, (70, 2.5, 0.8, 2.2, 0.8, 4, 4, 1.2, 4.5, 10))[0]
        return Course(fate, is_made=random.random() < (0.6 if lead_days >= 7 else 0.12),
                      is_late=random.random() > seller.reliability)  # fmt: skip

    def _transfer(self, buyer: Trader, sheet: orders.PurchaseSheet, pay: Pay) -> bool:
        """The buyer's transfer comes in and finance matches it. Whether the purchase is paid now."""
        stage, finance = self.stage, self.staff["finance"]
        assert sheet.payment is not None
        amount = {
            Pay.TOO_LITTLE: sheet.total - Decimal("12.50"),
            Pay.TOO_MUCH: sheet.total + stage.random.choice((Decimal("10"), Decimal("24.90"))),
        }.get(pay, sheet.total)
        line = self.bank_line(buyer.name, amount, f"Payment {sheet.payment.reference}")
        if pay is Pay.UNMATCHED:
            return False
        stage.do(finance, orders.match_transfer, bank_line_id=line, purchase_id=sheet.purchase_id)
        if pay is not Pay.TOO_LITTLE:
            return True
        self.top_up(buyer, Decimal(100))
        return stage.attempt(
            buyer.owner, orders.pay_from_wallet, request_id=stage.new_id(), purchase_id=sheet.purchase_id
        )

    def top_up(self, buyer: Trader, amount: Decimal) -> None:
        self.stage.do(
            self.staff["finance"], top_up_wallet, org_id=buyer.id, amount=amount, payer=buyer.name,
            bank_reference=self._bank_reference(), booked_on=self.stage.now,
        )  # fmt: skip
        buyer.wallet += amount

    def bank_line(self, payer: str, amount: Decimal, text: str) -> UUID:
        """One line of the escrow account's statement, not matched yet."""
        line: UUID = self.stage.do(
            self.staff["finance"], payments.record_bank_line, bank_reference=self._bank_reference(),
            booked_on=self.stage.now.date(), payer=payer, remittance=text, amount=amount, currency="EUR",
        )  # fmt: skip
        return line

    def _bank_reference(self) -> str:
        self.bank_lines += 1
        return f"CAMT-{self.stage.now:%Y%m%d}-{self.bank_lines:05}"

    # --- an order -----------------------------------------------------------------------------

    def _order(self, buyer: Trader, seller: Trader, order_id: UUID, course: Course) -> Story:
        stage, random, fate = self.stage, self.stage.random, course.fate
        if course.stops == "answer" or fate is Fate.UNANSWERED:
            return
        if course.is_quick:
            yield stage.in_hours(0.2, 1)
        else:
            yield stage.in_hours(1.5, 26)
        if fate is Fate.DECLINED:
            stage.attempt(
                seller.owner, orders.decline_order, order_id=order_id, reason=random.choice(talk.DECLINED)
            )
            return
        lines = self._lines(seller, order_id)
        promised = _before_weekend(stage.now + timedelta(days=max(_lead(seller, lines), 0.2)))
        confirmed = {line.line_id: line.ordered for line in lines}
        if fate is Fate.CUT:
            largest = max(lines, key=lambda line: line.ordered)
            confirmed[largest.line_id] = max(largest.ordered * random.choice((50, 60, 75)) // 100, 1)
        if not stage.attempt(
            seller.owner, orders.confirm_order, order_id=order_id,
            quantities_confirmed=confirmed if fate is Fate.CUT else None,
        ):  # fmt: skip
            return
        if course.stops == "work":
            return
        if fate is Fate.CANCELLED:
            yield stage.in_hours(2, 16)
            reason = random.choice(talk.CANCELLED)
            stage.attempt(buyer.owner, orders.cancel_order, order_id=order_id, reason=reason)
            return
        if fate is Fate.WITHDRAWN:
            yield stage.in_hours(4, 40)
            reason = random.choice(talk.WITHDRAWN)
            stage.attempt(seller.owner, orders.withdraw_order, order_id=order_id, reason=reason)
            return
        if course.is_made:
            yield from self._production(seller, order_id, course, promised)
            if course.stops == "production":
                return
        if not course.is_quick:
            yield self._shipping_day(promised, course)
        if course.stops == "shipping":
            return
        yield from self._deliveries(buyer, seller, order_id, course, confirmed, promised)

    def _production(self, seller: Trader, order_id: UUID, course: Course, promised: datetime) -> Story:
        stage, random = self.stage, self.stage.random
        actor = seller.actors.get("production", seller.owner)
        stage.attempt(actor, orders.start_production, order_id=order_id)
        steps = sorted(random.sample(range(20, 95, 5), random.choice((1, 2, 2))))
        for percent in steps:
            if course.is_quick:
                yield stage.in_hours(0.5, 2)
            else:
                rest = max((promised - stage.now).total_seconds() / 3600 / 3, 4)
                yield stage.in_hours(rest * 0.5, rest)
            note = random.choice(talk.PRODUCTION)
            stage.attempt(actor, orders.report_production, order_id=order_id, percent=percent, note=note)
        if course.stops != "production":
            yield stage.in_hours(1, 6)
            stage.attempt(actor, orders.report_production, order_id=order_id, percent=100, note="Ready to ship")

    def _shipping_day(self, promised: datetime, course: Course) -> datetime:
        stage = self.stage
        if course.is_late:
            return stage.working(promised + timedelta(days=stage.random.uniform(1.5, 7)))
        return stage.working(stage.now + max(promised - stage.now, timedelta(0)) * stage.random.uniform(0.02, 0.4))

    def _arrival(self, promised: datetime, course: Course) -> datetime:
        """When the carrier brings what leaves now. Who ships in time leaves the carrier time as well."""
        stage = self.stage
        if course.is_quick:
            return stage.in_hours(3, 6)
        days = stage.random.uniform(1.1, 4.2)
        if not course.is_late:
            days = min(days, max((promised - stage.now) / timedelta(days=1) - 0.2, 0.4))
        return stage.working(stage.now + timedelta(days=days))

    def _deliveries(
        self, buyer: Trader, seller: Trader, order_id: UUID, course: Course, confirmed: dict[UUID, int],
        promised: datetime,
    ) -> Story:  # fmt: skip
        stage, random, fate = self.stage, self.stage.random, course.fate
        first = {key: count * 6 // 10 if fate is Fate.IN_PARTS else count for key, count in confirmed.items()}
        if fate is Fate.CLOSED_SHORT:
            first = {key: max(count * 8 // 10, 1) for key, count in confirmed.items()}
        rest = {key: confirmed[key] - first[key] for key in confirmed} if fate is Fate.IN_PARTS else {}
        short = fate is Fate.SHORT
        for units in (first, rest):
            units = {key: count for key, count in units.items() if count}
            if not units:
                continue
            carrier = _CARRIERS.get(seller.country, random.choice((Carrier.DHL, Carrier.DPD, Carrier.OTHER)))
            shipping = seller.actors.get("warehouse", seller.actors.get("production", seller.owner))
            try:
                shipment_id = stage.do(
                    shipping, orders.ship_goods, request_id=stage.new_id(), order_id=order_id, carrier=carrier,
                    tracking=f"{random.randrange(10**11, 10**12)}", shipped=units,
                )  # fmt: skip
            except DomainError as refusal:
                stage.note(orders.ship_goods, refusal)
                return
            if course.stops == "receipt":
                return
            if course.stops == "arrival of the rest":
                yield stage.in_hours(1, 3)
                stage.attempt(seller.owner, orders.close_short, order_id=order_id)
                return
            yield self._arrival(promised, course)
            counts = dict(units)
            if short:
                key = random.choice(list(counts))
                counts[key] -= min(random.choice((1, 1, 2, 4)), counts[key])
            clerk = buyer.actors.get("warehouse", buyer.actors.get("manager", buyer.owner))
            stage.attempt(
                clerk, orders.record_receipt, request_id=stage.new_id(), order_id=order_id, shipment_id=shipment_id,
                counts=counts, received_by=_name_of(buyer),
            )  # fmt: skip
            if course.stops == "acceptance":
                return
        if fate is Fate.SILENT:
            return
        yield stage.in_hours(1, 3) if course.is_quick else stage.in_hours(2, 60)
        half = {key: count // 2 for key, count in confirmed.items()} if course.stops == "second acceptance" else None
        stage.attempt(
            buyer.owner, orders.accept_goods, request_id=stage.new_id(), order_id=order_id, accepted=half
        )
        if half is not None:
            return
        if buyer.kind is OrgKind.DISTRIBUTOR:
            # What a distributor bought goes into its warehouse, to be sold again.
            stage.attempt(
                buyer.owner, orders.put_into_store, request_id=stage.new_id(), order_id=order_id,
                location_id=buyer.location_id,
            )
        if (short and random.random() < 0.6) or fate is Fate.CLOSED_SHORT:
            if course.stops == "shortage":
                return
            yield stage.in_hours(2, 30)
            stage.attempt(seller.owner, orders.close_short, order_id=order_id)
        yield from self._reviews(buyer, seller, order_id, course)

    def _reviews(self, buyer: Trader, seller: Trader, order_id: UUID, course: Course) -> Story:
        stage, random = self.stage, self.stage.random
        if random.random() < 0.62:
            yield stage.in_hours(1, 40)
            spoiled = course.is_late or course.fate in (Fate.SHORT, Fate.CLOSED_SHORT, Fate.CUT)
            stars = random.choices((5, 4, 3, 2, 1), (14, 34, 32, 14, 6) if spoiled else (62, 31, 6, 1, 0))[0]
            comment = random.choice(talk.OF_SELLERS[stars])
            stage.attempt(buyer.owner, orders.leave_feedback, request_id=stage.new_id(), order_id=order_id,
                          stars=stars, comment=comment)  # fmt: skip
        if random.random() < 0.5:
            yield stage.in_hours(1, 40)
            stars = random.choices((5, 4, 3), (72, 23, 5))[0]
            comment = random.choice(talk.OF_BUYERS[stars])
            stage.attempt(seller.owner, orders.leave_feedback, request_id=stage.new_id(), order_id=order_id,
                          stars=stars, comment=comment)  # fmt: skip

    def _lines(self, seller: Trader, order_id: UUID) -> list[Ordered]:
        """What the seller reads of an order before answering it; its whole sheet is eight questions more."""
        with begin(seller.owner) as work:
            return [Ordered._make(row) for row in work.session.execute(_ORDERED, {"order_id": order_id})]

    # --- money --------------------------------------------------------------------------------

    def prepare_payouts(self) -> UUID | None:
        try:
            batch: UUID = self.stage.do(
                self.staff["finance"], payments.prepare_payouts, request_id=self.stage.new_id(), currency="EUR"
            )
        except DomainError:
            return None
        return batch

    def pay_out(self) -> Story:
        """One person of finance gathers what is due, another sends it a few hours later."""
        batch = self.prepare_payouts()
        if batch is not None:
            yield self.stage.in_hours(1, 5)
            self.stage.attempt(self.staff["finance2"], payments.send_payouts, batch_id=batch)


def quick(**facts: object) -> Course:
    return replace(Course(is_quick=True), **facts)  # type: ignore[arg-type]


def _before_weekend(promised: datetime) -> datetime:
    """What is promised for a Saturday or Sunday has to be there on Friday: nobody receives goods then."""
    return promised - timedelta(days=max(promised.weekday() - 4, 0))


def _lead(seller: Trader, lines: Sequence[Ordered]) -> int:
    days = {offered.offer_id: offered.lead_days for offered in seller.offers}
    return max((days.get(line.offer_id, 0) for line in lines), default=0)


def _name_of(buyer: Trader) -> str:
    return buyer.people[-1][1]


def fill_basket(work: Work, *, lines: Sequence[tuple[UUID, int]]) -> None:
    for offer_id, quantity in lines:
        orders.set_basket_quantity(work, offer_id=offer_id, quantity=quantity)


def empty_basket(work: Work) -> None:
    for group in orders.my_basket(work).groups:
        for line in group.lines:
            orders.remove_from_basket(work, offer_id=line.offer_id)


def top_up_wallet(
    work: Work, *, org_id: UUID, amount: Decimal, payer: str, bank_reference: str, booked_on: datetime
) -> None:
    line = payments.record_bank_line(
        work, bank_reference=bank_reference, booked_on=booked_on.date(), payer=payer, remittance="Wallet top-up",
        amount=amount, currency="EUR",
    )  # fmt: skip
    work.session.flush()
    payments.match_top_up(work, bank_line_id=line, org_id=org_id)
