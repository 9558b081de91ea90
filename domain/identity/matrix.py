"""The rows of the matrix (spec: permissions) and what follows from them: `GRANTS`, and what is pending.

A row that the specification does not have, because the product has more verbs than the specification has lines, is
marked `beside`. A new command belongs to a row, or to everybody, or to the system (`COMMANDS_BESIDE`).
"""

from collections.abc import Mapping
from functools import cache

from domain.identity.cells import (
    CUSTOMERS,
    NO,
    PROPOSE,
    REQUEST,
    STORES,
    TERRITORY,
    UNSCOPED,
    WITHHELD,
    A,
    By,
    Cell,
    Condition,
    F,
    Grant,
    How,
    L,
    Part,
    R,
    Row,
    Side,
    View,
    approving,
    buy,
    cell,
    distribution,
    full,
    halves,
    limited,
    never,
    only,
    platform,
    reading,
    scoped,
    supply,
)
from domain.identity.permissions import Permission
from domain.identity.states import Variant

P, V = Permission, Variant

_SUPPLY = (
    supply(
        "Org profile, KYB submit", F, F, R, R,
        does=(P.MANAGE_ORGANIZATION, P.MANAGE_ADDRESSES, P.SUBMIT_VERIFICATION), reads=(P.SEE_VERIFICATION,),
        commands=(
            "identity.add_site", "identity.set_holidays", "identity.appeal_suspension", "identity.accept_terms",
            "identity.set_delivery_preferences", "verification.submit_bank_statement",
        ),
    ),
    supply(
        "Team invite/roles (not above own)", F, scoped(By.TEAM), NO, NO, questions=("identity.members_reach",),
        does=(P.MANAGE_TEAM,),
        commands=(
            "identity.set_member_limits", "identity.set_member_scopes", "identity.invite_member",
            "identity.resend_invitation", "identity.revoke_invitation",
            "identity.change_role", "identity.remove_member", "identity.view_as_colleague",
        ),
    ),
    supply(
        "Company sign-on", F, NO, NO, NO, questions=("identity.my_company_sign_on",), does=(P.MANAGE_SIGN_ON,),
        commands=("identity.set_company_sign_on", "identity.close_company_sign_on"), beside=True,
    ),
    supply(
        "Bank/payout details (2FA + 24 h)", F, NO, NO, NO, does=(P.CHANGE_BANK_ACCOUNT,),
        commands=(
            "payments.change_bank_account", "verification.confirm_deposits", "verification.ask_for_new_deposits",
        ),
    ),
    supply(
        "Products, media, specs", F, F, R, R,
        questions=(
            "catalog.my_offers", "catalog.offer_sheet", "catalog.product_sheet", "catalog.my_variants",
            "catalog.my_policies", "catalog.my_certificates", "catalog.my_changes", "catalog.template_of",
            "orders.promise_record",
        ),
        does=(P.MANAGE_OFFERS, P.CHOOSE_AUDIENCE), reads=(P.SEE_OFFERS,),
        commands=(
            "catalog.create_product", "catalog.change_product", "catalog.create_offer", "catalog.publish_offer",
            "discovery.set_audience", "discovery.set_stock_display", "catalog.pause_offer", "catalog.discontinue_offer",
            "catalog.publish_offers", "catalog.create_variants", "catalog.create_grade", "catalog.remove_variants",
            "catalog.change_variants", "catalog.add_media", "catalog.describe_media", "catalog.remove_media",
            "catalog.arrange_media", "catalog.write_policy", "catalog.assign_policy", "catalog.set_certificates",
            "catalog.withdraw_change", "catalog.check_upload", "catalog.start_upload", "catalog.carry_on_upload",
            "catalog.undo_upload",
        ),
    ),
    supply(
        "Price lists, discounts", F, F, R, never(Condition.MASKED), questions=("orders.sales_by_week",),
        does=(P.MANAGE_PRICES,),
        reads=(P.SEE_PRICES, P.SEE_COSTS),
        commands=(
            "catalog.set_price_tiers", "catalog.set_seller_terms", "catalog.set_prices", "catalog.change_prices",
            "catalog.plan_prices", "catalog.withdraw_plan", "pricing.open_group", "pricing.close_group",
            "pricing.set_group_members", "pricing.make_rule", "pricing.end_rule", "pricing.set_product_minimum",
        ),
    ),
    supply(
        "Price below floor", A, approving(Condition.TO_FIVE_PERCENT_BELOW), REQUEST, NO,
        approves=(P.PRICE_BELOW_FLOOR,), requests=(P.ASK_PRICES,),
    ),
    supply(
        "Decide on prices below the floor", F, F, NO, NO, does=(P.PRICE_BELOW_FLOOR,),
        commands=("pricing.decide_price_request",), beside=True,
    ),
    supply(
        "Ask for a price below the floor", F, F, F, NO, does=(P.ASK_PRICES,), questions=("pricing.price_requests",),
        commands=("pricing.ask_price",), beside=True,
    ),
    supply("The floor of prices", F, NO, NO, NO, does=(P.SET_PRICE_FLOORS,), commands=("catalog.set_price_floor",),
        beside=True),
    supply(
        "MOQ, packaging, lead time", F, F, R, scoped(By.LEAD_TIME), does=(P.MANAGE_OFFERS,), reads=(P.SEE_OFFERS,),
        scopes={By.LEAD_TIME: (P.SET_LEAD_TIMES, P.SEE_OFFERS)}, commands=("catalog.change_offer",),
    ),
    supply(
        "Lead time of an offer", F, F, NO, F, does=(P.SET_LEAD_TIMES,), commands=("catalog.set_lead_time",),
        beside=True,
    ),
    supply("RFQ answer, counter-offer", F, F, scoped(By.CUSTOMER, limited=True), NO),
    supply(
        "Accept/decline order", F, L, scoped(By.CUSTOMER, limited=True), NO, questions=("orders.orders_of_seller",),
        does=(P.ANSWER_ORDERS,),
        reads=(P.SEE_SALES,),
        commands=("orders.confirm_order", "orders.decline_order", "orders.withdraw_order", "orders.close_short"),
    ),
    supply(
        "Production milestones", F, F, R, F, questions=("orders.orders_of_seller",), does=(P.REPORT_PRODUCTION,),
        reads=(P.SEE_SALES,),
        commands=("orders.start_production", "orders.report_production"),
    ),
    supply(
        "Ship, labels, POD", F, F, R, F, questions=("orders.orders_of_seller",), does=(P.SHIP_ORDERS,),
        reads=(P.SEE_SALES,), commands=("orders.ship_goods",)
    ),
    supply(
        "Stock adjust, count, transfer", F, F, NO, full(Condition.LARGE_ADJUSTMENTS_APPROVED),
        questions=("stock.my_stock", "stock.my_movements", "stock.my_locations", "orders.running_low",),
        does=(P.MANAGE_STOCK,), reads=(P.SEE_STOCK,),
        commands=(
            "stock.add_location", "stock.receive_stock", "stock.count_stock", "stock.set_threshold",
            "stock.wish_production", "stock.close_production_wish",
            "stock.record_sales", "stock.move_stock", "stock.hold_stock", "stock.release_hold", "stock.allocate_stock",
            "stock.end_allocation", "stock.hold_lot", "stock.free_lot", "stock.recall_lot", "stock.dispose_stock",
            "stock.set_life_term", "stock.draft_transfer", "stock.send_transfer", "stock.receive_transfer",
            "stock.cancel_transfer", "stock.resolve_discrepancy", "stock.open_count", "stock.enter_count",
            "stock.finish_count", "stock.approve_count", "stock.recount", "stock.cancel_count",
        ),
    ),
    supply("Contracts: draft / negotiate", F, F, CUSTOMERS, NO),
    supply("Contracts: sign", F, never(Condition.UNLESS_DELEGATED), NO, NO),
    supply("Claims/returns decide", F, L, PROPOSE, R),
    supply("Disputes respond", F, F, CUSTOMERS, R),
    supply("Invoices, payouts, statements", F, R, NO, NO,
        questions=("payments.my_earnings", "payments.my_balance", "payments.my_bank_account",), reads=(P.SEE_PAYOUTS,)),
    supply("Invoice finance", F, NO, NO, NO),
    supply("Forecast, price intelligence", F, F, R, scoped(By.DEMAND)),
    supply("Chat", F, F, CUSTOMERS, scoped(By.ORDER_THREADS)),
    supply("Ads, subscription, API keys", F, NO, NO, NO),
    supply("Audit log of org", F, R, NO, NO, reads=(P.SEE_AUDIT_LOG,)),
    supply("Search the market", F, F, F, NO,
        questions=("discovery.search_products", "discovery.find_by_number",
            "discovery.product_sheet", "catalog.variants_of_product",),
        does=(P.SEARCH_PRODUCTS,),
        commands=("discovery.save_search", "discovery.forget_search", "discovery.look_for_new"), beside=True),
    supply(
        "Give colleagues a way back in", F, NO, NO, NO, does=(P.RESTORE_ACCESS,),
        commands=("identity.decide_lost_factor",), questions=("identity.lost_factors",), beside=True,
    ),
    supply("Leave feedback", F, F, NO, NO, does=(P.WRITE_REVIEWS,), commands=("orders.leave_feedback",), beside=True),
    supply("Bring in past sales", F, NO, NO, NO, questions=("orders.my_past", "orders.my_past_by_month",),
        does=(P.BRING_PAST,), commands=("orders.bring_past",), beside=True),
)  # fmt: skip

