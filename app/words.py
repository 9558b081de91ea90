"""States, roles, money, quantities and dates as people read them, by the viewer's locale and time zone.

The shell says once per drawing who reads (`speak_to`); every function also takes a locale or zone of its
own. All words of the screens that stand for a state of the domain live here.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton, format_timedelta
from babel.numbers import format_compact_currency, format_currency, format_decimal, format_percent, get_currency_symbol

from domain import identity
from domain.kernel.money import minor_unit

Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray", "primary"]

_locale: ContextVar[str] = ContextVar("locale", default="en")
_zone: ContextVar[str] = ContextVar("zone", default="UTC")


def speak_to(locale: str, time_zone: str) -> None:
    """From here on, in this drawing, words are for this reader."""
    _locale.set(locale)
    _zone.set(time_zone)


@lru_cache(maxsize=64)
def _known_locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


def _speaker(locale: str | None) -> Locale:
    return _known_locale(locale or _locale.get())


# Numbers, money and dates are the reader's; what is words ("2 days ago", "Germany") is as English as all others.
_ENGLISH = Locale("en")


# A screen writes the same numbers each time it is drawn, a table of checks hundreds of them. Callers add 0, as a
# negative zero would be found under the same key as zero.
@lru_cache(maxsize=8192)
def _decimal(value: int | Decimal, pattern: str | None, speaker: Locale) -> str:
    return str(format_decimal(value, pattern, locale=speaker))


@lru_cache(maxsize=8192)
def _currency(amount: Decimal, currency: str, pattern: str, speaker: Locale, digits: bool) -> str:
    return str(format_currency(amount, currency, pattern, locale=speaker, currency_digits=digits))


# --- money and quantities ----------------------------------------------------------------------


def money(amount: Decimal | None, currency: str, locale: str | None = None) -> str:
    """An amount in its currency's minor unit: "€1,234.50". Nothing at all: "–"."""
    if amount is None:
        return "–"
    digits = minor_unit(currency)
    pattern = "¤#,##0." + "0" * digits if digits else "¤#,##0"
    speaker = _speaker(locale)
    pattern = speaker.currency_formats["standard"].pattern if speaker.language != "en" else pattern
    return _currency(amount + 0, currency, pattern, speaker, True)


def money_short(amount: Decimal, currency: str, locale: str | None = None) -> str:
    """A large amount for a tile: "€1.2M"; small ones stand in full."""
    if abs(amount) < 100_000:
        return money(amount, currency, locale)
    return str(format_compact_currency(amount, currency, locale=_speaker(locale), fraction_digits=2))


def unit_price(amount: Decimal | None, currency: str, locale: str | None = None) -> str:
    """A unit price with as many decimals as it has, at least those of the currency: "€0.0345"."""
    if amount is None:
        return "–"
    least = minor_unit(currency)
    used = max(least, -int(amount.normalize().as_tuple().exponent))
    speaker = _speaker(locale)
    pattern = speaker.currency_formats["standard"].pattern.split(";")[0]
    whole = pattern.replace(".00", "." + "0" * min(used, 6) if used else "")
    return _currency(amount + 0, currency, whole, speaker, False)


def symbol(currency: str, locale: str | None = None) -> str:
    return str(get_currency_symbol(currency, locale=_speaker(locale)))


def number(value: int | Decimal, locale: str | None = None) -> str:
    return _decimal(value + 0, None, _speaker(locale))


def tenths(value: Decimal, locale: str | None = None) -> str:
    """A measured number with one decimal, so that a column of them is even: "0.4", "12.0"."""
    return _decimal(value + 0, "#,##0.0", _speaker(locale))


def quantity(value: int, unit: str = "", locale: str | None = None) -> str:
    """A number of base units: "1,200 pieces", or the bare number without a unit."""
    text = number(value, locale)
    return f"{text} {plural(unit, value)}" if unit else text


STOCK: dict[str, tuple[str, Literal["green", "orange", "gray"]]] = {
    "in_stock": ("In stock", "green"),
    "few_left": ("Few left", "orange"),
    "out": ("Out of stock", "orange"),
    "not_told": ("", "gray"),
}


def stock(word: str, units: int | None) -> str:
    """What a buyer is told of stock: the number where the seller tells it, else a word, or nothing."""
    return f"{number(units)} in stock" if units else STOCK[word][0]


def stock_colour(word: str) -> Literal["green", "orange", "gray"]:
    return STOCK[word][1]


