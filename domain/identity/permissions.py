"""The rights by name, and the role variants of each kind of organisation. Who holds which stands in `matrix`."""

from enum import StrEnum

from domain.identity.states import OrgKind, Variant


class Permission(StrEnum):
    # the organisation
    MANAGE_ORGANIZATION = "manage the organisation"
    SEE_PAYOUTS = "see payouts and statements"
    CHANGE_BANK_ACCOUNT = "change the bank account"
    # selling
    MANAGE_OFFERS = "manage products"
    CHOOSE_AUDIENCE = "choose who sees a product"
    SET_LEAD_TIMES = "set lead times"
    MANAGE_PRICES = "manage price lists"
    SET_PRICE_FLOORS = "set how low prices may go"
    PRICE_BELOW_FLOOR = "give prices below the floor"
    ASK_PRICES = "ask for a price below the floor"
    SEE_OFFERS = "see products and offers"
    SEE_PRICES = "see prices"
    SEE_COSTS = "see what goods cost"
    ANSWER_ORDERS = "accept or decline orders"
    REPORT_PRODUCTION = "report production"
    SHIP_ORDERS = "ship orders"
    MANAGE_STOCK = "receive and count stock"
    SEE_STOCK = "see stock"
    SEE_SALES = "see sales"
    BRING_PAST = "bring in past sales"
    # people and trust of one's own organisation
    MANAGE_TEAM = "manage the team"
    MANAGE_SIGN_ON = "manage how the people of the company sign on"
    SEE_AUDIT_LOG = "see the audit log"
    RESTORE_ACCESS = "decide on a colleague's lost second factor"
    SUBMIT_VERIFICATION = "submit business verification"
    SEE_VERIFICATION = "see business verification"
    # buying
    SEARCH_PRODUCTS = "search products"
    FILL_BASKET = "fill the basket"
    PLACE_ORDERS = "place orders"
    APPROVE_ORDERS = "approve purchases of colleagues"
    SET_APPROVAL_RULES = "set the rules for approvals"
    SEE_APPROVAL_RULES = "see the rules for approvals"
    CANCEL_ORDERS = "cancel orders"
    RECEIVE_GOODS = "receive and accept goods"
    SEE_PURCHASES = "see purchases"
    MANAGE_ADDRESSES = "manage addresses"
    SEE_ADDRESSES = "see addresses"
    PAY = "pay and use the wallet"
    # both sides
    WRITE_REVIEWS = "leave feedback"
    # the platform
    SEE_PLATFORM = "see the platform's figures"
    MATCH_PAYMENTS = "match bank transfers"
    PREPARE_PAYOUTS = "run payouts"
    SEE_PAYOUT_RUNS = "see payout runs"
    SEE_LEDGER = "see the ledger"
    SEE_ORDER_POSTINGS = "see the postings of an order"
    MANAGE_MEMBERS = "manage organisations"
    RECORD_DELIVERIES = "record deliveries"
    SEE_ALL_ORDERS = "see all orders"
    CONFIGURE = "configure the platform"
    MODERATE_CATALOG = "keep categories and look at what goes on sale"
    SEE_MODERATION = "see categories and what waits there"
    APPROVE_SETTINGS = "approve changes of settings"
    VOUCH_FOR_PEOPLE = "give members a way back in"
    RUN_PIPELINES = "run pipelines"
    SEE_ALL_AUDIT = "see everybody's audit log"
    DECIDE_VERIFICATION = "decide business verification"
    SET_REQUIREMENTS = "set what business verification asks for"
    SEE_VERIFICATION_STATUS = "see the state of business verification"
    SUSPEND_MEMBERS = "suspend and restore organisations"
    PROPOSE_SUSPENSION = "propose a suspension"
    APPROVE_SUSPENSION = "approve a suspension"
    ASSIGN_TERRITORIES = "assign territories"
    SEE_TERRITORIES = "see territories"
    VIEW_AS_MEMBER = "view as a member"
    SEE_PSEUDONYMS = "see people without names"


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
