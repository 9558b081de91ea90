"""What each role variant may do, as data (spec: permissions). Limits by amount and scope come with teams."""

from enum import StrEnum

from domain.identity.states import OrgKind, Variant


class Permission(StrEnum):
    # the organisation
    MANAGE_ORGANIZATION = "manage the organisation"
    SEE_PAYOUTS = "see payouts and statements"
    CHANGE_BANK_ACCOUNT = "change the bank account"
    # selling
    MANAGE_OFFERS = "manage products"
    MANAGE_PRICES = "manage price lists"
    SEE_PRICES = "see prices"
    ANSWER_ORDERS = "accept or decline orders"
    REPORT_PRODUCTION = "report production"
    SHIP_ORDERS = "ship orders"
    MANAGE_STOCK = "receive and count stock"
    SEE_STOCK = "see stock"
    SEE_SALES = "see sales"
    BRING_PAST = "bring in past sales"
    # people and trust of one's own organisation
    MANAGE_TEAM = "manage the team"
    SEE_AUDIT_LOG = "see the audit log"
    SUBMIT_VERIFICATION = "submit business verification"
    SEE_VERIFICATION = "see business verification"
    # buying
    SEARCH_PRODUCTS = "search products"
    FILL_BASKET = "fill the basket"
    PLACE_ORDERS = "place orders"
    CANCEL_ORDERS = "cancel orders"
    RECEIVE_GOODS = "receive and accept goods"
    SEE_PURCHASES = "see purchases"
    MANAGE_ADDRESSES = "manage addresses"
    PAY = "pay and use the wallet"
    # both sides
    WRITE_REVIEWS = "leave feedback"
    # the platform
    SEE_PLATFORM = "see the platform's figures"
    MATCH_PAYMENTS = "match bank transfers"
    PREPARE_PAYOUTS = "run payouts"
    SEE_LEDGER = "see the ledger"
    MANAGE_MEMBERS = "manage organisations"
    RECORD_DELIVERIES = "record deliveries"
    SEE_ALL_ORDERS = "see all orders"
    CONFIGURE = "configure the platform"
    RUN_PIPELINES = "run pipelines"
    SEE_ALL_AUDIT = "see everybody's audit log"
    DECIDE_VERIFICATION = "decide business verification"
    SEE_VERIFICATION_STATUS = "see the state of business verification"
    SUSPEND_MEMBERS = "suspend and restore organisations"
    PROPOSE_SUSPENSION = "propose a suspension"
    APPROVE_SUSPENSION = "approve a suspension"
    ASSIGN_TERRITORIES = "assign territories"
    SEE_TERRITORIES = "see territories"
    VIEW_AS_MEMBER = "view as a member"


P = Permission
_SELL_OPERATE = {
    P.MANAGE_OFFERS, P.MANAGE_PRICES, P.SEE_PRICES, P.ANSWER_ORDERS, P.REPORT_PRODUCTION, P.SHIP_ORDERS,
    P.MANAGE_STOCK, P.SEE_STOCK, P.SEE_SALES, P.WRITE_REVIEWS, P.SEARCH_PRODUCTS,
}  # fmt: skip
_OWN = {
    P.MANAGE_ORGANIZATION, P.SEE_PAYOUTS, P.CHANGE_BANK_ACCOUNT, P.MANAGE_ADDRESSES, P.MANAGE_TEAM, P.SEE_AUDIT_LOG,
    P.SUBMIT_VERIFICATION, P.SEE_VERIFICATION,
}  # fmt: skip
_BUY = {
    P.SEARCH_PRODUCTS, P.SEE_PRICES, P.FILL_BASKET, P.PLACE_ORDERS, P.CANCEL_ORDERS, P.RECEIVE_GOODS, P.SEE_PURCHASES,
    P.PAY, P.WRITE_REVIEWS,
}  # fmt: skip

