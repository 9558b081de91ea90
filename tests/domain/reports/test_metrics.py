"""Metrics: a registry that is whole, values known by hand, and a path on which nobody sees another's trade."""

import csv
import io
import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import ANY
from uuid import UUID, uuid4

import pytest
import yaml

from app.commands.metrics import By, Format
from app.commands.metrics import metrics as print_metrics
from domain import identity, orders
from domain.identity import OrgKind, Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.work import begin, run
from domain.reports import (
    Compare,
    Grain,
    MetricQuery,
    MetricValue,
    UnknownMetric,
    WarehouseNotBuilt,
    dimension_values,
    known_metrics,
    metric_rows,
    metric_values,
    retention_cohorts,
)
from domain.reports.metrics.periods import Bucket, compared, counterpart, units
from pipelines import metrics
from pipelines.metrics import WrongRegistry, read_registry
from pipelines.metrics.declared import FOLDER
from pipelines.warehouse import runs
from pipelines.warehouse.build import build, publish
from tests.make.market import Market, buy, company, make_market, orders_of, sheet

D = Decimal
JANUARY, FEBRUARY, MARCH, APRIL = (date(2024, month, 1) for month in (1, 2, 3, 4))

# Every row of the specification's table (metrics F1), by the names under which the registry answers for it.
ASKED_FOR = {
    "GMV": ["gmv_completed"],
    "GMV variants": ["gmv_placed", "gmv_confirmed", "gmv_end_demand", "gmv_gross", "net_transaction_value"],
    "MAU by role": ["mau", "active_organizations"],
    "DAU": ["dau", "stickiness"],
    "Retention 30/60/90": ["retention_30", "retention_60", "retention_90", "gmv_retention_90", "login_retention"],
    "Activation rate": ["activation_rate", "activation_rate_verified"],
    "Churn rate": ["churn_rate", "gmv_churn", "reactivated_organizations"],
    "Total orders": ["orders", "purchases"],
    "AOV": ["aov_buyer", "aov_seller", "aov_buyer_median", "aov_seller_median"],
    "Orders per active user": ["orders_per_buyer"],
    "Repeat purchase rate": ["repeat_purchase_rate", "second_order_90"],
    "Transaction Value per GMV": ["transaction_value_per_gmv", "captured_per_gmv"],
    "Total revenue": ["revenue_total"],
    "Transaction commission revenue": ["revenue_commission"],
    "Subscription revenue": ["revenue_subscription", "mrr"],
    "Average commission rate": ["commission_rate", "take_rate"],
    "Payment success rate": ["payment_success_rate", "abandoned_payments", "blocked_payments"],
    "Refund rate": ["refund_rate_30", "refund_rate_90", "refunded_orders_30", "refunded_orders_90"],
    "Verified users %": ["verified_share"],
    "Dispute rate": ["dispute_rate", "claims_rate"],
    "Average rating": ["average_rating", "reviewed_share"],
    "Product quality (returns rate)": ["returns_rate", "returns_rate_60"],
    "Delivery on-time rate": ["on_time_rate", "otif_rate"],
    "NPS": ["nps"],
    "QoQ GMV growth": ["gmv_growth"],
    "User growth rate": ["organization_growth", "registered_organizations"],
    "Transaction growth": ["transaction_growth"],
    "Geographic expansion": ["expansion_countries"],
    "Category expansion": ["expansion_categories"],
}