def plural(unit: str, value: int) -> str:
    """The unit's name for so many; units that are measures ("kg", "m") stay as they are."""
    if value == 1 or len(unit) <= 3 or unit.endswith("s"):
        return {"each": "piece"}.get(unit, unit)
    return {"each": "pieces", "box": "boxes", "piece": "pieces"}.get(
        unit, f"{unit}es" if unit.endswith(("x", "ch", "sh")) else f"{unit}s"
    )


def percent(rate: Decimal, digits: int = 1, locale: str | None = None) -> str:
    """A rate between 0 and 1 as "12.5 %"; trailing zeros are left out."""
    return str(format_percent(rate, "#,##0." + "#" * digits + "%", locale=_speaker(locale)))


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def lead_time(count: int) -> str:
    """How long until goods leave: "ships at once", "ready in 5 days"."""
    return "Ships at once" if count == 0 else f"Ready in {days(count)}"


def stars(count: int) -> str:
    return ":material/star:" * count


def rating(average: Decimal | None, reviews: int) -> str:
    return f"{number(average)} of 5 ({number(reviews)})" if average is not None and reviews else "–"


def count(value: int, noun: str) -> str:
    """ "1 order", "12 orders"."""
    return f"{number(value)} {plural(noun, value)}"


# --- time --------------------------------------------------------------------------------------


def day(moment: datetime | date | None, locale: str | None = None, time_zone: str | None = None) -> str:
    """A day in the reader's zone: "Nov 22, 2026"."""
    if moment is None:
        return "–"
    if isinstance(moment, datetime):
        moment = moment.astimezone(ZoneInfo(time_zone or _zone.get())).date()
    return str(format_date(moment, "medium", locale=_speaker(locale)))


def day_short(moment: date, locale: str | None = None) -> str:
    """A day on an axis or in a range whose year is known: "Nov 22"."""
    return str(format_skeleton("MMMd", moment, locale=_speaker(locale)))


def days_from(first: date, end: date, locale: str | None = None) -> str:
    """The days from `first` up to, but not with, `end`: "Nov 1 – Nov 30, 2026", or one day alone."""
    last = end - timedelta(days=1)
    if last == first:
        return day(first, locale)
    begins = day_short(first, locale) if first.year == last.year else day(first, locale)
    return f"{begins} – {day(last, locale)}"


def step_of_time(first: date, grain: str, locale: str | None = None) -> str:
    """A day, week, month or quarter by its first day: "Nov 22", "Nov 16", "Nov 2026", "Q4 2026"."""
    if grain == "month":
        return str(format_skeleton("yMMM", first, locale=_speaker(locale)))
    if grain == "quarter":
        return str(format_skeleton("yQQQ", first, locale=_speaker(locale)))
    return day_short(first, locale)


def instant(moment: datetime | None, locale: str | None = None, time_zone: str | None = None) -> str:
    """An instant in the reader's zone, to the minute: "Nov 22, 2026, 4:05 PM"."""
    if moment is None:
        return "–"
    zone = ZoneInfo(time_zone or _zone.get())
    here = moment.astimezone(zone)
    speaker = _speaker(locale)
    clock = format_datetime(here, "short", locale=speaker, tzinfo=zone).replace("\u202f", " ")
    return f"{format_date(here.date(), 'medium', locale=speaker)}, {clock.split(', ', 1)[-1]}"


def clock(moment: datetime | None, locale: str | None = None, time_zone: str | None = None) -> str:
    """The time of day in the reader's zone: "4:05 PM"."""
    return "–" if moment is None else instant(moment, locale, time_zone).split(", ")[-1]