_BUY = (
    buy(
        "Org profile, KYB", F, R, R, does=(P.MANAGE_ORGANIZATION, P.SUBMIT_VERIFICATION), reads=(P.SEE_VERIFICATION,),
        commands=("identity.appeal_suspension", "identity.accept_terms"),
    ),
    buy(
        "Team, spending limits", F, NO, NO, questions=("identity.members_reach",), does=(P.MANAGE_TEAM,),
        commands=(
            "identity.set_member_limits", "identity.set_member_scopes", "identity.invite_member",
            "identity.resend_invitation", "identity.revoke_invitation",
            "identity.change_role", "identity.remove_member", "identity.view_as_colleague",
        ),
    ),
    buy(
        "Company sign-on", F, NO, NO, questions=("identity.my_company_sign_on",), does=(P.MANAGE_SIGN_ON,),
        commands=("identity.set_company_sign_on", "identity.close_company_sign_on"), beside=True,
    ),
    buy(
        "Approval rules", F, R, R, questions=("orders.approval_rule",), does=(P.SET_APPROVAL_RULES,),
        reads=(P.SEE_APPROVAL_RULES,), commands=("orders.set_approval_rule",),
    ),
    buy(
        "Approve orders", A, approving(Condition.IN_STORE_UP_TO_LIMIT), never(Condition.NEVER_OWN),
        approves=(P.APPROVE_ORDERS,),
    ),
    buy(
        "Decide on requests to buy", F, scoped(By.STORE, limited=True), NO, does=(P.APPROVE_ORDERS,),
        commands=("orders.approve_purchase", "orders.reject_purchase"), beside=True,
    ),
    buy(
        "Search, compare, lists", F, F, F,
        questions=("discovery.search_products", "discovery.find_by_number",
            "discovery.product_sheet", "catalog.variants_of_product",
            "orders.my_basket",), does=(P.SEARCH_PRODUCTS, P.FILL_BASKET), reads=(P.SEE_PRICES, P.SEE_COSTS),
        commands=(
            "orders.add_to_basket", "orders.remove_from_basket", "orders.set_basket_quantity",
            "orders.confirm_basket_prices", "orders.add_many_to_basket", "orders.take_out_gone",
            "orders.save_basket_as_list", "orders.load_list", "orders.change_list", "orders.forget_list",
            "orders.set_list_quantity", "orders.renew_list_prices", "discovery.save_search",
            "discovery.forget_search", "discovery.look_for_new",
        ),
    ),
    buy("RFQ, negotiate, award", F, L, cell(Grant(How.FULL), Grant(How.LIMITED, part=Part.AWARD))),
    buy(
        "Place order", F, scoped(By.STORE, limited=True), L,
        questions=("orders.orders_of_buyer", "orders.purchase_sheet",), does=(P.PLACE_ORDERS,),
        reads=(P.SEE_PURCHASES,),
        commands=("orders.place_order", "orders.ask_approval"),
    ),
    buy(
        "Amend, cancel", F, scoped(By.STORE, limited=True), L, does=(P.CANCEL_ORDERS,), reads=(P.SEE_PURCHASES,),
        commands=("orders.cancel_order", "orders.cancel_purchase"),
    ),
    buy(
        "Receive, accept, claim, return", F, STORES, R, questions=("orders.orders_of_buyer",), does=(P.RECEIVE_GOODS,),
        reads=(P.SEE_PURCHASES,),
        commands=("orders.record_receipt", "orders.accept_goods"),
    ),
    buy(
        "Addresses", F, STORES, R, does=(P.MANAGE_ADDRESSES,), reads=(P.SEE_ADDRESSES,),
        commands=("identity.add_site", "identity.set_holidays", "identity.set_delivery_preferences"),
        questions=("identity.my_sites",),
    ),
    buy(
        "Payment methods, wallet, pay invoice", F, scoped(By.STORE, limited=True, part=Part.PAY), NO,
        questions=("payments.my_wallet", "payments.escrow_account",), does=(P.PAY,),
        parts={Part.PAY: (P.PAY,)}, commands=("orders.pay_from_wallet",),
    ),
    buy("Credit apply, plans", F, NO, NO),
    buy("Contracts negotiate / sign", halves(F, F), R, halves(F, NO)),
    buy("Spend analytics", F, STORES, scoped(By.OWN), does=(P.SEE_PURCHASES,)),
    buy(
        "Store inventory", F, STORES, R, does=(P.MANAGE_STOCK,), reads=(P.SEE_STOCK,),
        questions=("stock.open_alerts", "stock.daily_demand", "stock.store_places", "reports.recommendations"),
        commands=("orders.put_into_store", "orders.take_store_sales", "orders.sell_from_store"),
    ),
    buy("Reviews", F, STORES, STORES, does=(P.WRITE_REVIEWS,), commands=("orders.leave_feedback",)),
    buy("Disputes", F, scoped(By.OPEN), scoped(By.OPEN)),
    buy(
        "Give colleagues a way back in", F, NO, NO, does=(P.RESTORE_ACCESS,),
        commands=("identity.decide_lost_factor",), questions=("identity.lost_factors",), beside=True,
    ),
    buy("Audit log of org", F, NO, NO, reads=(P.SEE_AUDIT_LOG,), does=(), beside=True),
    buy(
        "Bank details", F, NO, NO,
        questions=("payments.my_earnings", "payments.my_balance", "payments.my_bank_account",),
        does=(P.CHANGE_BANK_ACCOUNT,), reads=(P.SEE_PAYOUTS,),
        commands=(
            "payments.change_bank_account", "verification.confirm_deposits", "verification.ask_for_new_deposits",
        ),
        beside=True,
    ),
)  # fmt: skip

