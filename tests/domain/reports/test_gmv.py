"""GMV: one figure on every path, what the ledger holds for it, and a badge that names who lies."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy import text

from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import begin
from domain.reports import Grain, MetricQuery, gmv, metric_values
from domain.reports.gmv import Reconciliation, Stage
from tests.make.traded import Traded

D = Decimal


@contextmanager
def lie(role: db.Role, told: str, taken_back: str) -> Iterator[None]:
    """One source says something untrue for a while."""
    for number, script in enumerate((told, taken_back)):
        with db.connect(role) as connection, connection.transaction():
            connection.execute("set local search_path = market, public")
            for statement in script.split(";"):
                assert connection.execute(statement).rowcount  # type: ignore[arg-type]
        if not number:
            yield


def reconciled() -> Reconciliation:
    with begin(Actor.system()) as work:
        return gmv.reconcile(work, first=date(2020, 1, 1), end=date(2100, 1, 1), currency="EUR")


def test_nobody_reads_a_warehouse_that_is_not_built(database: sa.Connection) -> None:
    with begin(Actor.system()) as work:
        assert gmv.currencies(work) == []
        with pytest.raises(gmv.WarehouseNotBuilt, match="run wholesale pipeline run first"):
            gmv.reconcile(work, first=date(2024, 1, 1), end=date(2024, 2, 1), currency="EUR")


def test_figures_what_stands_behind_them_and_who_lies(traded: Traded) -> None:
    market, order_id = traded.market, traded.order_ids["completed"]
    with begin(Actor.system()) as work:
        today = work.now.date()
        this_week = {"first": today - timedelta(days=3), "end": today + timedelta(days=3), "currency": "EUR"}
        assert gmv.currencies(work) == ["EUR"]

        names = tuple(f"gmv_{stage}" for stage in Stage)
        found = metric_values(work, query=MetricQuery(names=names, **this_week))
        assert {value.metric: value.value for value in found.values} == {
            "gmv_placed": D(1000), "gmv_confirmed": D(800), "gmv_completed": D(480),
        }  # fmt: skip
        assert found.as_of == traded.as_of
        january = {"first": date(2024, 1, 1), "end": date(2024, 2, 1), "currency": "EUR"}
        # 3 x 2.333333 settles to 7.00; 23:30 in Berlin is still the tenth there.
        by_day = metric_values(work, query=MetricQuery(names=("gmv_completed",), grain=Grain.DAY, **january)).values
        assert [(v.period, v.value) for v in by_day if v.value] == [(date(2024, 1, 10), D("7.00"))]
        live = MetricQuery(names=("gmv_completed",), filters={"origin": ("live",)}, **january)
        assert [v.value for v in metric_values(work, query=live).values] == [0]

        posted = gmv.postings_behind(work, stage=Stage.COMPLETED, **this_week)
        assert [(p.order_id, p.amount) for p in posted.rows] == [(order_id, D(480))]
        with pytest.raises(Invalid):
            gmv.postings_behind(work, stage=Stage.PLACED, **this_week, page=0)
        with pytest.raises(Invalid):
            gmv.reconcile(work, first=today, end=today, currency="EUR")

    # Strangers see nothing, neither by the question nor in the views.
    for stranger in (market.retailer.owner, market.makers[0].owner, market.distributor.owner, Actor.anonymous()):
        with begin(stranger) as work:
            with pytest.raises(NotFound):
                gmv.reconcile(work, **this_week)
            with pytest.raises(NotFound):
                gmv.currencies(work)
            assert work.session.scalar(text("select count(*) from core.fct_orders")) == 0

    honest = reconciled()
    assert honest.is_green and honest.differences == ()
    number = f"(select number from supplier_orders where id = '{order_id}')"
    [(order_number,)] = _rows(f"select {number}")
    slot = _rows("select slot from ops.publications order by published_at desc limit 1")[0][0]

    mine = f"where order_id = '{order_id}'"

    more = f"update marts_{slot}.mart_gmv_daily set placed_gmv = placed_gmv {{}} 1 where origin = 'live'"
    with lie(db.Role.BUILDER, more.format("+"), more.format("-")):
        said = reconciled()
    assert [stage.is_green for stage in said.stages] == [False, True, True]
    assert said.differences == ("Placed GMV does not agree: the mart 1,008.00, where the others have 1,007.00 EUR.",)

    less = f"update core_{slot}.fct_orders set completed_goods = completed_goods {{}} 0.5 {mine}"
    with lie(db.Role.BUILDER, less.format("-"), less.format("+")):
        said = reconciled()
    assert said.differences == (
        "Completed GMV does not agree: the warehouse's facts 486.50, where the others have 487.00 EUR."
        f" Orders that differ: {order_number}.",
    )

    entry = f"(select id from ledger_entries {mine} and kind = 'gmv_confirmed')"
    a_cent = (
        "insert into ledger_postings (entry_id, position, account_id, amount, currency) select entry_id, position + 2,"
        f" account_id, sign(amount) * 0.01, currency from ledger_postings where entry_id = {entry}"
    )
    taken_back = (
        "alter table ledger_postings disable trigger append_only;"
        f"delete from ledger_postings where position > 2 and entry_id = {entry};"
        "alter table ledger_postings enable trigger append_only"
    )
    with lie(db.Role.OWNER, a_cent, taken_back):
        said = reconciled()
    assert said.differences == (
        "Confirmed GMV does not agree: the ledger's memo accounts 807.01, where the others have 807.00 EUR."
        f" Orders that differ: {order_number}.",
    )

    more = f"update supplier_orders set goods = goods {{0}} 5, total = total {{0}} 5 where id = '{order_id}'"
    with lie(db.Role.OWNER, more.format("+"), more.format("-")):
        said = reconciled()
    assert said.differences == (
        "Placed GMV does not agree: the orders themselves 1,012.00, where the others have 1,007.00 EUR."
        f" Orders that differ: {order_number}.",
    )
    assert reconciled().is_green


def _rows(query: str) -> list[tuple[object, ...]]:
    with begin(Actor.system()) as work:
        return [tuple(row) for row in work.session.execute(text(query))]
