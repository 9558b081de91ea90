from collections.abc import Mapping
from enum import StrEnum

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.catalog import states as catalog
from domain.kernel.states import IllegalMove, check_move
from domain.orders import states as orders
from domain.orders.models import SupplierOrder
from domain.orders.states import OrderState
from domain.payments import states as payments

MACHINES: dict[str, tuple[type[StrEnum], Mapping[StrEnum, frozenset[StrEnum]], StrEnum]] = {
    "offer": (catalog.OfferState, catalog.MOVES, catalog.OfferState.DRAFT),
    "order": (orders.OrderState, orders.MOVES, orders.OrderState.AWAITING_PAYMENT),
    "payment": (payments.PaymentState, payments.PAYMENT_MOVES, payments.PaymentState.AWAITING_TRANSFER),
    "payout_batch": (payments.BatchState, payments.BATCH_MOVES, payments.BatchState.PREPARED),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_is_in_the_table_and_can_be_reached(machine: str) -> None:
    states, moves, first = MACHINES[machine]
    assert set(moves) == set(states)
    reached, edge = {first}, {first}
    while edge:
        edge = {there for here in edge for there in moves[here]} - reached
        reached |= edge
    assert reached == set(states)


@pytest.mark.parametrize("machine", MACHINES)
def test_exactly_the_listed_steps_are_allowed(machine: str) -> None:
    states, moves, _ = MACHINES[machine]
    for here in states:
        for there in states:
            if there in moves[here]:
                check_move(moves, here, there, noun=machine)
            else:
                with pytest.raises(IllegalMove):
                    check_move(moves, here, there, noun=machine)


def test_a_refusal_is_a_sentence() -> None:
    with pytest.raises(IllegalMove, match="This order is awaiting payment, so it cannot become in production."):
        check_move(orders.MOVES, OrderState.AWAITING_PAYMENT, OrderState.IN_PRODUCTION, noun="order")


def test_an_ended_order_moves_no_more() -> None:
    assert {state for state in OrderState if not orders.MOVES[state]} == orders.ENDED


def test_the_words_for_bound_orders_are_states_that_can_still_end() -> None:
    assert not orders.BOUND & orders.ENDED


class OrderSteps(RuleBasedStateMachine):
    """An order against an oracle that knows only the pairs, read from state-machines D1 by hand."""

    ORACLE = frozenset(
        {
            ("awaiting_payment", "awaiting_seller"),
            ("awaiting_payment", "expired"),
            ("awaiting_payment", "cancelled"),
            ("awaiting_seller", "confirmed"),
            ("awaiting_seller", "declined"),
            ("awaiting_seller", "cancelled"),
            ("confirmed", "in_production"),
            ("confirmed", "ready"),
            ("confirmed", "cancelled"),
            ("in_production", "ready"),
            ("in_production", "cancelled"),
            ("ready", "cancelled"),
            ("ready", "completed"),
            ("ready", "closed_short"),
            ("closed_short", "completed"),
        }
    )

    @initialize()
    def place(self) -> None:
        self.order = SupplierOrder(state=OrderState.AWAITING_PAYMENT.value, version=1)
        self.expected, self.steps = "awaiting_payment", 0

    @rule(state=st.sampled_from(OrderState))
    def move(self, state: OrderState) -> None:
        if (self.expected, state.value) in self.ORACLE:
            self.order.move_to(state)
            self.expected, self.steps = state.value, self.steps + 1
        else:
            with pytest.raises(IllegalMove):
                self.order.move_to(state)

    @invariant()
    def the_version_counts_the_steps(self) -> None:
        assert (self.order.state, self.order.version) == (self.expected, self.steps + 1)


TestOrderSteps = OrderSteps.TestCase
TestOrderSteps.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


@pytest.mark.parametrize(
    ("quantities", "wanted"),
    [
        ((0, 0, 0, 0), "not_shipped"),
        ((10, 0, 0, 0), "not_shipped"),
        ((10, 4, 0, 0), "partly_shipped"),
        ((10, 10, 0, 0), "shipped"),
        ((10, 10, 4, 0), "partly_delivered"),
        ((10, 10, 10, 0), "delivered"),
        ((10, 10, 10, 1), "partly_accepted"),
        ((10, 10, 10, 10), "accepted"),
    ],
)
def test_progress_is_the_furthest_stage(quantities: tuple[int, int, int, int], wanted: str) -> None:
    confirmed, shipped, delivered, accepted = quantities
    assert orders.progress(confirmed=confirmed, shipped=shipped, delivered=delivered, accepted=accepted) == wanted