_DISTRIBUTION = (
    distribution(
        "Org, KYB, team, bank", F, R, NO, NO,
        does=(
            P.MANAGE_ORGANIZATION, P.MANAGE_ADDRESSES, P.SUBMIT_VERIFICATION, P.MANAGE_TEAM, P.CHANGE_BANK_ACCOUNT,
            P.SEE_AUDIT_LOG,
        ),
        reads=(P.SEE_VERIFICATION,),
        commands=(
            "identity.add_site", "identity.set_holidays", "identity.appeal_suspension",
            "payments.change_bank_account", "verification.confirm_deposits", "verification.ask_for_new_deposits",
            "verification.submit_proof", "verification.submit_bank_statement",
            "verification.answer_request", "verification.appeal", "identity.set_member_limits", "identity.accept_terms",
            "identity.set_delivery_preferences", "identity.invite_member", "identity.resend_invitation",
            "identity.revoke_invitation",
            "identity.change_role", "identity.remove_member", "identity.view_as_colleague",
        ),
    ),
    distribution(
        "Company sign-on", F, NO, NO, NO, questions=("identity.my_company_sign_on",), does=(P.MANAGE_SIGN_ON,),
        commands=("identity.set_company_sign_on", "identity.close_company_sign_on"), beside=True,
    ),
    distribution("Territory agreements", F, R, NO, R, reads=(P.SEE_TERRITORIES,)),
    distribution(
        "Assign retailers, regional catalog visibility", F, TERRITORY, NO, TERRITORY, does=(P.CHOOSE_AUDIENCE,),
        commands=("discovery.set_audience",),
    ),
    distribution(
        "Order from manufacturers", F, scoped(By.TERRITORY, limited=True), limited(Part.REPLENISH), NO,
        questions=("orders.my_basket", "payments.my_wallet", "payments.escrow_account"),
        does=(P.FILL_BASKET, P.PLACE_ORDERS, P.CANCEL_ORDERS, P.PAY), reads=(P.SEE_PURCHASES,),
        commands=(
            "orders.add_to_basket", "orders.remove_from_basket", "orders.set_basket_quantity",
            "orders.confirm_basket_prices", "orders.place_order", "orders.ask_approval",
            "orders.add_many_to_basket", "orders.save_basket_as_list", "orders.load_list", "orders.change_list",
            "orders.take_out_gone", "orders.forget_list", "orders.set_list_quantity", "orders.renew_list_prices",
            "orders.cancel_order", "orders.cancel_purchase",
            "orders.pay_from_wallet",
        ),
        pending={
            V.WAREHOUSE_MANAGER: f"{WITHHELD}replenishing without seeing prices is not built",
        },
    ),
    distribution("Pool retailer orders", F, TERRITORY, R, TERRITORY),
    distribution(
        "Sell-side price", F, scoped(By.TERRITORY, limited=True), never(Condition.MASKED),
        scoped(By.TERRITORY, limited=True), does=(P.MANAGE_PRICES,), reads=(P.SEE_PRICES,),
        commands=(
            "catalog.set_price_tiers", "catalog.set_seller_terms", "catalog.set_prices", "catalog.change_prices",
            "catalog.plan_prices", "catalog.withdraw_plan", "pricing.open_group", "pricing.close_group",
            "pricing.set_group_members", "pricing.make_rule", "pricing.end_rule", "pricing.set_product_minimum",
        ),
        parts={},
        pending={
            V.REGIONAL_MANAGER: f"{WITHHELD}prices are the same in all territories; sees them",
            V.SALES_MANAGER: f"{WITHHELD}prices are the same in all territories; sees them",
        },
    ),
    distribution(
        "Prices below the floor", F, NO, NO, NO, does=(P.PRICE_BELOW_FLOOR, P.SET_PRICE_FLOORS, P.ASK_PRICES),
        questions=("pricing.price_requests",),
        commands=("catalog.set_price_floor", "pricing.ask_price", "pricing.decide_price_request"), beside=True,
    ),
    distribution("Cost price visible", F, TERRITORY, NO, NO, reads=(P.SEE_COSTS,)),
    distribution(
        "Accept retailer orders", F, TERRITORY, R, CUSTOMERS, questions=("orders.orders_of_seller",),
        does=(P.ANSWER_ORDERS,), reads=(P.SEE_SALES,),
        commands=("orders.confirm_order", "orders.decline_order", "orders.withdraw_order", "orders.close_short"),
    ),
    distribution(
        "Receive, put-away, count, transfer", F, R, scoped(By.WAREHOUSE), NO,
        questions=("stock.my_stock", "stock.my_movements", "stock.my_locations", "orders.running_low",
            "orders.orders_of_buyer",), does=(P.MANAGE_STOCK, P.RECEIVE_GOODS),
        reads=(P.SEE_STOCK, P.SEE_PURCHASES),
        commands=(
            "stock.add_location", "stock.receive_stock", "stock.count_stock", "stock.set_threshold",
            "stock.record_sales", "stock.move_stock", "stock.hold_stock", "stock.release_hold", "stock.allocate_stock",
            "stock.end_allocation", "stock.hold_lot", "stock.free_lot", "stock.recall_lot", "stock.dispose_stock",
            "stock.set_life_term", "stock.draft_transfer", "stock.send_transfer", "stock.receive_transfer",
            "stock.cancel_transfer", "stock.resolve_discrepancy", "stock.open_count", "stock.enter_count",
            "stock.finish_count", "stock.approve_count", "stock.recount", "stock.cancel_count",
            "orders.put_into_store", "orders.record_receipt", "orders.accept_goods",
        ),
    ),
    distribution(
        "Ship, routes, carriers", F, TERRITORY, scoped(By.WAREHOUSE), R, questions=("orders.orders_of_seller",),
        does=(P.SHIP_ORDERS,), reads=(P.SEE_SALES,),
        commands=("orders.ship_goods",),
    ),
    distribution("Claims/returns", F, scoped(By.TERRITORY, limited=True), only(Part.INSPECT), PROPOSE),
    distribution(
        "Commission statements, payouts", F, reading(by=By.TERRITORY), NO, reading(by=By.TERRITORY),
        questions=("payments.my_earnings", "payments.my_balance", "payments.my_bank_account",), reads=(P.SEE_PAYOUTS,),
        pending={
            V.REGIONAL_MANAGER: f"{WITHHELD}statements are of the whole organisation",
            V.SALES_MANAGER: f"{WITHHELD}statements are of the whole organisation",
        },
    ),
    distribution(
        "Regional dashboard", F, TERRITORY, scoped(By.STOCK_AND_DELIVERY), scoped(By.SALES),
        questions=("orders.orders_of_seller", "orders.sales_by_region"), does=(P.SEE_SALES,),
    ),
    distribution("Contracts (3-party) sign", F, NO, NO, NO),
    distribution("Disputes", F, TERRITORY, only(Part.EVIDENCE), TERRITORY),
    distribution(
        "Products and offers", F, R, R, R,
        questions=(
            "catalog.my_offers", "catalog.offer_sheet", "catalog.product_sheet", "catalog.my_variants",
            "catalog.my_policies", "catalog.my_certificates", "catalog.my_changes", "catalog.template_of",
            "orders.promise_record",
        ),
        does=(P.MANAGE_OFFERS, P.SET_LEAD_TIMES), reads=(P.SEE_OFFERS,),
        commands=(
            "catalog.create_product", "catalog.change_product", "catalog.create_offer", "catalog.publish_offer",
            "catalog.pause_offer", "catalog.discontinue_offer", "catalog.change_offer", "catalog.set_lead_time",
            "catalog.publish_offers", "catalog.create_variants", "catalog.create_grade", "catalog.remove_variants",
            "catalog.change_variants", "catalog.add_media", "catalog.describe_media", "catalog.remove_media",
            "catalog.arrange_media", "catalog.write_policy", "catalog.assign_policy", "catalog.set_certificates",
            "catalog.withdraw_change", "catalog.check_upload", "catalog.start_upload", "catalog.carry_on_upload",
            "catalog.undo_upload",
            "discovery.set_stock_display",
        ),
        beside=True,
    ),
    distribution(
        "Approval rules", F, R, R, NO, questions=("orders.approval_rule",), does=(P.SET_APPROVAL_RULES,),
        reads=(P.SEE_APPROVAL_RULES,), commands=("orders.set_approval_rule",), beside=True,
    ),
    distribution(
        "Decide on requests to buy", F, NO, NO, NO, does=(P.APPROVE_ORDERS,),
        commands=("orders.approve_purchase", "orders.reject_purchase"), beside=True,
    ),
    distribution(
        "Give colleagues a way back in", F, NO, NO, NO, does=(P.RESTORE_ACCESS,),
        commands=("identity.decide_lost_factor",), questions=("identity.lost_factors",), beside=True,
    ),
    distribution("See the own selling prices", F, F, NO, F, questions=("orders.sales_by_week",), reads=(P.SEE_PRICES,),
        does=(), beside=True),
    distribution("Search the market", F, F, NO, NO,
        questions=("discovery.search_products", "discovery.find_by_number",
            "discovery.product_sheet", "catalog.variants_of_product",),
        does=(P.SEARCH_PRODUCTS,),
        commands=("discovery.save_search", "discovery.forget_search", "discovery.look_for_new"), beside=True),
    distribution(
        "Production milestones", F, NO, NO, NO, does=(P.REPORT_PRODUCTION,),
        commands=("orders.start_production", "orders.report_production"), beside=True,
    ),
    distribution(
        "Leave feedback", F, F, NO, NO, does=(P.WRITE_REVIEWS,), commands=("orders.leave_feedback",), beside=True
    ),
    distribution(
        "Bring in past sales", F, NO, NO, NO, questions=("orders.my_past", "orders.my_past_by_month",),
        does=(P.BRING_PAST,), commands=("orders.bring_past",), beside=True
    ),
)  # fmt: skip