def is_today(moment: datetime | None, now: datetime | None = None) -> bool:
    """Whether an instant lies on the reader's present day."""
    return moment is not None and day(moment) == day(now or datetime.fromtimestamp(time.time(), UTC))


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago, or how soon: "5 minutes ago", "in 2 days"."""
    if moment is None:
        return "–"
    now = now or datetime.fromtimestamp(time.time(), UTC)
    if abs((now - moment).total_seconds()) < 45:
        return "just now" if moment <= now else "in a moment"
    return str(format_timedelta(moment - now, add_direction=True, locale=_ENGLISH))


# --- states ------------------------------------------------------------------------------------

STATES: dict[str, tuple[str, Colour]] = {
    # orders
    "awaiting_payment": ("Awaiting payment", "orange"),
    "awaiting_seller": ("Awaiting confirmation", "orange"),
    "confirmed": ("Confirmed", "blue"),
    "in_production": ("In production", "violet"),
    "ready": ("Ready to ship", "blue"),
    "completed": ("Completed", "green"),
    "closed_short": ("Closed short", "orange"),
    "cancelled": ("Cancelled", "gray"),
    "declined": ("Declined", "red"),
    "expired": ("Expired", "gray"),
    # how far the goods are
    "not_shipped": ("Not shipped", "gray"),
    "partly_shipped": ("Partly shipped", "blue"),
    "shipped": ("On the way", "blue"),
    "partly_delivered": ("Partly delivered", "violet"),
    "delivered": ("Delivered", "violet"),
    "partly_accepted": ("Partly accepted", "green"),
    "accepted": ("Accepted", "green"),
    # shipments
    "draft": ("Draft", "gray"),
    "packed": ("Packed", "gray"),
    "dispatched": ("On the way", "blue"),
    "in_transit": ("On the way", "blue"),
    "lost": ("Lost", "red"),
    # payments, refunds, payouts
    "awaiting_transfer": ("Awaiting transfer", "orange"),
    "captured": ("Paid", "green"),
    "owed": ("To be paid back", "orange"),
    "batched": ("In preparation", "orange"),
    "prepared": ("Prepared", "orange"),
    "sent": ("Sent", "green"),
    "matched": ("Matched", "green"),
    "open": ("Open", "orange"),
    # offers, and what waits for operations
    "in_review": ("In review", "orange"),
    "pending": ("Waiting", "orange"),
    "published": ("Published", "green"),
    "running": ("Running", "green"),
    "ended": ("Ended", "gray"),
    "approved": ("Approved", "green"),
    "paused": ("Paused", "orange"),
    "discontinued": ("Discontinued", "gray"),
    # stock: lots, transfers, counts, single units
    "available": ("Available", "green"),
    "on_hold": ("On hold", "orange"),
    "recalled": ("Called back", "red"),
    "received": ("Received", "green"),
    "found": ("Found", "green"),
    "written_off": ("Written off", "gray"),
    "sent_back": ("Sent back", "blue"),
    "counted": ("Counted", "blue"),
    "posted": ("Corrected", "green"),
    "closed": ("Closed", "gray"),
    "gone": ("Gone", "gray"),
    # organisations and people
    "active": ("Active", "green"),
    "suspended": ("Suspended", "red"),
    "restoration_proposed": ("Restoration proposed", "orange"),
    "granted": ("Granted", "green"),
    "asked": ("Asked", "orange"),
    "removed": ("Removed", "gray"),
    "disabled": ("Disabled", "red"),
    "proposed": ("Proposed", "orange"),
    "lifted": ("Lifted", "gray"),
    # lists of products that come in
    "upload_checked": ("Checked", "blue"),
    "upload_waiting": ("Waiting", "orange"),
    "upload_running": ("Coming in", "orange"),
    "upload_done": ("Done", "green"),
    "upload_failed": ("Did not come in", "red"),
    "upload_undone": ("Undone", "gray"),
    # messages
    "waiting": ("Waiting", "orange"),
    "failed": ("Given up", "red"),
    "dropped": ("Not wanted any more", "gray"),
    # territories
    "planned": ("Planned", "blue"),
    "current": ("Current", "green"),
    "past": ("Past", "gray"),
    # checks
    "holds": ("Holds", "green"),
    "broken": ("Broken", "red"),
    # business verification
    "cleared": ("Somebody else", "green"),
    "submitted": ("Being checked", "blue"),
    "auto_verified": ("Checked automatically", "green"),
    "needs_review": ("With a reviewer", "blue"),
    "info_requested": ("Question for you", "orange"),
    "verified": ("Verified", "green"),
    "rejected": ("Rejected", "red"),
    "appealed": ("Appealed", "violet"),
    "rejected_final": ("Rejected after appeal", "red"),
    "expiring": ("Runs out soon", "orange"),
    "replaced": ("Replaced", "gray"),
    "claimed": ("Taken", "violet"),
    "decided": ("Decided", "gray"),
    "waived": ("Waived", "gray"),
    "missing": ("Missing", "gray"),
    "late": ("Late", "red"),
    "computed": ("Done", "green"),
    "vouched": ("Verified", "green"),
    "approve": ("Approved", "green"),
    "reject": ("Rejected", "red"),
    "ask": ("Asked", "orange"),
}

ROLES: dict[str, str] = {
    "factory_owner": "Factory owner",
    "factory_manager": "Factory manager",
    "sales_representative": "Sales representative",
    "production_manager": "Production manager",
    "business_owner": "Business owner",
    "store_manager": "Store manager",
    "purchasing_agent": "Purchasing agent",
    "distributor_owner": "Distributor owner",
    "regional_manager": "Regional manager",
    "warehouse_manager": "Warehouse manager",
    "sales_manager": "Sales manager",
    "super_admin": "Administrator",
    "operations": "Operations",
    "compliance": "Compliance",
    "support": "Support",
    "finance": "Finance",
    "analytics": "Analytics",
}

KINDS: dict[str, str] = {
    "manufacturer": "Manufacturer",
    "retailer": "Retailer",
    "distributor": "Distributor",
    "platform": "Platform",
}

SITES: dict[str, str] = {"store": "Store", "warehouse": "Warehouse", "factory": "Factory", "office": "Office"}

METHODS: dict[str, str] = {"wallet": "Wallet", "bank_transfer": "Bank transfer", "unknown": "Imported"}


def state_word(state: str) -> str:
    """What people read for a state: "Awaiting payment"."""
    found = STATES.get(str(state))
    return found[0] if found else sentence_case(str(state))


def state_colour(state: str) -> Colour:
    found = STATES.get(str(state))
    return found[1] if found else "gray"


def stage(state: str, progress: str) -> str:
    """What to show of an order: once goods of a ready order move, how far they are says more."""
    return str(progress) if str(state) == "ready" and str(progress) != "not_shipped" else str(state)


def role(variant: str) -> str:
    return ROLES.get(str(variant), sentence_case(str(variant)))


def kind(org_kind: str) -> str:
    return KINDS.get(str(org_kind), sentence_case(str(org_kind)))


def site_kind(name: str) -> str:
    return SITES.get(str(name), sentence_case(str(name)))


def method(name: str) -> str:
    return METHODS.get(str(name), sentence_case(str(name)))


def country(code: str | None) -> str:
    return str(_ENGLISH.territories.get(code, code)) if code else "–"


def address(parts: Mapping[str, Any]) -> str:
    """A delivery address in one line."""
    town = f"{parts.get('postal_code') or ''} {parts.get('city') or ''}".strip()
    return ", ".join(
        str(part) for part in (parts.get("name"), parts.get("street"), town, parts.get("country_code")) if part
    )


def area(country_code: str, first: str, last: str) -> str:
    """Postal codes of a country by their beginning, as people write them: "DE 20-25", "DE 80", "AT"."""
    return f"{country_code} {first}-{last}" if first != last else f"{country_code} {first}".strip()


def areas(rows: Iterable[Any]) -> str:
    return ", ".join(area(row.country_code, row.first, row.last) for row in rows)


def territory_mode(mode: str) -> str:
    return {"agency": "As an agency", "resale": "For resale"}.get(str(mode), sentence_case(str(mode)))


def sentence_case(word: str) -> str:
    text = word.replace("_", " ").replace("-", " ").strip()
    return text[:1].upper() + text[1:]


# What somebody who leaves has open, by kind; {n} is how many.
OPEN_WORK: dict[str, str] = {
    "basket_lines": "{n} in the basket",
    "invitations": "{n} sent, not answered",
    "verification_cases": "{n} of business verification, back in the queue",
}
OPEN_WORK_NOUNS: dict[str, str] = {
    "basket_lines": "product", "invitations": "invitation", "verification_cases": "case",
}  # fmt: skip


def open_work(kind: str, number_of: int) -> str:
    """ "3 products in the basket"."""
    noun = OPEN_WORK_NOUNS.get(kind, sentence_case(kind).lower())
    return OPEN_WORK.get(kind, "{n}").format(n=count(number_of, noun))


# --- getting started: the step, what it unlocks, where it is done, and what the way there is called ------------

START_STEPS: dict[str, tuple[str, str, str, str]] = {
    "terms": ("Accept the terms of service", "Orders and offers need them.", "account-terms", "Read and accept"),
    "place": ("Add your first place", "Goods are sent to it or from it.", "account-places", "Add a place"),
    "warehouse": ("Add your warehouse", "A distributor trades from a warehouse.", "account-places", "Add a warehouse"),
    "territory": (
        "Get a territory assigned", "Shops in your regions find you; the platform assigns it.", "distributor-territory",
        "See territories",
    ),
    "level_1": (
        "Confirm your business (level 1)", "You may order up to a first limit.", "account-verification",
        "Go to verification",
    ),
    "level_2": (
        "Verify your business (level 2)", "You may sell, and money for it is paid out to you.", "account-verification",
        "Go to verification",
    ),
    "wallet": ("Top up your wallet", "Orders paid from it start at once.", "retailer-wallet", "Open the wallet"),
    "bank_account": (
        "Tell us your bank account", "Money for accepted goods is paid out to it.", "manufacturer-payouts",
        "Open payouts",
    ),
    "stock": ("Receive your first stock", "What is on hand can be ordered.", "manufacturer-stock", "Open stock"),
    "first_offer": ("Publish your first product", "Buyers find it from then on.", "manufacturer-products",
                    "Open products"),
    "first_sale": ("Accept your first order", "Goods can be shipped.", "manufacturer-orders", "Open sales orders"),
    "first_money": (
        "Get your first money", "Accepted goods release it; it comes with the next payout.", "manufacturer-payouts",
        "Open payouts",
    ),
    "first_purchase": ("Place your first order", "One checkout for all your suppliers.", "retailer-products",
                       "Find products"),
    "first_delivery": (
        "Receive your first delivery", "Count it and accept it: only then is the supplier paid.", "retailer-orders",
        "Open purchases",
    ),
    "repeat_purchase": ("Order again", "Suppliers you know, prices you know.", "retailer-products", "Find products"),
}  # fmt: skip

FUNNEL: dict[str, str] = {
    "begun": "Registration begun",
    "confirmed": "E-mail confirmed",
    "finished": "Organisation made",
    "verified": "Ready to trade",
    "first_step": "First product or order",
    "first_trade": "First order paid or accepted",
    "first_money": "First money released",
}


def duration(span: timedelta | None) -> str:
    """How long something takes, roughly: "3 hours", "2 days"."""
    return "–" if span is None else str(format_timedelta(span, locale=_ENGLISH))


# --- notices -----------------------------------------------------------------------------------

NOTICES: dict[str, str] = {
    "security_view_asked": "Support asks to see what {person} sees ({reason}). Allow it or say no on your profile.",
    "security_view_started": "Support looks at what {person} sees, with the consent that was given. Nothing changes.",
    "restoration_proposed": "A restoration of {org_name} is proposed and waits for a decision.",
    "security_factor_loss": "Somebody has lost their second factor and asks to be let in: please decide.",
    "system_setting_proposed": "A change of the platform's settings waits for your approval.",
    "catalog_change_approved": "Your {what} of {product} was approved and is in force.",
    "catalog_change_rejected": "Your {what} of {product} was not approved: {reason}",
    "system_lot_recalled": "Please stop using or selling {product}{lot} of {seller}: it is called back. {units} units"
    " went to you with {number}. Reason: {reason}",
    "new_products": "{products} new products for your search “{name}”.",
    "price_asked": "{asked_by} asks for a price below the floor for {customer} ({sku}). Please decide.",
    "price_given": "Your price for {customer} ({sku}) was given and holds now.",
    "price_refused": "Your price for {customer} ({sku}) was not given: {reason}",
    "catalog_upload_done": "Your list {file} has come in: {rows}.",
    "catalog_upload_failed": "Your list {file} could not come in: {problem}",
    "stock_low": "Running low: {goods}. Look at what to reorder.",
    "new_order": "New order {number} from {buyer}: please confirm or decline it.",
    "order_confirmed": "{seller} confirmed your order {number}.",
    "order_declined": "{seller} declined your order {number}; your money comes back.",
    "order_declined_by_us": "Order {number} was declined.",
    "order_expired": "Your order {number} ended because no payment came in.",
    "order_cancelled": "Order {number} was cancelled by the {by}.",
    "order_ready": "Order {number} is ready to be shipped.",
    "goods_shipped": "{seller} shipped goods of order {number}.",
    "goods_received": "{buyer} received goods of order {number}.",
    "goods_accepted": "{buyer} accepted goods of order {number}.",
    "goods_accepted_by_us": "Goods of order {number} were accepted.",
    "order_closed_short": "{seller} cannot deliver all of order {number}; the rest is refunded.",
    "shortage_refunded": "Missing goods of order {number} were refunded.",
    "shortage_refunded_by_us": "Missing goods of order {number} were refunded to {buyer}.",
    "order_completed": "Order {number} is completed. You can leave feedback.",
    "money_released": "Money of order {number} was released to you.",
    "money_refunded": "Money of order {number} was refunded to you.",
    "wallet_topped_up": "Your wallet was topped up.",
    "payout_sent": "A payout is on its way to your bank account.",
    "review_written": "Feedback on order {number} was left.",
    "approval_asked": "{asked_by} asks you to approve a purchase of {total} {currency}.",
    "approval_reminded": "A purchase of {total} {currency} that {asked_by} asked for still waits for your approval.",
    "purchase_approved": "Your purchase of {total} {currency} was approved and is ordered.",
    "purchase_rejected": "Your purchase of {total} {currency} was not approved: {reason}",
    "approval_expired": "Nobody decided about your purchase of {total} {currency}; it is back in your basket.",
    "verification_verified": "Verified: {what}.",
    "verification_question": "We have a question about your verification ({what}). Please answer it.",
    "verification_rejected": "We could not verify {what}. You can see why, and appeal once.",
    "verification_appeal_refused": "Your appeal about {what} was decided: the rejection stands.",
    "verification_expired": "{what} has run out and no longer counts. Please hand it in anew.",
    "verification_runs_out": "{what} runs out in {days} days. Please hand in a new one in time.",
    "verification_deposits_sent": "Two small deposits are on their way to your bank account. Type the amounts in.",
    "verification_waived": "You need not show {what} for the time being.",
    "organization_suspended": "{org_name} is suspended: {reason}",
    "organization_restored": "{org_name} is active again.",
    "appeal_refused": "Your appeal was looked at, and the suspension stands: {answer}",
    "suspension_proposed": "A suspension of {org_name} is proposed and waits for a decision.",
    "suspension_appealed": "{org_name} appeals against its suspension.",
}

# What notices are about, as people choose e-mails: name and meaning.
TOPICS: dict[str, tuple[str, str]] = {
    "orders": ("Orders", "New orders, answers, goods that move, feedback"),
    "account": ("Account and team", "Verification, roles, the standing of your organisation"),
    "money": ("Money", "Releases, refunds, payouts and your wallet"),
    "security": ("Security", "Sign-ins, passwords and addresses"),
    "system": ("System", "Maintenance and what concerns everybody"),
}
EMAIL_WISHES: dict[str, str] = {"now": "At once", "daily": "Daily summary", "off": "No e-mails"}
APPEALS: dict[str, str] = {"open": "Being looked at", "granted": "Granted", "refused": "Refused"}
MESSAGES: dict[str, str] = {
    "new_sign_in": "Sign-in from a new browser",
    "factor_loss_asked": "Second factor lost",
    "factor_loss_approved": "Second factor to be taken off",
    "factor_loss_near": "Second factor to be taken off soon",
    "factor_loss_refused": "Second factor stays",
    "factor_loss_cancelled": "Second factor stays",
    "lost_factor_removed": "Second factor taken off",
    "digest": "Daily summary",
    "organization_suspended": "Suspension",
    "organization_restored": "Restoration",
    "appeal_refused": "Answer to an appeal",
}

# What happened to an order, as a line of its timeline.
STEPS: dict[str, str] = {
    "OrderPlaced": "Order placed",
    "OrderSecured": "Payment received and held in escrow",
    "OrderConfirmed": "Confirmed by the supplier",
    "OrderDeclined": "Declined by the supplier",
    "OrderExpired": "Ended: no payment came in",
    "OrderCancelled": "Cancelled by the buyer",
    "ProductionStarted": "Production started",
    "ProductionReported": "Production progress",
    "OrderReady": "Ready to ship",
    "GoodsShipped": "Goods shipped",
    "GoodsReceived": "Goods received",
    "GoodsAccepted": "Goods accepted",
    "OrderClosedShort": "Closed short: the rest is refunded",
    "OrderCompleted": "Order completed",
    "ShortageRefunded": "Missing goods refunded",
    "MoneyHeld": "Money held in escrow",
    "MoneyReleased": "Money released to the supplier",
    "MoneyRefunded": "Money refunded",
    "ReviewWritten": "Feedback left",
}

# Why money moved, as a line of a statement.
MOVEMENTS: dict[str, str] = {
    "wallet_topped_up": "Wallet top-up",
    "order_funded_by_wallet": "Paid from the wallet into escrow",
    "order_funded_by_transfer": "Bank transfer into escrow",
    "goods_accepted": "Goods accepted: money released",
    "order_refunded": "Refund from escrow",
    "refund_to_wallet": "Refund to the wallet",
    "refund_sent": "Refund sent by bank",
    "earnings_sent": "Payout sent by bank",
    "commission_swept": "Commission moved to operations",
    "account_tested": "Test deposits to a bank account",
    "gmv_placed": "GMV: placed",
    "gmv_confirmed": "GMV: confirmed",
    "gmv_completed": "GMV: completed",
}

# The accounts between which it moved.
ACCOUNTS: dict[str, str] = {
    "bank.escrow": "Escrow bank account",
    "bank.operating": "Operating bank account",
    "escrow": "Escrow of the order",
    "pay.seller": "Owed to the supplier",
    "pay.distributor": "Owed to the distributor",
    "wallet.buyer": "Buyer's wallet",
    "refund.payable": "Refund on its way",
    "vat.commission": "VAT on commission",
    "rev.commission": "Platform commission",
    "exp.psp": "Cost of payments",
    "memo.gmv.placed": "GMV, placed",
    "memo.gmv.confirmed": "GMV, confirmed",
    "memo.gmv.completed": "GMV, completed",
    "memo.contra": "GMV, counter-entry",
}

CARRIERS: dict[str, str] = {
    "dhl": "DHL",
    "fedex": "FedEx",
    "ups": "UPS",
    "dpd": "DPD",
    "own_fleet": "Own fleet",
    "other": "Other carrier",
}


def step(name: str) -> str:
    return STEPS.get(name, sentence_case(name))


def movement(kind: str) -> str:
    return MOVEMENTS.get(str(kind), sentence_case(str(kind)))


def account(family: str) -> str:
    return ACCOUNTS.get(str(family), sentence_case(str(family)))


# What a movement of stock was, and what caused it.
STOCK_MOVES: dict[str, str] = {
    "received": "Received", "counted": "Count corrected", "shipped": "Shipped", "sold": "Sold in the store",
    "moved": "Moved", "disposed": "Disposed of", "returned": "Returned",
}  # fmt: skip
STOCK_PLACES: dict[str, str] = {
    "warehouse": "Warehouse", "store": "Store", "zone": "Zone", "bin": "Bin", "transit": "In transit",
    "aside": "Set aside",
}  # fmt: skip


def stock_move(kind: str) -> str:
    return STOCK_MOVES.get(str(kind), sentence_case(str(kind)))


def stock_place(kind: str) -> str:
    return STOCK_PLACES.get(str(kind), sentence_case(str(kind)))


def carrier(name: str) -> str:
    return CARRIERS.get(str(name), sentence_case(str(name)))


def notice_line(kind: str, facts: Mapping[str, Any]) -> str:
    """One notice as a sentence."""
    template = NOTICES.get(kind)
    if template is None:
        return sentence_case(kind)
    if kind.startswith("verification_"):
        facts = {**facts, "what": requirement(str(facts.get("what", ""))).lower()}
        line = template.format_map(_Gaps(facts))
        return line[:1].upper() + line[1:]
    return template.format_map(_Gaps(facts))


def topic(name: str) -> tuple[str, str]:
    """What a topic of notices is called, and what belongs to it."""
    return TOPICS[str(name)]


def email_wish(name: str) -> str:
    return EMAIL_WISHES[str(name)]


def appeal_word(state: str | None) -> str:
    return APPEALS.get(str(state), "–")


def message_kind(kind: str) -> str:
    """What a letter or a text message is for."""
    return MESSAGES.get(kind, sentence_case(kind).replace("Email", "E-mail"))


class _Gaps(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


# --- sign-in and security ----------------------------------------------------------------------

WRONG_PASSWORD = "The password is not right. Please try again."
WRONG_CODE = "This code is not right, or it was used already. Please wait for the next one and try again."

SECURITY: dict[str, str] = {
    "SignedInEvent": "Signed in",
    "SignInRefused": "Wrong password",
    "SignInLocked": "Too many attempts from one place: it had to wait",
    "SignedOut": "Signed out",
    "SessionEnded": "A session was ended",
    "SessionsEnded": "Signed out elsewhere",
    "PasswordChanged": "Password changed",
    "PasswordReset": "Password reset by e-mail",
    "OwnPasswordRefused": "Wrong password given while signed in",
    "EmailChanged": "E-mail address changed",
    "PhoneConfirmed": "Telephone confirmed",
    "IdentityJoined": "Signed on elsewhere for the first time",
    "IdentityTakenAway": "A sign-on elsewhere taken away",
    "FactorEnrolled": "Second factor turned on",
    "FactorRemoved": "Second factor turned off",
    "FactorLossReported": "Somebody with your password said that your second factor is lost",
    "FactorLossApproved": "Taking your lost second factor off was approved",
    "FactorLossRefused": "Taking your second factor off was refused",
    "FactorLossCancelled": "Taking your second factor off was stopped",
    "LostFactorRemoved": "Your lost second factor was taken off",
    "NewBrowserSeen": "Signed in from a new browser",
    "SignInDisowned": "You said that a sign-in was not you",
    "FactorRefused": "Wrong code",
    "FactorShown": "Second factor shown again",
    "RecoveryCodeUsed": "Recovery code used",
    "RecoveryCodesRenewed": "New recovery codes made",
}
_WAYS_IN = {
    "password": "with the password",
    "sign_on": "by sign-on",
    "company": "by the company's sign-on",
    "link": "by a link",
}
_FACTORS = {"app": "and a code of the app", "recovery": "and a recovery code", "some": "and the second factor"}


def device(user_agent: str | None) -> str:
    """The browser and the machine as far as a browser tells."""
    return identity.browser_name(user_agent)


def way_in(method: str, factor: str = "no") -> str:
    """How somebody signed in."""
    return " ".join(part for part in (_WAYS_IN.get(method, ""), _FACTORS.get(factor, "")) if part)


def security_line(name: str, facts: Mapping[str, Any]) -> str:
    """What happened to somebody's sign-in, in a few words."""
    line = SECURITY.get(name, sentence_case(name))
    if name == "SignedInEvent":
        return f"{line} {way_in(str(facts.get('method', 'password')), str(facts.get('factor', 'no')))}"
    if name == "RecoveryCodeUsed":
        return f"{line}, {facts.get('left', 0)} left"
    return line


