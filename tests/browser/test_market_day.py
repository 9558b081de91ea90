"""The promise of the product, in a real browser: three suppliers, one checkout, money to the cent.

A retailer buys from three manufacturers at once; one declines, one ships 60 + 40, one delivers short. What
was accepted is released, what was not is refunded, and after the pipeline run the admin's tiles have
risen by the ordered and the accepted goods value.
"""

import os
import subprocess
import sys

import pytest

from domain import discovery, orders, reactions
from domain.identity import Variant
from domain.kernel.settings import PROJECT
from domain.kernel.work import begin
from tests.make.market import PASSWORD, buy, make_market

pytestmark = [pytest.mark.browser_required, pytest.mark.timeout(600)]


def run_pipeline():
    subprocess.run([sys.executable, "-m", "app.cli", "pipeline", "run"], cwd=PROJECT, env=dict(os.environ), check=True)


def test_a_whole_market_day(web, visitor, tmp_path):
    market = make_market()
    one, two, three = market.makers
    shop, platform = market.retailer, market.platform
    with begin(shop.owner) as work:
        products = {row.name: row.product_id for row in discovery.search_products(work).rows}
    buy(shop, {one.offers[0]: 10})  # what was sold before today: 100.00 placed, nothing completed
    run_pipeline()

    admin = visitor("admin")
    admin.sign_in(platform.emails[Variant.ANALYTICS], PASSWORD, "admin-home")
    admin.sees("All sources agree", "100.00")

    # --- the shop buys from three manufacturers in one checkout ---------------------------------
    buyer = visitor("shop")
    buyer.sign_in(shop.emails[Variant.BUSINESS_OWNER], PASSWORD, f"retailer-product?product={products['Thing 1']}")
    for name, quantity in (("Thing 1", "100"), ("Thing 2", "100"), ("Thing 3", "50")):
        buyer.open(f"retailer-product?product={products[name]}")  # the deep link survives the sign-in
        buyer.sees(name)
        buyer.fill("Quantity", quantity)
        buyer.press("Add to basket", exact=False)
    buyer.open("retailer-basket")
    buyer.sees("Maker 1", "Maker 2", "Maker 3", "2,484.00")  # 972.00 + 972.00 + 540.00
    buyer.open("retailer-checkout")
    buyer.press("Place order")
    buyer.open("retailer-orders")
    buyer.open("retailer-wallet")
    buyer.sees("47,408.00")
    reactions.deliver_new()

    with begin(shop.owner) as work:
        by_seller = {row.seller_id: row for row in reversed(orders.orders_of_buyer(work)[0])}
    first, second, third = (by_seller[maker.org_id] for maker in market.makers)

    # --- one declines: only its share is refunded -------------------------------------------------
    maker_one = visitor("maker-1")
    maker_one.sign_in(one.emails[Variant.FACTORY_OWNER], PASSWORD, f"manufacturer-order?order={first.order_id}")
    maker_one.press("Decline")
    maker_one.fill("Reason", "The line is down this week.")
    maker_one.press("Decline the order")
    maker_one.sees("Declined")
    buyer.open("retailer-wallet")
    buyer.sees("48,380.00")  # 47,408.00 + 972.00

    # --- one ships 60 + 40 --------------------------------------------------------------------------
    maker_two = visitor("maker-2")
    maker_two.sign_in(two.emails[Variant.FACTORY_OWNER], PASSWORD, f"manufacturer-order?order={second.order_id}")
    maker_two.press("Accept all")
    maker_two.press("Accept all")  # the dialog asks once more
    for part in ("60", "40"):
        ship(maker_two, part)
    for _ in range(2):
        receive(buyer, second.order_id)
    buyer.press("Accept goods")
    buyer.press("Accept and release the money")
    buyer.open(f"retailer-order?order={second.order_id}")
    buyer.sees("Completed", "972.00")
    maker_two.open("manufacturer-payouts")
    maker_two.sees("928.80")  # 972.00 - 36.00 commission - 7.20 VAT on it

    # --- one delivers short ---------------------------------------------------------------------------
    maker_three = visitor("maker-3")
    maker_three.sign_in(three.emails[Variant.FACTORY_OWNER], PASSWORD, f"manufacturer-order?order={third.order_id}")
    maker_three.press("Accept all")
    maker_three.press("Accept all")  # the dialog asks once more
    ship(maker_three, "50")
    receive(buyer, third.order_id, counted="48")
    buyer.press("Accept goods")
    buyer.press("Accept and release the money")
    maker_three.open(f"manufacturer-order?order={third.order_id}")
    maker_three.press("Refund what is missing")
    maker_three.press("Refund and close")
    buyer.open(f"retailer-order?order={third.order_id}")
    buyer.sees("Completed", "518.40", "21.60")

    # --- the admin's tiles rise by the ordered and the accepted goods value -----------------------------
    run_pipeline()
    admin.open("admin-home")
    admin.sees("All sources agree", "2,400.00", "1,380.00")  # 100 + 900 + 900 + 500 placed; 900 + 480 completed
    admin.page.get_by_role("link", name="GMV", exact=False).first.click()
    admin.settle()
    admin.sees("1,380.00", "Rows and figure agree", "2 rows add up to")
    admin.page.get_by_text("Ledger lines").click()
    admin.settle()
    admin.sees("Figure and ledger agree", "2 ledger lines")
    for form, starts in (("Plain (CSV)", b"\xef\xbb\xbffigure"), ("Spreadsheet (XLSX)", b"PK")):
        admin.page.get_by_role("button", name="Export").click()
        with admin.page.expect_download() as file:
            admin.page.get_by_role("button", name=form).click()
        assert file.value.path().read_bytes().startswith(starts)
        admin.page.keyboard.press("Escape")


def ship(maker, units):
    maker.press("Ship goods")
    maker.fill("Tracking number", f"TRACK-{units}")
    maker.page.get_by_role("dialog").locator("input[type=number]").fill(units)
    maker.page.get_by_role("dialog").get_by_role("button", name="Ship", exact=False).last.click()
    maker.settle()
    maker.sees(f"TRACK-{units}")


def receive(buyer, order_id, *, counted=None):
    buyer.open(f"retailer-order?order={order_id}")
    buyer.page.get_by_role("button", name="Record receipt").first.click()
    buyer.settle()
    dialog = buyer.page.get_by_role("dialog")
    if counted:
        dialog.locator("input[type=number]").fill(counted)
        dialog.locator("input[type=number]").press("Tab")
        buyer.settle()
    dialog.get_by_role("button", name="Record receipt").click()
    buyer.settle()
    buyer.page.get_by_role("dialog").wait_for(state="detached")