_PLATFORM = (
    platform(
        "Users suspend/restore", A, F, PROPOSE, PROPOSE, NO, reading(View.PSEUDONYMOUS), does=(P.SUSPEND_MEMBERS,),
        approves=(P.APPROVE_SUSPENSION,), proposes=(P.PROPOSE_SUSPENSION,),
        commands=("identity.suspend_organization", "identity.disable_person", "identity.enable_person"),
        views={View.PSEUDONYMOUS: (P.SEE_PSEUDONYMS,)},
    ),
    platform(
        "People without names", NO, NO, NO, NO, NO, F, does=(P.SEE_PSEUDONYMS,),
        questions=("identity.people_without_names",), beside=True,
    ),
    platform(
        "Propose suspensions", NO, NO, F, F, NO, NO, does=(P.PROPOSE_SUSPENSION,),
        commands=("identity.propose_suspension", "identity.propose_restoration"),
        questions=("reports.suspension_preview",), beside=True,
    ),
    # The right differs, the commands do not: who suspends decides on what others propose, the super admin on anything.
    platform(
        "Decide on proposals and appeals, restore", F, NO, NO, NO, NO, NO, does=(P.APPROVE_SUSPENSION,),
        commands=(
            "identity.decide_suspension", "identity.decide_appeal", "identity.restore_organization",
            "identity.decide_restoration",
        ),
        questions=("reports.suspension_preview",), beside=True,
    ),
    platform(
        "Decide on proposals and appeals of others, restore", NO, F, NO, NO, NO, NO, does=(P.SUSPEND_MEMBERS,),
        commands=(
            "identity.decide_suspension", "identity.decide_appeal", "identity.restore_organization",
            "identity.decide_restoration",
        ),
        questions=("reports.suspension_preview",), beside=True,
    ),
    platform(
        "KYB decide", NO, NO, full(Condition.TWO_PEOPLE_AT_LEVEL_3), reading(View.STATUS), reading(View.STATUS),
        reading(View.AGGREGATE), does=(P.DECIDE_VERIFICATION,), reads=(P.SEE_VERIFICATION_STATUS,),
        views={View.STATUS: (P.SEE_VERIFICATION_STATUS,)},
        commands=(
            "verification.claim_case", "verification.release_case", "verification.decide_case",
            "verification.propose_waiver", "verification.approve_waiver", "verification.end_waiver",
        ),
        questions=("verification.case_queue", "verification.queue_figures"),
        pending={V.ANALYTICS: f"{WITHHELD}there are no figures of verification"},
    ),
    platform(
        "What KYB asks for", R, F, F, R, R, R, does=(P.SET_REQUIREMENTS,), reads=(P.SEE_PLATFORM,),
        commands=(
            "verification.change_requirement", "verification.end_requirement", "verification.regulate_category",
            "verification.end_regulation",
        ),
        questions=("verification.requirement_rules", "verification.regulations",), beside=True,
    ),
    platform(
        "Categories, content moderation", NO, F, R, R, NO, R, does=(P.MODERATE_CATALOG,), reads=(P.SEE_MODERATION,),
        commands=(
            "catalog.create_category", "catalog.change_category", "catalog.set_template", "catalog.decide_change",
        ),
        questions=("catalog.category_tree", "catalog.changes"),
    ),
    platform("Commission rules", A, PROPOSE, NO, NO, full(Condition.TWO_PEOPLE_AND_DIFF), R),
    platform("Credit policy / limit override", A, NO, R, NO, full(Condition.TWO_PEOPLE), R),
    platform(
        "Dispute decide", NO, NO, R, cell(Grant(How.LIMITED, condition=Condition.FINANCE_ABOVE_LIMIT)),
        only(Part.CO_SIGN), reading(View.AGGREGATE),
    ),
    platform("Refund/goodwill", NO, NO, NO, L, F, NO),
    platform(
        "Payout run", NO, R, only(Part.HOLD_FOR_KYB), only(Part.HOLD_FOR_DISPUTE), full(Condition.MAKER_AND_CHECKER),
        R, questions=("payments.payout_batches", "payments.payouts_due", "payments.payouts_of_batch",),
        does=(P.PREPARE_PAYOUTS,), reads=(P.SEE_PAYOUT_RUNS,),
        commands=(
            "payments.prepare_payouts", "payments.send_payouts", "payments.cancel_payouts", "payments.bank_file",
            "verification.record_deposits_sent",
        ),
    ),
    platform(
        "Ledger view / manual entry", halves(R, only(Part.WITH_A_SECOND_PERSON)), NO, NO, reading(View.ORDER),
        halves(R, only(Part.WITH_A_SECOND_PERSON)), R,
        questions=("ledger.postings", "ledger.trial_balance", "reports.check_invariants"),
        reads=(P.SEE_LEDGER, P.SEE_ORDER_POSTINGS),
        views={View.ORDER: (P.SEE_ORDER_POSTINGS,)},
        pending={
            V.SUPER_ADMIN: f"{UNSCOPED}there are no manual entries",
            V.FINANCE: f"{UNSCOPED}there are no manual entries",
        },
    ),
    platform(
        "Territory assignment", NO, F, R, R, R, R, does=(P.ASSIGN_TERRITORIES,), reads=(P.SEE_TERRITORIES,),
        commands=(
            "territories.create_region", "territories.set_region_areas", "territories.assign_territory",
            "territories.end_assignment",
        ),
    ),
    platform(
        "Feature flags, system config", A, full(Condition.VERSIONED), R, R, R, R, does=(P.CONFIGURE,),
        commands=(
            "identity.change_setting", "identity.withdraw_setting", "identity.set_holidays",
        ),
        reads=(P.SEE_PLATFORM,), approves=(P.APPROVE_SETTINGS,),
    ),
    platform("Fraud cases", R, F, F, F, R, R),
    platform(
        "Impersonate (read-only, consent banner, logged)", NO, scoped(By.ORGANIZATION), NO, scoped(By.ORGANIZATION),
        NO, NO, does=(P.VIEW_AS_MEMBER,), commands=("identity.ask_to_view", "identity.view_as_member"),
        questions=("identity.views_of_organization",),
    ),
    platform("Simulation sandbox", F, F, R, R, F, F),
    platform(
        "Monitoring, job runs", F, F, R, R, R, F,
        questions=("reports.pipeline_runs", "reports.system_health", "reports.last_jobs",), does=(P.RUN_PIPELINES,),
        reads=(P.SEE_PLATFORM,),
        commands=("reports.request_build",),
    ),
    platform("See the platform's figures", F, F, F, F, F, F,
        questions=("reports.currencies", "reports.figures_state",), does=(P.SEE_PLATFORM,), beside=True),
    platform("See all orders", R, R, R, R, R, R, questions=("orders.all_orders",), reads=(P.SEE_ALL_ORDERS,),
        beside=True),
    platform(
        "Register organisations and their people", F, F, F, NO, NO, NO,
        questions=("identity.organizations", "notifications.outgoing_messages"), does=(P.MANAGE_MEMBERS,),
        commands=(
            "identity.register_organization", "identity.add_member", "identity.add_site", "notifications.resend",
        ),
        beside=True,
    ),
    platform(
        "Company sign-on", F, NO, NO, NO, NO, NO, questions=("identity.my_company_sign_on",), does=(P.MANAGE_SIGN_ON,),
        commands=("identity.set_company_sign_on", "identity.close_company_sign_on"), beside=True,
    ),
    platform(
        "The platform's own team", F, NO, NO, NO, NO, NO, does=(P.MANAGE_TEAM,),
        commands=(
            "identity.set_member_limits", "identity.invite_member", "identity.resend_invitation",
            "identity.revoke_invitation",
            "identity.change_role", "identity.remove_member",
        ),
        beside=True,
    ),
    platform(
        "Give colleagues a way back in", F, NO, NO, NO, NO, NO, does=(P.RESTORE_ACCESS,),
        commands=("identity.decide_lost_factor",), questions=("identity.lost_factors",), beside=True,
    ),
    platform(
        "Give members a way back in", NO, F, NO, F, NO, NO, does=(P.VOUCH_FOR_PEOPLE,),
        commands=("verification.vouch_for_person",),
        questions=("identity.lost_factors", "verification.proofs_of_owner"), beside=True,
    ),
    platform(
        "Approve changes of settings", F, NO, NO, NO, NO, NO, does=(P.APPROVE_SETTINGS,),
        commands=("identity.decide_setting",), beside=True,
    ),
    platform("Everybody's audit log", R, R, R, NO, NO, NO, reads=(P.SEE_ALL_AUDIT,), beside=True),
    platform(
        "Record deliveries on proof", NO, F, NO, F, NO, NO, does=(P.RECORD_DELIVERIES,),
        commands=("orders.record_receipt",), beside=True,
    ),
    platform(
        "Match incoming transfers", NO, NO, NO, NO, F, NO,
        questions=("payments.bank_lines", "payments.awaited_transfers", "payments.wallet_owners",),
        does=(P.MATCH_PAYMENTS,),
        commands=(
            "payments.record_bank_line", "payments.match_top_up", "payments.credit_wallet", "payments.claim_bank_line",
            "orders.match_transfer",
        ),
        beside=True,
    ),
)  # fmt: skip