GRANTS: dict[Variant, frozenset[Permission]] = {
    Variant.FACTORY_OWNER: frozenset(_SELL_OPERATE | _OWN | {P.BRING_PAST}),
    Variant.FACTORY_MANAGER: frozenset(
        _SELL_OPERATE
        | {
            P.MANAGE_ORGANIZATION, P.SEE_PAYOUTS, P.MANAGE_TEAM, P.SEE_AUDIT_LOG, P.SUBMIT_VERIFICATION,
            P.SEE_VERIFICATION,
        }
    ),  # fmt: skip
    Variant.SALES_REPRESENTATIVE: frozenset(
        {P.SEE_PRICES, P.ANSWER_ORDERS, P.SEE_SALES, P.SEARCH_PRODUCTS, P.SEE_VERIFICATION}
    ),
    Variant.PRODUCTION_MANAGER: frozenset(
        {
            P.REPORT_PRODUCTION, P.SHIP_ORDERS, P.MANAGE_STOCK, P.SEE_STOCK, P.SEE_SALES, P.SEARCH_PRODUCTS,
            P.SEE_VERIFICATION,
        }
    ),  # fmt: skip
    Variant.BUSINESS_OWNER: frozenset(_BUY | _OWN),
    Variant.STORE_MANAGER: frozenset(_BUY | {P.SEE_VERIFICATION}),
    Variant.PURCHASING_AGENT: frozenset((_BUY - {P.RECEIVE_GOODS, P.WRITE_REVIEWS}) | {P.SEE_VERIFICATION}),
    Variant.DISTRIBUTOR_OWNER: frozenset(_BUY | _SELL_OPERATE | _OWN | {P.BRING_PAST}),
    Variant.REGIONAL_MANAGER: frozenset(
        _BUY | {P.SEE_STOCK, P.SEE_SALES, P.ANSWER_ORDERS, P.SHIP_ORDERS, P.SEE_VERIFICATION}
    ),
    Variant.WAREHOUSE_MANAGER: frozenset(
        {P.SEARCH_PRODUCTS, P.RECEIVE_GOODS, P.SHIP_ORDERS, P.MANAGE_STOCK, P.SEE_STOCK, P.SEE_PURCHASES}
    ),
    Variant.SALES_MANAGER: frozenset({P.SEARCH_PRODUCTS, P.ANSWER_ORDERS, P.SEE_SALES, P.SEE_PRICES, P.SEE_STOCK}),
    Variant.SUPER_ADMIN: frozenset(
        {
            P.SEE_PLATFORM, P.SEE_LEDGER, P.MANAGE_MEMBERS, P.SEE_ALL_ORDERS, P.RUN_PIPELINES, P.SEE_ALL_AUDIT,
            P.APPROVE_SUSPENSION, P.MANAGE_TEAM,
        }
    ),  # fmt: skip
    Variant.OPERATIONS: frozenset(
        {
            P.SEE_PLATFORM, P.MANAGE_MEMBERS, P.RECORD_DELIVERIES, P.SEE_ALL_ORDERS, P.CONFIGURE, P.RUN_PIPELINES,
            P.SEE_ALL_AUDIT, P.SUSPEND_MEMBERS, P.ASSIGN_TERRITORIES, P.SEE_TERRITORIES, P.VIEW_AS_MEMBER,
        }
    ),  # fmt: skip
    Variant.COMPLIANCE: frozenset(
        {
            P.SEE_PLATFORM, P.MANAGE_MEMBERS, P.SEE_ALL_ORDERS, P.SEE_ALL_AUDIT, P.DECIDE_VERIFICATION,
            P.SEE_VERIFICATION_STATUS, P.PROPOSE_SUSPENSION, P.SEE_TERRITORIES,
        }
    ),  # fmt: skip
    Variant.SUPPORT: frozenset(
        {
            P.SEE_PLATFORM, P.RECORD_DELIVERIES, P.SEE_ALL_ORDERS, P.SEE_VERIFICATION_STATUS, P.PROPOSE_SUSPENSION,
            P.SEE_TERRITORIES, P.VIEW_AS_MEMBER,
        }
    ),  # fmt: skip
    Variant.FINANCE: frozenset(
        {
            P.SEE_PLATFORM, P.MATCH_PAYMENTS, P.PREPARE_PAYOUTS, P.SEE_LEDGER, P.SEE_ALL_ORDERS, P.RUN_PIPELINES,
            P.SEE_VERIFICATION_STATUS, P.SEE_TERRITORIES,
        }
    ),  # fmt: skip
    Variant.ANALYTICS: frozenset(
        {P.SEE_PLATFORM, P.SEE_LEDGER, P.SEE_ALL_ORDERS, P.RUN_PIPELINES, P.SEE_TERRITORIES}
    ),
}

VARIANTS: dict[OrgKind, tuple[Variant, ...]] = {
    OrgKind.MANUFACTURER: (
        Variant.FACTORY_OWNER, Variant.FACTORY_MANAGER, Variant.SALES_REPRESENTATIVE, Variant.PRODUCTION_MANAGER,
    ),
    OrgKind.RETAILER: (Variant.BUSINESS_OWNER, Variant.STORE_MANAGER, Variant.PURCHASING_AGENT),
    OrgKind.DISTRIBUTOR: (
        Variant.DISTRIBUTOR_OWNER, Variant.REGIONAL_MANAGER, Variant.WAREHOUSE_MANAGER, Variant.SALES_MANAGER,
    ),
    OrgKind.PLATFORM: (
        Variant.SUPER_ADMIN, Variant.OPERATIONS, Variant.COMPLIANCE, Variant.SUPPORT, Variant.FINANCE,
        Variant.ANALYTICS,
    ),
}  # fmt: skip