# Two suppliers and three buyers in the first quarter of 2024; the last order is of 20 March.
HISTORY = {
    "suppliers": "supplier_id,name,country\nS1,Mill,DE\nS2,Press,FR\n",
    "buyers": (
        "buyer_id,name,country,region,registered_at\n"
        "B1,Bakery,DE,,2024-01-01\nB2,Bistro,FR,,2024-01-15\nB3,Nobody,DE,,2024-02-01\n"
    ),
    "products": (
        "product_id,supplier_id,sku,name,category,unit,list_price\n"
        "P1,S1,P1,Flour,Flour,,\nP2,S2,P2,Oil,Oil,,\nP3,S2,P3,Odds and ends,,,\n"
    ),
    "orders": (
        "order_id,buyer_id,ordered_at,status,currency,promised_at,shipped_at,delivered_at,freight\n"
        "1,B1,2024-01-10T10:00:00,completed,EUR,2024-01-15,2024-01-11,2024-01-12,\n"
        "2,B2,2024-01-20T10:00:00,completed,EUR,,,,\n"
        "3,B1,2024-02-20T10:00:00,completed,EUR,2024-02-22,2024-02-21,2024-02-25,\n"
        "4,B1,2024-03-20T10:00:00,open,EUR,,,,\n"
        "5,B2,2024-02-01T10:00:00,cancelled,EUR,,,,\n"
        "6,B2,2024-02-10T10:00:00,returned,EUR,,,,\n"
    ),
    "order_lines": (
        "order_id,line_no,product_id,quantity,unit_price,line_discount\n"
        "1,1,P1,10,2,0\n1,2,P2,2,5,0\n2,1,P1,5,2,0\n3,1,P2,4,5,0\n4,1,P3,1,7,0\n5,1,P1,1,2,0\n6,1,P1,-1,2,0\n"
    ),
}


# --- the registry, without a warehouse -----------------------------------------------------------