# --- business verification ---------------------------------------------------------------------

REQUIREMENTS: dict[str, tuple[str, str]] = {
    "email_confirmed": ("E-mail address", "Open the link that we sent to your address."),
    "phone_confirmed": ("Phone number", "Confirm a phone number with the code that we send by text message."),
    "profile_complete": ("Company profile", "Name, country and at least one place with an address."),
    "sanctions_clear": ("Sanctions lists", "We compare your company and its owners with sanctions lists."),
    "business_name": ("Company name", "Your number in the company register; the name there must be yours."),
    "registration_document": ("Registration document", "An extract of the company register as PDF, JPG or PNG."),
    "tax_number": ("Tax number", "Your VAT or tax number, with the certificate if you have one."),
    "proof_of_address": ("Proof of address", "A bill or a letter of an authority, at most 90 days old."),
    "bank_account": ("Bank account", "Two small deposits whose amounts you tell us, or a statement of the account."),
    "owners": ("Owners and directors", "Who owns and directs it; a document of everybody with a quarter or more."),
    "site_inspection": ("Inspection of the site", "Photos of the place; an inspector goes through a list with you."),
    "quality_certificate": ("Quality certificate", "ISO 9001 or its like: number, who issued it, until when."),
    "production_capacity": ("Production capacity", "Units a month, with evidence."),
    "ce_conformity": ("CE conformity", "Declaration or certificate of conformity."),
    "fda_registration": ("FDA registration", "Number of the registration and until when it is valid."),
    "organic_certificate": ("Organic certificate", "Number, control body and until when it is valid."),
    "product_compliance": ("Product compliance", "Test report or certificate that a regulated category asks for."),
}
LEVELS: tuple[tuple[str, str], ...] = (
    ("Not verified", "You can look around."),
    ("Level 1", "You can buy, up to a limit in 30 days."),
    ("Level 2", "You can buy without that limit, sell, be paid out and sign contracts."),
    ("Level 3", "Your products carry the badge, and you can sell in regulated categories."),
)
LEVELS_OF: dict[tuple[str, int], str] = {
    ("manufacturer", 1): "We know who you are and how to reach you. Level 2 lets you sell.",
    ("manufacturer", 2): "You can sell, be paid out and sign contracts.",
    ("retailer", 2): "You can buy without that limit, on credit too, and sign contracts.",
}
REASONS: dict[str, str] = {
    "not_readable": "The document cannot be read",
    "wrong_document": "This is another kind of document",
    "name_differs": "The name differs",
    "number_differs": "The number differs",
    "address_differs": "The address differs",
    "too_old": "The document is too old",
    "expired": "The document has expired",
    "altered": "The document seems to be altered",
    "not_registered": "Not found as active in the company register",
    "shares_incomplete": "The shares do not add up",
    "same_owner": "An owner also stands on the other side of the market",
    "same_document": "Another company handed in the same document or number",
    "sanctions_hit": "A name is like one on a sanctions list",
    "level_3": "Level 3 is decided by two people",
    "no_automatic_check": "There is no automatic check for this",
    "automatic_check_unsure": "The automatic check is not sure",
    "tries_used_up": "The amounts of the deposits were wrong three times",
    "other": "Another reason",
}


# What a virus scanner said of a file: the words and the colour of their badge.
SCANS: dict[str, tuple[str, Literal["gray", "green", "orange", "red"]]] = {
    "not_scanned": ("Not scanned for viruses", "gray"),
    "waiting": ("Waits for the virus scanner", "orange"),
    "clean": ("No virus found", "green"),
    "harmful": ("Harmful: nobody can open it", "red"),
}


def requirement(code: str) -> str:
    """A requirement as a heading: "Proof of address"."""
    return REQUIREMENTS[code][0] if code in REQUIREMENTS else sentence_case(code)


def reason(code: str) -> str:
    return REASONS.get(code, sentence_case(code))


def level_name(level: int) -> str:
    return LEVELS[level][0]


def level_unlocks(level: int, kind: str) -> str:
    """What a level opens for this kind of organisation: makers do not buy, shops do not sell."""
    return LEVELS_OF.get((kind, level), LEVELS[level][1])