ROWS: tuple[Row, ...] = _SUPPLY + _BUY + _DISTRIBUTION + _PLATFORM

# Commands that no cell decides about: what everybody may do for themselves, and what is done by the machine or
# inside of another command. The tests see that none of them can be used on what is somebody else's.
FOR_EVERYBODY = frozenset({
    "identity.make_link", "identity.withdraw_links", "identity.request_email_confirmation",
    "identity.request_email_change", "identity.cancel_email_change", "identity.request_phone_code",
    "identity.confirm_phone", "identity.leave_provider",
    "identity.open_view", "identity.grant_view", "identity.end_view_consent",
    "identity.change_password", "identity.start_factor", "identity.confirm_factor", "identity.show_factor",
    "identity.cancel_lost_factor",
    "identity.remove_factor", "identity.renew_recovery_codes", "identity.end_session", "identity.end_my_sessions",
    "identity.refuse_screen", "notifications.mark_read", "notifications.choose_emails", "payments.wallet_reference",
    "reports.record_export", "orders.withdraw_request",
})  # fmt: skip
FOR_THE_SYSTEM = frozenset({
    "identity.stop_viewing", "identity.end_views",
    "identity.report_lost_factor", "identity.stop_lost_factor", "identity.tend_lost_factors",
    "identity.vouch_for_lost_factor", "identity.note_browser", "identity.disown_sign_in", "identity.forget_person",
    "identity.forget_old_traces", "notifications.forget_messages_to", "notifications.forget_old_messages",
    "privacy.erase_person", "privacy.forget_old",
    "identity.use_link", "identity.request_password_reset", "identity.reset_password", "identity.confirm_email",
    "identity.confirm_email_change", "identity.refuse_email_change", "identity.begin_sign_on", "identity.end_sign_on",
    "identity.sign_in_by_provider", "identity.confirm_company_domain", "identity.end_company_sessions",
    "identity.begin_registration", "identity.send_registration_link", "identity.confirm_registration",
    "identity.save_registration_step", "identity.back_to_business", "identity.finish_registration",
    "verification.release_cases_of", "identity.join_organization", "identity.hand_over",
    "identity.switch_organization", "orders.hand_over_basket",
    "catalog.mark_audience", "discovery.forget_searches_of", "orders.forget_lists_of",
    "catalog.begin_prices", "pricing.spend_promotions", "pricing.return_promotions",
    "catalog.adopt_products", "catalog.import_catalog", "catalog.fail_upload", "catalog.uploads_waiting",
    "identity.adopt_organizations", "identity.open_history",
    "identity.erase_activity",
    "identity.erase_personal_changes",
    "identity.record_activity", "identity.redeem_ticket", "identity.sign_in", "identity.admit",
    "identity.finish_sign_in", "identity.give_up_sign_in", "identity.note_seen", "identity.sign_out", "ledger.post",
    "ledger.post_memo", "logistics.deliver", "logistics.ship", "notifications.tell_all",
    "notifications.tell", "notifications.unsubscribe", "notifications.mail_notices", "notifications.write_digests",
    "notifications.send_email", "notifications.send_text", "notifications.claim_emails", "notifications.claim_texts",
    "notifications.record_sent", "notifications.record_not_sent", "identity.lift_ended_suspensions",
    "discovery.count_words",
    "orders.import_history", "orders.accept_silently", "orders.tend_requests", "orders.close_shortage",
    "orders.decline_unanswered", "orders.expire_purchase", "orders.publish_feedback", "payments.capture",
    "payments.expire", "payments.freeze_commission", "payments.hold", "payments.open_payment", "payments.refund",
    "payments.release", "reports.give_up_build", "reports.record_build_sent", "reports.record_job",
    "reports.request_first_build", "stock.firm", "stock.release", "stock.ship", "stock.take",
    "stock.end_due", "stock.tend_alerts",
    "stock.put_away", "stock.store_at", "stock.take_in_sales", "trust.publish",
    "trust.write", "verification.bank_account_changed", "verification.check_submission",
    "verification.give_up_reading", "verification.load_registry", "verification.load_sanctions",
    "verification.record_reading", "verification.screen", "verification.tick", "verification.vouch",
})  # fmt: skip