def test_the_registry_has_every_metric_of_the_specification() -> None:
    declared = {metric.name: metric for metric in read_registry().metrics}
    asked = {name for names in ASKED_FOR.values() for name in names}
    assert asked - set(declared) == set()
    without_facts = {name for name, metric in declared.items() if metric.not_collected}
    assert {"nps", "dispute_rate", "revenue_subscription", "verified_share"} <= without_facts
    assert len(declared) - len(without_facts) > 50
    spoken = [text for m in declared.values() for text in (m.label, m.definition, m.formula, m.owner, m.grain)]
    assert all(text.strip() for text in spoken)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"from": ["nowhere"]}, "nowhere, which is not declared"),
        ({"dimensions": ["planet"]}, "no such dimension"),
        ({"dimensions": ["category"]}, "names dimensions that"),
        ({"numerator": {"sum": "goods", "count": True}}, "a measure is a sum"),
        ({"shade": "blue"}, "shade"),
        ({"not_collected": "Not collected yet: never."}, "has no SQL"),
        ({"name": "orders"}, "orders is declared twice"),
    ],
)
def test_a_metric_that_fits_nothing_is_refused(tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    for file in FOLDER.glob("*.yml"):
        (tmp_path / file.name).write_text(file.read_text())
    wrong = {
        "name": "wrong", "label": "Wrong", "group": "Sales", "definition": "d", "formula": "f", "owner": "o",
        "good": "up", "grain": "order", "unit": "money", "from": ["order_stages"], "numerator": {"sum": "goods"},
    } | change  # fmt: skip
    (tmp_path / "wrong.yml").write_text(yaml.safe_dump({"metrics": [wrong]}))
    with pytest.raises(WrongRegistry, match=complaint):
        read_registry(tmp_path)


# --- stretches of days ---------------------------------------------------------------------------


def test_periods_are_cut_and_compared_by_the_calendar() -> None:
    from domain.kernel.periods import Period

    period = Period(date(2024, 1, 31), date(2024, 3, 2))
    assert [(b.period, b.first, b.end, b.is_whole) for b in units(period, Grain.MONTH, whole=False)] == [
        (JANUARY, date(2024, 1, 31), FEBRUARY, False), (FEBRUARY, FEBRUARY, MARCH, True),
        (MARCH, MARCH, date(2024, 3, 2), False),
    ]  # fmt: skip
    assert [b.first for b in units(Period(date(2024, 1, 3), date(2024, 1, 9)), Grain.WEEK, whole=True)] == [
        date(2024, 1, 1), date(2024, 1, 8),
    ]  # fmt: skip
    assert compared(period, Compare.PREVIOUS) == Period(date(2023, 12, 31), date(2024, 1, 31))
    assert compared(Period(FEBRUARY, MARCH), Compare.PREVIOUS) == Period(JANUARY, FEBRUARY)
    assert compared(Period(date(2024, 2, 29), MARCH), Compare.YEAR) == Period(date(2023, 2, 28), date(2023, 3, 1))
    # By month the calendar moves along, by day the days are counted.
    quarter, before = Period(JANUARY, APRIL), Period(date(2023, 10, 1), JANUARY)
    assert counterpart(Bucket(MARCH, MARCH, APRIL), quarter, before) == Bucket(None, date(2023, 12, 1), JANUARY)
    tenth = Bucket(None, date(2024, 1, 10), date(2024, 1, 11))
    assert counterpart(tenth, quarter, before) == Bucket(None, date(2023, 10, 10), date(2023, 10, 11))


# --- values --------------------------------------------------------------------------------------


def ask(actor: Actor, *names: str, first: date = JANUARY, end: date = APRIL, **more: Any) -> list[MetricValue]:
    with begin(actor) as work:
        query = MetricQuery(names=names, first=first, end=end, **more)
        return list(metric_values(work, query=query).values)


def by_month(name: str, **more: Any) -> dict[int | None, Decimal | None]:
    """A metric of the history by month, told by number."""
    more = {"filters": {"origin": ("imported",)}, "grain": Grain.MONTH} | more
    return {value.period and value.period.month: value.value for value in ask(Actor.system(), name, **more)}


def test_values_known_by_hand_and_what_others_see(
    fresh_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with begin(Actor.system()) as work, pytest.raises(WarehouseNotBuilt):
        known_metrics(work)
    folder = tmp_path / "mill"
    folder.mkdir()
    for name, content in HISTORY.items():
        (folder / f"{name}.csv").write_text(content)
    run(Actor.system(), orders.import_history, folder=folder, name="mill", time_zone="UTC")
    market = make_market(makers=2)
    shop, (one, two) = market.retailer, market.makers
    live = orders_of(shop, buy(shop, {one.offers[0]: 10, two.offers[0]: 4}))
    run(one.owner, orders.confirm_order, order_id=live[one.org_id])
    outcome = build("test", lambda asset: None)
    assert outcome.status == "succeeded", [asset for asset in outcome.assets if asset.status == "failed"]

    golden_rows()
    what_is_not_known_is_not_zero(market)
    parts_add_up()
    other = company(OrgKind.RETAILER, "Other Shop")
    nobody_sees_anothers(market, other.owner, live)
    the_command_line(one.org_id, capsys)
    a_failed_publication_leaves_the_registry()
    without_its_row_filter_a_view_would_tell(market.distributor.owner)


def golden_rows() -> None:
    assert by_month("gmv_placed") == {1: D("40.00"), 2: D("20.00"), 3: D("7.00")}
    assert by_month("gmv_completed") == {1: D("40.00"), 2: D("20.00"), 3: D("0.00")}
    assert by_month("gmv_gross") == {1: D("40.00"), 2: D("20.00"), 3: D("0.00")}
    assert by_month("orders") == {1: 3, 2: 1, 3: 1} and by_month("purchases") == {1: 2, 2: 1, 3: 1}
    assert by_month("aov_buyer")[1] == D("20.00") and by_month("aov_seller")[1] == D("13.33")
    assert by_month("aov_buyer_median")[1] == D("20.00") and by_month("aov_seller_median")[1] == D("10.00")
    assert by_month("aov_buyer", filters={"origin": ("imported",), "buyer_country": ("FR",)})[2] is None
    # Cohorts: the history ends on 20 March, so of day 90 of January's nothing is known.
    shops = {"filters": {"origin": ("imported",), "role": ("retailer",)}}
    none = {2: None, 3: None}  # of other months there is no cohort
    assert by_month("retention_30", **shops) == {1: 0} | none
    assert by_month("retention_60", **shops) == {1: D("0.5")} | none
    assert by_month("retention_90", **shops) == {1: None} | none
    assert by_month("retention_30") == {1: D("0.25")} | none  # with the mill, which sold again after ten days
    assert by_month("activation_rate") == {1: 1, 2: 0, 3: None}
    assert by_month("gmv_retention_60", **shops) == {1: D(20) / D(40)} | none
    assert by_month("repeat_purchase_rate")[3] == D("0.5")
    assert by_month("churn_rate")[2] == 0
    assert by_month("churn_rate", first=APRIL, end=date(2024, 6, 1)) == {4: None, 5: None}
    assert by_month("on_time_rate") == {1: 1, 2: 0, 3: None} and by_month("returns_rate")[2] == D("0.25")
    [value] = ask(Actor.system(), "gmv_placed", first=FEBRUARY, end=MARCH, compare=Compare.PREVIOUS, currency="EUR")
    assert (value.value, value.before, value.period, value.is_complete) == (D("20.00"), D("40.00"), None, True)
    [growth] = ask(Actor.system(), "gmv_growth", first=MARCH, end=APRIL, grain=Grain.DAY)
    assert (growth.period, growth.numerator, growth.value) == (JANUARY, D("60.00"), None)  # nothing before
    with begin(Actor.system()) as work:
        [row] = retention_cohorts(work, role="buyer", first=JANUARY, end=APRIL)
        assert (row.size, row.shares[:3]) == (2, (1, D("0.5"), None))
        behind = metric_rows(work, name="gmv_placed", first=JANUARY, end=FEBRUARY, currency="EUR", size=2)
        assert (len(behind.rows), behind.total, behind.amount) == (2, 3, D("40.00"))
        beyond = metric_rows(work, name="purchases", first=JANUARY, end=FEBRUARY, page=9)
        assert (beyond.rows, beyond.total, beyond.amount) == ((), 3, D(2))
        assert dict(dimension_values(work, dimension="category")) == {
            "Flour": "Flour", "Oil": "Oil", "(unknown)": "(unknown)",
        }  # fmt: skip


def what_is_not_known_is_not_zero(market: Market) -> None:
    with begin(Actor.system()) as work:
        today = work.now.date()
    month = {"first": today.replace(day=1), "end": today + timedelta(days=1), "filters": {"origin": ("live",)}}
    young = ("retention_30", "activation_rate", "payment_success_rate", "refund_rate_30")
    for value in ask(Actor.system(), *young, grain=Grain.MONTH, **month):
        assert (value.value, value.is_complete) == (None, False), value.metric
    [value] = ask(Actor.system(), "gmv_placed", currency="EUR", **month)
    assert (value.value, value.is_complete) == (D("140.00"), False)
    [value] = ask(Actor.system(), "commission_rate", currency="EUR", **month)
    assert (value.value, value.numerator, value.denominator) == (None, 0, 0)
    [value] = ask(Actor.system(), "dau", first=today, end=today + timedelta(days=1))
    assert value.value == 4  # the owners of the shop, two makers and the distributor; finance is the platform's
    for wrong in ({"by": "planet"}, {"filters": {"planet": ("Mars",)}}, {"by": "category"}, {"end": JANUARY}):
        with pytest.raises(Invalid):
            ask(Actor.system(), "orders", **wrong)
    with pytest.raises(UnknownMetric):
        ask(Actor.system(), "nps")


def parts_add_up() -> None:
    """Of every additive metric, split by each of its dimensions."""
    with begin(Actor.system()) as work:
        additive = [m for m in known_metrics(work) if m.is_additive and not m.not_collected]
    ever = {"first": date(2020, 1, 1), "end": date(2030, 1, 1), "currency": "EUR"}
    split = 0
    for metric in additive:
        [whole] = ask(Actor.system(), metric.name, **ever)
        for dimension in metric.dimensions:
            parts = ask(Actor.system(), metric.name, by=dimension, **ever)
            assert sum(part.value or 0 for part in parts) == whole.value, (metric.name, dimension)
            split += len(parts)
    assert len(additive) > 10 and split > 100


def nobody_sees_anothers(market: Market, stranger: Actor, live: dict[UUID, UUID]) -> None:
    shop, (one, two) = market.retailer, market.makers
    ever = {"first": date(2020, 1, 1), "end": date(2030, 1, 1), "currency": "EUR"}
    both_sides = market.distributor.owner
    for actor, amount in ((shop.owner, 140), (one.owner, 100), (two.owner, 40), (stranger, 0), (both_sides, 0)):
        assert [value.value for value in ask(actor, "gmv_placed", **ever)] == [D(amount)]
        with begin(actor) as work:
            assert metric_rows(work, name="gmv_placed", **ever).amount == D(amount)
    # A seller's people see the buyer of their own order, not the order of the same buyer at another seller.
    assert [(v.key, v.value) for v in ask(one.owner, "gmv_placed", by="buyer", **ever)] == [(str(shop.org_id), D(100))]
    for filters in ({"buyer": (str(shop.org_id),)}, {"seller": (str(one.org_id),)}):
        assert [v.value for v in ask(stranger, "gmv_placed", filters=filters, **ever)] == [0]
        with begin(stranger) as work:
            assert metric_rows(work, name="gmv_placed", filters=filters, **ever).total == 0
    with begin(stranger) as work:
        assert dimension_values(work, dimension="buyer") == dimension_values(work, dimension="category") == []
        assert all(not metric.not_collected for metric in known_metrics(work))
        with pytest.raises(NotFound):
            retention_cohorts(work, role="buyer", first=JANUARY, end=APRIL)
    for staff_only in ("dau", "activation_rate", "escrow_held", "expansion_countries"):
        with pytest.raises(UnknownMetric):
            ask(shop.owner, staff_only)
    # Who may see sales sees no purchases, and the other way round.
    agent = one.people[Variant.SALES_REPRESENTATIVE]
    assert [v.value for v in ask(agent, "gmv_placed", **ever)] == [D(100)]
    assert sheet(agent, live[one.org_id]).goods == D(100)
    only_a_part(market, ever)
    with pytest.raises(NotFound):
        ask(Actor.anonymous(), "gmv_placed", **ever)


def only_a_part(market: Market, ever: dict[str, Any]) -> None:
    """An agent's figures are of own purchases; who is kept to stores or customers has figures of those."""
    shop, one = market.retailer, market.makers[0]
    agent, clerk = shop.people[Variant.PURCHASING_AGENT], shop.people[Variant.STORE_MANAGER]
    rep = one.people[Variant.SALES_REPRESENTATIVE]

    def told(who: Actor) -> list[Decimal | int | None]:
        with begin(who) as work:
            rows = metric_rows(work, name="gmv_placed", **ever).total
        return [value.value for value in ask(who, "gmv_placed", "orders", **ever)] + [rows]

    assert told(agent) == [0, 0, 0]  # the owner bought
    assert told(clerk) == [D(140), 2, 2] and told(rep) == [D(100), 1, 1]
    elsewhere = run(shop.owner, identity.add_site, request_id=uuid4(), org_id=shop.org_id, kind="store", name="Second",
                    street="s", postal_code="1", city="c", country_code="DE")  # fmt: skip
    keep = identity.set_member_scopes
    for stores, seen in (([elsewhere], [0, 0, 0]), ([shop.site_id], [D(140), 2, 2])):
        run(shop.owner, keep, person_id=clerk.user_id, kind="store", subject_ids=stores)
        assert told(clerk) == seen
    for customers, seen in (([uuid4()], [0, 0, 0]), ([shop.org_id], [D(100), 1, 1])):
        run(one.owner, keep, person_id=rep.user_id, kind="customer", subject_ids=customers)
        assert told(rep) == seen


def the_command_line(maker: UUID, capsys: pytest.CaptureFixture[str]) -> None:
    ever = {"first": datetime(2020, 1, 1), "last": datetime(2029, 12, 31), "form": Format.JSON}
    wanted = {"grain": None, "by": None, "currency": None, "where": [], "compare": None, "listed": False}
    capsys.readouterr()
    print_metrics(**wanted | ever, names=["gmv_placed", "nps"], org=None)
    said = json.loads(capsys.readouterr().out)
    assert [D(value["value"]) for value in said["values"]] == [207]
    assert said["not_collected"] == {"nps": ANY} and said["last"] == "2029-12-31"
    print_metrics(**wanted | ever | {"where": ["buyer_country=DE"], "form": Format.CSV}, names=["orders"], org=maker)
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["metric"], row["value"], row["is_complete"]) == ("orders", "1", "no")
    ended = {**wanted, **ever, "grain": By.MONTH, "form": Format.CSV}
    print_metrics(**ended, names=["gmv_growth"], org=None)
    growths = [row["value"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out)) if row["value"]]
    assert min(map(D, growths)) < 0
    print_metrics(**wanted | ever | {"form": Format.TABLE}, names=["gmv_placed", "aov_buyer"], org=maker)
    head, gmv, average, _, foot = capsys.readouterr().out.splitlines()
    assert head.split() == ["Metric", "Value"]
    assert gmv.split() == ["GMV", "placed", "€100.00", "not", "over", "yet"] and "€100.00" in average
    assert foot.startswith("2020-01-01 to 2029-12-31")
    print_metrics(**wanted | ever | {"form": Format.TABLE, "listed": True}, names=["gmv_placed", "nps"], org=None)
    listed = capsys.readouterr().out
    assert "gmv_placed  (GMV placed; Sales;" in listed and "by origin" in listed and "Not collected yet" in listed
    with pytest.raises(NotFound, match="There is no organisation"):
        print_metrics(**wanted | ever, names=[], org=uuid4())


