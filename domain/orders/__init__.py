"""Orders: baskets, purchases and supplier orders, from checkout to completion.

A checkout makes one *purchase* with one *supplier order* per seller, whole or not at all. A supplier order
is awaiting payment, awaiting its seller, confirmed, in production, ready, and completed; or it ends as
declined, cancelled, expired or closed short. How far goods have travelled is derived from quantities.
Money is held from payment to acceptance and follows what was accepted, unit by unit. Announces every
step (`events`). Relies on pricing for prices, stock for reservations, payments for escrow, logistics for
shipments, trust for feedback. Refuses strangers with "not found", steps that the state table does not
list, and quantities that do not add up.

The story: `basket` -> `placing` (checkout; `approving` where a colleague has to agree first) -> `commands` (sell,
ship, receive, accept) -> `feedback`;
`ending` holds the ways to end early, `totals` the arithmetic, `history` the import of a company's past.
"""

from domain.orders.approving import (
    AlreadyDecided,
    approve_purchase,
    ask_approval,
    reject_purchase,
    set_approval_rule,
    tend_requests,
    withdraw_request,
)
from domain.orders.basket import (
    add_to_basket,
    confirm_basket_prices,
    hand_over_basket,
    remove_from_basket,
    set_basket_quantity,
)
from domain.orders.commands import (
    NothingToAccept,
    accept_goods,
    accept_silently,
    confirm_order,
    match_transfer,
    pay_from_wallet,
    record_receipt,
    report_production,
    ship_goods,
    start_production,
)
from domain.orders.ending import (
    cancel_order,
    cancel_purchase,
    close_short,
    close_shortage,
    decline_order,
    decline_unanswered,
    expire_purchase,
    withdraw_order,
)
from domain.orders.feedback import leave_feedback, publish_feedback
from domain.orders.history import (
    HistoryImported,
    HistoryNameTaken,
    ImportedHistory,
    ImportReport,
    PastUnderWay,
    bring_past,
    import_history,
)
from domain.orders.history_files import BadHistory, ImportProgress, Problem
from domain.orders.history_flat import ENCODINGS, FIELDS, Layout, UnknownLayout
from domain.orders.history_guess import Guess, guess_layout, guess_state, words_in_column
from domain.orders.past import my_past, my_past_by_month
from domain.orders.placing import (
    AboveCap,
    ApprovalNeeded,
    EmptyBasket,
    PriceChanged,
    SellerNotVerified,
    place_order,
)
from domain.orders.queries import (
    all_orders,
    my_basket,
    order_sheet,
    orders_of_buyer,
    orders_of_seller,
    purchase_sheet,
    running_low,
    sales_by_week,
    work_list,
)
from domain.orders.requests import approval_needed, approval_rule, purchase_requests, request_sheet
from domain.orders.states import BOUND, ENDED, OrderState, Progress, RequestState
from domain.orders.totals import BelowMinimum
from domain.orders.views import (
    ApprovalRuleSheet,
    BasketGroup,
    BasketRow,
    BasketSheet,
    LearnedCarrier,
    OrderLineRow,
    OrderRow,
    OrderSheet,
    PastMonth,
    PastRow,
    PurchaseSheet,
    RegionalSales,
    RequestRow,
    RequestSheet,
    RunningLow,
    SalesWeek,
    StepRow,
    WorkList,
)
from domain.orders.whereabouts import learned_carriers, sales_by_region

__all__ = [
    "AlreadyDecided",
    "ApprovalNeeded",
    "ApprovalRuleSheet",
    "BOUND",
    "BadHistory",
    "BasketGroup",
    "BasketRow",
    "BasketSheet",
    "BelowMinimum",
    "ENCODINGS",
    "ENDED",
    "AboveCap",
    "EmptyBasket",
    "SellerNotVerified",
    "FIELDS",
    "Guess",
    "HistoryImported",
    "HistoryNameTaken",
    "ImportProgress",
    "ImportReport",
    "ImportedHistory",
    "Layout",
    "LearnedCarrier",
    "NothingToAccept",
    "OrderLineRow",
    "OrderRow",
    "OrderSheet",
    "OrderState",
    "PastMonth",
    "PastRow",
    "PastUnderWay",
    "PriceChanged",
    "Problem",
    "Progress",
    "PurchaseSheet",
    "RegionalSales",
    "RequestRow",
    "RequestSheet",
    "RequestState",
    "RunningLow",
    "SalesWeek",
    "StepRow",
    "UnknownLayout",
    "WorkList",
    "accept_goods",
    "accept_silently",
    "add_to_basket",
    "all_orders",
    "approval_needed",
    "approval_rule",
    "approve_purchase",
    "ask_approval",
    "bring_past",
    "cancel_order",
    "cancel_purchase",
    "close_short",
    "close_shortage",
    "confirm_basket_prices",
    "confirm_order",
    "decline_order",
    "decline_unanswered",
    "expire_purchase",
    "guess_layout",
    "guess_state",
    "hand_over_basket",
    "import_history",
    "learned_carriers",
    "leave_feedback",
    "match_transfer",
    "my_basket",
    "my_past",
    "my_past_by_month",
    "order_sheet",
    "orders_of_buyer",
    "orders_of_seller",
    "pay_from_wallet",
    "place_order",
    "publish_feedback",
    "purchase_requests",
    "purchase_sheet",
    "record_receipt",
    "reject_purchase",
    "remove_from_basket",
    "report_production",
    "request_sheet",
    "running_low",
    "sales_by_region",
    "sales_by_week",
    "set_approval_rule",
    "set_basket_quantity",
    "ship_goods",
    "start_production",
    "tend_requests",
    "withdraw_order",
    "withdraw_request",
    "words_in_column",
    "work_list",
]
