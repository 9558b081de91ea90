"""The gate before the facts: are the orders that came in since the last build what orders must be?

One row of the batch is one order line with its order, or an order that has no line.
"""

import json
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from domain.kernel import database
from domain.kernel.database import Role
from domain.kernel.ids import new_id
from domain.kernel.settings import SILENT, put_into_environment
from pipelines.warehouse import runs
from pipelines.warehouse.runs import Asset, Build

if TYPE_CHECKING:
    import pandas as pd

SUITE = "incoming_orders"

# Gaps are in minor units of the order's currency. Exact arithmetic stays in the database.
_BATCH = text("""
    with incoming as (
        select o.*, power(10::numeric, minor_unit(o.currency)) as unit
        from supplier_orders o
        left join histories h on h.id = o.history_id
        where coalesce(h.imported_at, o.created_at) <= :as_of
          and (cast(:after as timestamptz) is null or coalesce(h.imported_at, o.created_at) > :after)
    ), lines as (
        select l.*, sum(l.goods) over (partition by l.order_id) as lines_goods,
               sum(l.tax) over (partition by l.order_id) as lines_tax,
               sum(l.shipping) over (partition by l.order_id) as lines_shipping
        from order_lines l join incoming o on o.id = l.order_id
    )
    select o.number as order_number, o.origin, o.currency, l.id::text as line_id, l.sku,
           l.ordered::float8 as ordered, l.unit_price::float8 as unit_price,
           ((l.goods - l.exact_value) * o.unit)::float8 as rounding_gap,
           ((o.goods - l.lines_goods) * o.unit)::float8 as goods_gap,
           ((o.tax - l.lines_tax) * o.unit)::float8 as tax_gap,
           ((o.shipping - l.lines_shipping) * o.unit)::float8 as shipping_gap,
           (l.currency = o.currency)::int as is_one_currency,
           case when o.origin = 'live' then extract(epoch from :as_of - o.created_at)::float8 end as age_seconds,
           extract(epoch from o.secured_at - o.created_at)::float8 as secured_after_seconds,
           extract(epoch from o.completed_at - o.secured_at)::float8 as completed_after_seconds
    from incoming o left join lines l on l.order_id = o.id
""")

_STORE = text(
    "insert into ops.quality_results (id, run_id, suite, checked_at, row_count, is_passed, result)"
    " values (:id, :run_id, :suite, clock_timestamp(), :rows, :is_passed, cast(:result as jsonb))"
)


def check(build: Build) -> Asset:
    """Validate what came in since the last build, keep the result, and say how it went."""
    start = time.monotonic()
    frame = read(build)
    result, wrong = validate(frame)
    failed = [one for one in result["expectations"] if not one["success"]]
    runs.keep_failing_rows(build, SUITE, wrong)
    with database.engine(Role.BUILDER).begin() as connection:
        connection.execute(
            _STORE,
            {
                "id": new_id(),
                "run_id": build.run_id,
                "suite": SUITE,
                "rows": len(frame),
                "is_passed": not failed,
                "result": json.dumps(result, default=_plain),
            },
        )
    message = "; ".join(f"{one['says']} ({_rows(one['unexpected'])})" for one in failed)
    seconds = time.monotonic() - start
    return Asset(SUITE, "gate", "failed" if failed else "ok", seconds, rows=len(frame), message=message)


def problem(gate: Asset) -> str:
    """Why a build was stopped here, as a sentence for people."""
    return f"What came in since the last build breaks a rule: {gate.message}."


def read(build: Build) -> "pd.DataFrame":
    """The rows that came in after the last build, up to this one's instant."""
    import pandas as pd

    with database.engine(Role.BUILDER).connect() as connection:
        return pd.read_sql_query(_BATCH, connection, params={"as_of": build.as_of, "after": build.read_before})


def validate(frame: "pd.DataFrame") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run the suite over a batch: each expectation with its sentence, whether it holds, and examples.

    With it come the rows that are wrong, each with the rule that it breaks; of each rule a share of what is kept.
    """
    if frame.empty:
        return {"suite": SUITE, "expectations": []}, []
    put_into_environment(SILENT)
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("incoming")
    batch = source.add_dataframe_asset("orders").add_batch_definition_whole_dataframe("batch")
    suite = gx.ExpectationSuite(name=SUITE, expectations=[make for _, make in _expectations()])
    validated = batch.get_batch({"dataframe": frame}).validate(suite, result_format="COMPLETE")
    says = {_identity(make): sentence for sentence, make in _expectations()}
    outcomes = [_outcome(one, says) for one in validated.results]
    broken = [
        (outcome["says"], one.result["unexpected_index_list"])
        for one, outcome in zip(validated.results, outcomes, strict=True)
        if not one.success and (one.result or {}).get("unexpected_index_list")
    ]
    share = runs.KEPT_ROWS // max(len(broken), 1)
    wrong = [
        {"rule": says, **row}
        for says, places in broken
        for row in json.loads(frame.loc[places[:share]].to_json(orient="records"))
    ]
    return {"suite": SUITE, "expectations": outcomes}, wrong


def _expectations() -> list[tuple[str, Any]]:
    import great_expectations.expectations as gxe

    def one_of(column: str, *values: Any) -> Any:
        return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(values))

    def between(column: str, low: float | None, high: float | None, **more: Any) -> Any:
        return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high, **more)

    return [
        ("every order has a line", gxe.ExpectColumnValuesToNotBeNull(column="line_id")),
        ("no line comes twice", gxe.ExpectColumnValuesToBeUnique(column="line_id")),
        ("origin is live or imported", one_of("origin", "live", "imported")),
        ("currencies are codes of three letters", gxe.ExpectColumnValueLengthsToEqual(column="currency", value=3)),
        ("a line is in the currency of its order", one_of("is_one_currency", 1)),
        ("quantities are positive and sane", between("ordered", 1, 1e12)),
        ("unit prices are neither negative nor absurd", between("unit_price", 0, 1e9)),
        ("goods are the exact value, rounded", between("rounding_gap", -0.5, 0.5)),
        ("an order's goods are the sum of its lines", between("goods_gap", 0, 0)),
        ("an order's tax is the sum of its lines", between("tax_gap", 0, 0)),
        ("an order's shipping is the sum of its lines", between("shipping_gap", 0, 0)),
        ("no order comes from the future", between("age_seconds", 0, None)),
        ("payment is secured after the order was placed", between("secured_after_seconds", 0, None)),
        ("an order is completed after its payment was secured", between("completed_after_seconds", 0, None)),
    ]


def _identity(expectation: Any) -> tuple[str, str]:
    return expectation.expectation_type, expectation.column


def _outcome(one: Any, says: dict[tuple[str, str], str]) -> dict[str, Any]:
    config, result = one.expectation_config, one.result or {}
    return {
        "says": says[(config.type, config.kwargs["column"])],
        "expectation": config.type,
        "column": config.kwargs["column"],
        "success": bool(one.success),
        "unexpected": int(result.get("unexpected_count", 0)),
        "examples": list(result.get("partial_unexpected_list", []))[:5],
    }


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)