def _grants() -> dict[Variant, frozenset[Permission]]:
    return {
        variant: frozenset(
            right for row in ROWS if variant in row.variants for right in row.rights_of(variant)
        )
        for variant in Variant
    }  # fmt: skip


GRANTS: Mapping[Variant, frozenset[Permission]] = _grants()


@cache
def grant_of(variant: Variant, permission: Permission) -> Grant | None:
    """How a variant holds a right: the widest of the cells that give it; None when no cell does."""
    held = [
        grant
        for row in ROWS
        if variant in row.variants and not row.withheld(variant)
        for grant in row.cell(variant).grants
        if permission in row.rights(grant)
    ]
    return min(held, key=lambda grant: (grant.is_narrow, list(How).index(grant.how)), default=None)


def pending() -> list[tuple[Row, Variant, str]]:
    """Every cell that the product does not keep yet, with what is missing."""
    found = []
    for row in ROWS:
        for variant in row.variants:
            missing = row.waits_for(variant)
            if missing:
                found.append((row, variant, missing))
    return found


__all__ = [
    "FOR_EVERYBODY",
    "FOR_THE_SYSTEM",
    "GRANTS",
    "ROWS",
    "Cell",
    "Grant",
    "How",
    "Row",
    "Side",
    "grant_of",
    "pending",
]