def read_as_builder(query: str) -> list[tuple[Any, ...]]:
    with db.connect(db.Role.BUILDER) as connection:
        return connection.execute(query.encode()).fetchall()


def a_failed_publication_leaves_the_registry() -> None:
    """What does not fit the tables is found before anything is published; what fails half way is undone whole."""
    [(run_id, slot, as_of)] = read_as_builder("select run_id, slot, as_of from ops.publications")
    done = runs.Build(run_id, slot, as_of, None)
    registry = "select name, sql, plan::text from ops.metric_registry union all select name, sql, null from"
    before = sorted(map(str, read_as_builder(f"{registry} ops.metric_statements")))
    views = read_as_builder("select schemaname, viewname, definition from pg_views where schemaname = 'marts' order by 2")

    declared = read_registry()
    first = declared.metrics[0]
    wrong = first.model_copy(update={"numerator": first.numerator.model_copy(update={"sum": "good_wishes"})})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "pipelines.metrics.store.read_registry",
            lambda: declared.model_copy(update={"metrics": (wrong, *declared.metrics[1:])}),
        )
        told: list[runs.Asset] = []
        with pytest.raises(WrongRegistry, match="The registry of metrics does not fit"):
            publish(done, told.append)
    [asset] = told
    assert asset.status == "failed" and 'column "good_wishes" does not exist' in asset.message

    def write_half(connection: Any) -> None:
        metrics.write(connection, metrics.compile_registry(declared), run_id)
        connection.execute("delete from ops.metric_registry")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        runs.publish(done, {}, write_half)
    assert sorted(map(str, read_as_builder(f"{registry} ops.metric_statements"))) == before
    again = read_as_builder("select schemaname, viewname, definition from pg_views where schemaname = 'marts' order by 2")
    assert again == views


def without_its_row_filter_a_view_would_tell(stranger: Actor) -> None:
    """The control, with somebody who may buy and sell: the view alone kept him out, and the above would notice."""
    [(slot,)] = read_as_builder("select slot from ops.publications")
    with db.connect(db.Role.BUILDER) as connection:
        connection.execute(
            f"create or replace view marts.mart_order_stages as select * from marts_{slot}.mart_order_stages".encode()
        )
    [value] = ask(stranger, "gmv_placed", first=date(2020, 1, 1), end=date(2030, 1, 1), currency="EUR")
    assert value.value == D("207.00")
