"""The screens of sellers and of the platform: their main actions do what they say, once, on a real database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.navigation import BY_URL
from app.parts.bank_statement import read_statement
from domain import catalog, identity, ledger, orders, payments, stock
from domain.identity import OrgKind, Variant
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin, run
from domain.logistics import Carrier
from domain.payments import Method
from tests.app.signed_in import browser, cookie_of, session_of, texts
from tests.make.market import Company, Market, buy, company, offer, orders_of, sheet, top_up

pytestmark = pytest.mark.usefixtures("database")

SELLING = [url for url in BY_URL if url.startswith("manufacturer-")]
PLATFORM = [url for url in BY_URL if url.startswith("admin-")]


@pytest.fixture
def market(database: sa.Connection) -> Market:
    """One company of each kind with the people that these tests need."""
    platform = company(
        OrgKind.PLATFORM, "Platform", Variant.FINANCE, Variant.OPERATIONS, Variant.COMPLIANCE, Variant.ANALYTICS
    )
    retailer = company(OrgKind.RETAILER, "Corner Shop")
    maker = company(OrgKind.MANUFACTURER, "Maker 1", Variant.FACTORY_OWNER, Variant.PRODUCTION_MANAGER)
    offer(maker, "Thing 1", tiers=[(1, "10.00"), (100, "9.00")])
    found = Market(retailer, [maker], company(OrgKind.DISTRIBUTOR, "Regional Trade"), platform)
    top_up(retailer, "50000.00", found.finance)
    return found


@pytest.fixture
def maker(market: Market) -> Company:
    return market.makers[0]


@pytest.fixture
def order_id(market: Market, maker: Company) -> UUID:
    """An order that is paid and waits for its seller."""
    return orders_of(market.retailer, buy(market.retailer, {maker.offers[0]: 100}))[maker.org_id]


@contextmanager
def screen(email: str, url: str, **address: Any) -> Iterator[AppTest]:
    with browser(cookie_of(session_of(email))) as at:
        at.run()
        for name, value in address.items():
            at.query_params[name] = str(value)
        at.switch_page(str(PROJECT / BY_URL[url].path)).run()
        fine(at, url)
        yield at


def fine(at: AppTest, url: str = "") -> None:
    assert not at.exception, (url, at.exception)
    assert "Something went wrong" not in texts(at), url


def press(at: AppTest, label: str, *, last: bool = True) -> None:
    found = [button for button in at.button if button.label == label]
    assert found, [button.label for button in at.button]
    found[-1 if last else 0].click().run()
    fine(at, label)


@contextmanager
def opened(at: AppTest, label: str) -> Iterator[None]:
    """The dialog behind a button stays open: a test redraws the whole screen, where a browser redraws the dialog."""
    button = st.button

    def kept_pressed(text: str, *args: Any, **facts: Any) -> bool:
        pressed = bool(button(text, *args, **facts))
        return pressed or (text == label and facts.get("key") != "confirm-act")

    def in_place(title: str, **_: Any) -> Any:
        return lambda function: function

    with patch.object(st, "button", kept_pressed), patch.object(st, "dialog", in_place):
        at.run()
        fine(at, label)
        yield


def agree(at: AppTest) -> None:
    """Press the button of the dialog that asks once more."""
    at.button(key="confirm-act").click().run()
    fine(at, "confirm")


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def accepted(market: Market, maker: Company, order_id: UUID) -> None:
    run(maker.owner, orders.confirm_order, order_id=order_id)
    [line] = sheet(maker.owner, order_id).lines
    shipment_id = run(
        maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=Carrier.DHL, tracking="JD1",
        shipped={line.line_id: line.confirmed},
    )  # fmt: skip
    buyer = market.retailer.owner
    run(buyer, orders.record_receipt, request_id=uuid4(), order_id=order_id, shipment_id=shipment_id)
    run(buyer, orders.accept_goods, request_id=uuid4(), order_id=order_id)


# --- opening -------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", SELLING)
def test_a_seller_opens_every_screen_of_his(maker: Company, order_id: UUID, url: str) -> None:
    with screen(maker.emails[Variant.FACTORY_OWNER], url, order=order_id, offer=maker.offers[0], **kept(maker)) as at:
        assert "This page is not for your role" not in texts(at)
        assert at.title


def kept(maker: Company) -> dict[str, UUID]:
    """What the screens of the stock hub are about: a lot, a count and a transfer of it."""
    with begin(maker.owner) as work:
        [row], _ = stock.my_stock(work)
    hall = run(maker.owner, stock.add_location, request_id=uuid4(), name="Hall B")
    lines = [stock.Wanted(row.variant_id, row.location_id, row.lot_id, 5)]
    return {
        "variant": row.variant_id, "lot": row.lot_id,
        "count": run(maker.owner, stock.open_count, request_id=uuid4(), name="Now", location_id=row.location_id),
        "transfer": run(maker.owner, stock.draft_transfer, request_id=uuid4(), from_location_id=row.location_id,
                        to_location_id=hall, lines=lines),
    }  # fmt: skip


@pytest.mark.parametrize("url", PLATFORM)
def test_staff_open_every_screen_and_a_retailer_none(market: Market, order_id: UUID, url: str) -> None:
    variants = (Variant.FINANCE, Variant.OPERATIONS, Variant.COMPLIANCE, Variant.ANALYTICS)
    rights = BY_URL[url].any_of or (BY_URL[url].permission,)
    who = next(v for v in variants if any(r is None or market.platform.people[v].may(r) for r in rights))
    with screen(market.platform.emails[who], url, order=order_id) as at:
        assert "This page is not for your role" not in texts(at)
        assert at.title or (url == "admin-case" and "choose again" in texts(at))  # there is no case in this market
    with screen(market.retailer.emails[Variant.BUSINESS_OWNER], url, order=order_id) as at:
        assert "This page is not for your role" in texts(at)
        assert not at.dataframe


@pytest.mark.parametrize("show", ["new", "terms"])
def test_the_forms_of_the_product_screen_open(maker: Company, show: str) -> None:
    with screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-product", show=show) as at:
        assert at.title


def test_a_distributor_sees_both_sides_at_once(market: Market) -> None:
    email = next(iter(market.distributor.emails.values()))
    with screen(email, "distributor-home") as at:
        assert {"Buying", "Selling"} <= {heading.value for heading in at.subheader}


def test_the_order_of_another_seller_is_not_found(market: Market, order_id: UUID) -> None:
    email = next(iter(market.distributor.emails.values()))
    with screen(email, "manufacturer-order", order=order_id) as at:
        assert "We could not find that" in texts(at)
        assert market.retailer.name not in texts(at)


@pytest.mark.parametrize("address", ["", "nonsense", "0"])
def test_an_address_that_names_nothing_says_what_to_do(maker: Company, address: str) -> None:
    for url in ("manufacturer-order", "manufacturer-product"):
        with screen(maker.emails[Variant.FACTORY_OWNER], url, order=address, offer=address) as at:
            assert "chosen" in texts(at)


def test_figures_without_a_warehouse_say_how_to_get_them(market: Market) -> None:
    for url in ("admin-home", "admin-metric"):
        with screen(market.platform.emails[Variant.FINANCE], url) as at:
            assert "wholesale pipeline run" in texts(at)
            assert not at.metric


# --- selling -------------------------------------------------------------------------------------


def test_a_seller_accepts_all_of_an_order(maker: Company, order_id: UUID) -> None:
    with screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-order", order=order_id) as at:
        with opened(at, "Accept all"):
            agree(at)
    assert sheet(maker.owner, order_id).state == "confirmed"


def test_a_seller_accepts_a_part_and_the_rest_is_refunded(maker: Company, order_id: UUID) -> None:
    with screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-order", order=order_id) as at:
        with opened(at, "Accept in part"):
            at.number_input[0].set_value(60)
            press(at, "Accept these quantities")
    found = sheet(maker.owner, order_id)
    assert found.lines[0].confirmed == 60
    assert found.money is not None
    assert found.money.refunded > 0


def test_declining_asks_for_a_reason(maker: Company, order_id: UUID) -> None:
    with screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-order", order=order_id) as at:
        with opened(at, "Decline"):
            press(at, "Decline the order")
            assert "Please give the buyer a reason" in texts(at)
            assert sheet(maker.owner, order_id).state == "awaiting_seller"
            at.text_area[0].set_value("Out of steel")
            press(at, "Decline the order")
    assert sheet(maker.owner, order_id).state == "declined"


def test_a_seller_ships_a_part_and_refunds_the_rest(maker: Company, order_id: UUID) -> None:
    run(maker.owner, orders.confirm_order, order_id=order_id)
    with screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-order", order=order_id) as at:
        with opened(at, "Ship goods"):
            at.number_input[0].set_value(40)
            next(field for field in at.text_input if field.label == "Tracking number").set_value("JD77")
            press(at, "Ship")
            found = sheet(maker.owner, order_id)
            assert (found.lines[0].shipped, len(found.shipments), found.shipments[0].tracking) == (40, 1, "JD77")
        with opened(at, "Refund what is missing"):
            agree(at)
    found = sheet(maker.owner, order_id)
    assert found.state == "closed_short"
    assert found.lines[0].confirmed == 40


def test_production_is_started_and_reported(maker: Company, order_id: UUID) -> None:
    run(maker.owner, orders.confirm_order, order_id=order_id)
    with screen(maker.emails[Variant.PRODUCTION_MANAGER], "manufacturer-order", order=order_id) as at:
        with opened(at, "Start production"):
            agree(at)
        with opened(at, "Report progress"):
            at.slider[0].set_value(100)
            press(at, "Report")
    assert sheet(maker.owner, order_id).state == "ready"


def test_a_production_manager_sees_no_amounts_and_cannot_answer(maker: Company, order_id: UUID) -> None:
    with screen(maker.emails[Variant.PRODUCTION_MANAGER], "manufacturer-order", order=order_id) as at:
        assert "Amounts are not shown to your role" in texts(at)
        assert "Accept all" not in labels(at)


def test_goods_are_received_once(maker: Company) -> None:
    email = maker.emails[Variant.FACTORY_OWNER]
    with screen(email, "manufacturer-stock") as at:
        with opened(at, "Receive goods"):
            next(field for field in at.number_input if field.label.startswith("Quantity")).set_value(25)
            press(at, "Receive")
    with begin(maker.owner) as work:
        rows, _ = stock.my_stock(work)
        moves, total = stock.my_movements(work)
    assert sum(row.on_hand for row in rows) == 1025
    assert (total, moves[0].quantity) == (2, 25)


def test_an_offer_is_paused_and_published_again(maker: Company) -> None:
    with screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-product", offer=maker.offers[0]) as at:
        press(at, "Pause")
        with begin(maker.owner) as work:
            assert catalog.offer_sheet(work, offer_id=maker.offers[0]).state == "paused"
        press(at, "Publish")
    with begin(maker.owner) as work:
        assert catalog.offer_sheet(work, offer_id=maker.offers[0]).state == "published"


def test_a_new_product_with_two_variants_becomes_two_drafts(maker: Company) -> None:
    with screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-product", show="new") as at:
        at.text_input(key="new-name").set_value("Copper pipe")
        at.text_input(key="new-sku").set_value("CU")
        at.text_input(key="new-variants").set_value("1 m, 2 m")
        press(at, "Create draft")
    with begin(maker.owner) as work:
        drafts, total = catalog.my_offers(work, state="draft")
    assert (total, sorted(row.sku for row in drafts)) == (2, ["CU-1", "CU-2"])
    assert {row.variant_name for row in drafts} == {"1 m", "2 m"}


def test_a_wrong_bank_account_is_refused_in_the_dialog(maker: Company) -> None:
    with screen(maker.emails[Variant.FACTORY_OWNER], "manufacturer-payouts") as at:
        with opened(at, "Add bank account"):
            next(field for field in at.text_input if field.label == "IBAN").set_value("DE00 1234")
            press(at, "Save")
            assert "not a valid IBAN" in texts(at)
            next(field for field in at.text_input if field.label == "IBAN").set_value("DE89 3704 0044 0532 0130 00")
            press(at, "Save")
    with begin(maker.owner) as work:
        account = payments.my_bank_account(work)
    assert account is not None
    assert account.iban == "DE89370400440532013000"


def test_weeks_of_sales_count_what_was_paid(maker: Company, order_id: UUID) -> None:
    with begin(maker.owner) as work:
        weeks = orders.sales_by_week(work)
        goods = orders.order_sheet(work, order_id=order_id).goods
    assert len(weeks) == 12
    assert (weeks[-1].orders, weeks[-1].goods) == (1, goods)
    assert not any(week.orders for week in weeks[:-1])


def test_running_low_compares_free_stock_with_four_weeks_of_sales(market: Market, maker: Company) -> None:
    purchase_id = buy(market.retailer, {maker.offers[0]: 600})
    run(maker.owner, orders.confirm_order, order_id=orders_of(market.retailer, purchase_id)[maker.org_id])
    with begin(maker.owner) as work:
        [low] = orders.running_low(work)
    assert (low.offer_id, low.available, low.sold) == (maker.offers[0], 400, 600)


# --- the platform --------------------------------------------------------------------------------


def test_finance_prepares_a_batch_and_cannot_send_it(market: Market, maker: Company, order_id: UUID) -> None:
    accepted(market, maker, order_id)
    run(maker.owner, payments.change_bank_account, holder="Maker", iban="DE89370400440532013000")
    with screen(market.platform.emails[Variant.FINANCE], "admin-payouts") as at:
        with opened(at, "Prepare batch in EUR"):
            agree(at)
    with begin(market.finance) as work:
        [batch], total = payments.payout_batches(work)
    assert (total, batch.state, batch.payouts) == (1, "prepared", 1)
    with screen(market.platform.emails[Variant.FINANCE], "admin-payouts", show="batches", batch=batch.batch_id) as at:
        [send] = [button for button in at.button if button.label == "Send batch"]
        assert send.disabled
        with opened(at, "Cancel batch"):
            agree(at)
    with begin(market.finance) as work:
        assert payments.payout_batches(work)[0][0].state == "cancelled"


def test_operations_record_a_delivery_on_the_carriers_proof(market: Market, maker: Company, order_id: UUID) -> None:
    run(maker.owner, orders.confirm_order, order_id=order_id)
    [line] = sheet(maker.owner, order_id).lines
    run(
        maker.owner, orders.ship_goods, request_id=uuid4(), order_id=order_id, carrier=Carrier.DHL, tracking="JD1",
        shipped={line.line_id: 100},
    )  # fmt: skip
    with screen(market.platform.emails[Variant.OPERATIONS], "admin-order", order=order_id) as at:
        with opened(at, "Record a delivery"):
            at.number_input[0].set_value(98)
            press(at, "Record delivery")
    found = sheet(maker.owner, order_id)
    assert found.lines[0].delivered == 98


def test_a_line_of_the_bank_statement_is_added(market: Market) -> None:
    with screen(market.platform.emails[Variant.FINANCE], "admin-payments") as at:
        with opened(at, "Add a line"):
            fields = {field.label: field for field in at.text_input}
            fields["Bank's reference"].set_value("B-1")
            fields["Amount"].set_value("12.50")
            press(at, "Add line")
    with begin(market.finance) as work:
        [row], _ = payments.bank_lines(work)
    assert (row.bank_reference, str(row.amount)) == ("B-1", "12.5000")


def test_an_awaited_transfer_is_suggested_with_its_purchase(market: Market, maker: Company) -> None:
    purchase_id = buy(market.retailer, {maker.offers[0]: 10}, method=Method.BANK_TRANSFER)
    with begin(market.finance) as work:
        [awaited], total = payments.awaited_transfers(work)
    assert (total, awaited.purchase_id) == (1, purchase_id)
    from datetime import date

    run(
        market.finance, payments.record_bank_line, bank_reference="B-2", booked_on=date(2026, 1, 5), payer="x",
        remittance=f"for {awaited.reference}", amount=awaited.amount, currency="EUR",
    )  # fmt: skip
    with begin(market.finance) as work:
        [line], _ = payments.bank_lines(work)
        assert payments.wallet_owners(work, find="corner") == [(market.retailer.org_id, market.retailer.name)]
    assert line.suggested_purchase_id == purchase_id


def test_an_organisation_is_registered_with_its_place_and_owner(market: Market) -> None:
    with screen(market.platform.emails[Variant.OPERATIONS], "admin-organizations") as at:
        with opened(at, "Register an organisation"):
            fields = {field.label: field for field in at.text_input}
            for label, value in {
                "Name of the organisation": "New Shop", "Country (two letters)": "DE", "Street and number": "Weg 1",
                "City": "Ulm", "Postal code": "89073", "Name": "Nora New", "E-mail": "nora@new.example",
                "First password": "a long sentence for tests",
            }.items():  # fmt: skip
                fields[label].set_value(value)
            press(at, "Register")
    with begin(market.platform.people[Variant.OPERATIONS]) as work:
        [row], _ = identity.organizations(work, find="New Shop")
    assert row.people == 1


def test_a_weak_password_registers_nothing(market: Market) -> None:
    with screen(market.platform.emails[Variant.OPERATIONS], "admin-organizations") as at:
        with opened(at, "Register an organisation"):
            fields = {field.label: field for field in at.text_input}
            for label, value in {
                "Name of the organisation": "New Shop", "Country (two letters)": "DE", "Street and number": "Weg 1",
                "City": "Ulm", "Postal code": "89073", "Name": "Nora New", "E-mail": "nora@new.example", "First password": "x",
            }.items():  # fmt: skip
                fields[label].set_value(value)
            press(at, "Register")
            assert at.error
    with begin(market.platform.people[Variant.OPERATIONS]) as work:
        assert identity.organizations(work, find="New Shop") == ([], 0)


def test_the_checks_run_and_say_that_all_rules_hold(market: Market, order_id: UUID) -> None:
    with screen(market.platform.emails[Variant.FINANCE], "admin-checks") as at:
        press(at, "Run all checks")
        press(at, "Run all checks")
        assert "rules hold" in texts(at)


def test_the_ledger_is_in_balance_and_filters_stand_in_the_address(market: Market, order_id: UUID) -> None:
    with screen(market.platform.emails[Variant.FINANCE], "admin-ledger") as at:
        assert "In balance" in texts(at)
    with screen(market.platform.emails[Variant.FINANCE], "admin-ledger", show="lines", account="escrow") as at:
        assert set(at.dataframe[0].value["Account"]) == {"Held for orders"}
    with begin(market.finance) as work:
        assert ledger.postings(work, family="escrow")[1] == 1


# --- a bank statement as a file ------------------------------------------------------------------

HEAD = "bank_reference,booked_on,payer,remittance,amount,currency\n"


def test_a_statement_is_read_with_either_separator() -> None:
    for text in (
        HEAD + "B-1,2026-03-31,Shop,text,10.50,eur\n",
        (HEAD + "B-1,2026-03-31,Shop,text,10.50,EUR\n").replace(",", ";"),
    ):
        lines, problems = read_statement(text.encode("utf-8-sig"))
        assert not problems
        assert [(line["bank_reference"], str(line["amount"]), line["currency"]) for line in lines] == [
            ("B-1", "10.50", "EUR")
        ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("B-1,31.03.2026,Shop,x,10,EUR", "Row 2: '31.03.2026' is not a day"),
        ("B-1,2026-03-31,Shop,x,10.005,EUR", "Row 2: 10.005 is too large or has more decimals"),
        ("B-1,2026-03-31,Shop,x,ten,EUR", "Row 2: 'ten' is not an amount"),
        ("B-1,2026-03-31,Shop,x,-5,EUR", "Row 2: the amount must be above 0"),
        ("B-1,2026-03-31,Shop,x,NaN,EUR", "Row 2: the amount must be above 0"),
        ("B-1,2026-03-31,Shop,x,5,Euro", "Row 2: 'Euro' is not a currency"),
        (",2026-03-31,Shop,x,5,EUR", "Row 2: the bank reference is empty"),
        ("B-1,2026-03-31,Shop,x,5,EUR\nB-1,2026-03-31,Shop,x,5,EUR", "Row 3: the bank reference B-1 stands in row 2"),
    ],
)
def test_what_is_wrong_with_a_statement_is_said_by_row(row: str, said: str) -> None:
    _, problems = read_statement((HEAD + row).encode())
    assert problems[0].startswith(said)


def test_a_statement_without_its_columns_says_which() -> None:
    assert read_statement(b"a,b\n1,2\n")[1][0] == "Row 1: the column bank_reference is missing."
    assert read_statement(b"\xff\xfe\x00")[1] == ["The file is not UTF-8 text. Please save it as CSV UTF-8."]
    assert read_statement(HEAD.encode())[1] == ["The file has no rows below its heading."]
