"""From declarations to SQL. Every value that a reader gives is a parameter; nothing is composed when asked.

One statement for each source answers all of its metrics. It takes stretches of days (`:numbers`, `:firsts`,
`:ends`; what is known in full ends with `:seen`, and `:days` and `:months` of them have begun), the dimension
to split by (`:by`), a currency, lists of wanted members per dimension, and for members of an organisation the
side on which they may look.
"""

from dataclasses import dataclass

from domain.reports import DIMENSIONS, Unit
from pipelines.metrics.declared import Declared, Dimension, Measure, Metric, Source

UNKNOWN = "(unknown)"


@dataclass(frozen=True, slots=True)
class CompiledMetric:
    declared: Metric
    position: int
    sql: str
    rows_sql: dict[str, str]
    plan: dict[str, object] | None
    sources: tuple[str, ...]
    is_staff_only: bool


@dataclass(frozen=True, slots=True)
class Compiled:
    metrics: tuple[CompiledMetric, ...]
    statements: dict[str, tuple[str, str]]  # name -> (kind, SQL)


def compile_registry(declared: Declared) -> Compiled:
    """Every metric with its SQL, and the statements that the query path runs."""
    statements = {}
    for source in declared.sources:
        counted = [metric for metric in declared.metrics if source.name in metric.sources]
        statements[source.name] = ("values", values_statement(source, counted))
    for dimension in declared.dimensions:
        members = members_statement(declared.source(dimension.source), dimension)
        statements[f"members_{dimension.name}"] = ("members", members)
    if declared.cohorts is not None:
        statements["cohorts"] = ("cohorts", _cohorts(declared.cohorts.model))
    metrics = [_metric(declared, metric, position) for position, metric in enumerate(declared.metrics, 1)]
    return Compiled(tuple(metrics), statements)


def _metric(declared: Declared, metric: Metric, position: int) -> CompiledMetric:
    if metric.not_collected is not None:
        return CompiledMetric(metric, position, "", {}, None, (), True)
    base = declared.metric(metric.growth_of) if metric.growth_of else metric
    sources = [declared.source(name) for name in base.sources]
    first = sources[0]
    known = {d: None for source in sources for d in source.dimensions}
    wanted = metric.dimensions or tuple(d for d in base.dimensions if d in known)
    plan: dict[str, object] = {
        "sources": [{"name": s.name, "dimensions": sorted(s.dimensions)} for s in sources],
        "counted": base.name,
        "is_by_currency": metric.is_by_currency or base.unit is Unit.MONEY,
        "finest": metric.finest,
        "is_whole": metric.is_whole,
        "matures_days": base.matures_days,
        "is_quotient": base.denominator is not None,
        "denominator_of_period": base.denominator.elapsed if base.denominator else None,
        "is_growth": metric.is_growth,
        "is_growth_of": metric.growth_of is not None,
        "has_zero": base.denominator is None and not _may_be_unknown(base),
        "dimensions": list(wanted),
    }  # fmt: skip
    return CompiledMetric(
        declared=metric,
        position=position,
        sql=shown(first, base),
        rows_sql={s.name: rows_statement(s, base) for s in sources if s.rows},
        plan=plan,
        sources=tuple(dict.fromkeys(f"marts.{source.model}" for source in sources)),
        is_staff_only=any(source.buyer is None and source.seller is None for source in sources),
    )


def _may_be_unknown(metric: Metric) -> bool:
    """An average of nothing is unknown; a sum or a count of nothing is zero."""
    measure = metric.numerator
    return measure is not None and (measure.average is not None or measure.median is not None)


# --- values --------------------------------------------------------------------------------------


def values_statement(source: Source, metrics: list[Metric]) -> str:
    """Numerator, denominator and the count of immature rows of each metric, by stretch, member and currency.

    Rows come twice: over all currencies, and by currency.
    """
    currency = f"m.{source.currency}" if source.currency else "cast(null as text)"
    columns = []
    for metric in metrics:
        prefix = f"{metric.name}__"
        columns.append(f"    {_measured(metric.numerator, metric, source)} as {prefix}numerator")
        if metric.denominator is not None:
            columns.append(f"    {_measured(metric.denominator, metric, source)} as {prefix}denominator")
        if metric.matures_days:
            counted = metric.denominator or metric.numerator
            immature = [*_where(counted), f"{_day(source)} + {metric.matures_days} > {_known(source)}"]
            columns.append(f"    count(*) filter (where {' and '.join(immature)}) as {prefix}immature")
    kept = _indent(_kept(source, currency), 4)
    if source.per is None:
        return (
            f"{_stretches()},\nkept as (\n{kept}\n)\n"
            "select bucket, key, currency, grouping(currency) = 1 as is_all_currencies,\n"
            + ",\n".join(columns)
            + "\nfrom kept as m\ngroup by grouping sets ((bucket, key), (bucket, key, currency))"
        )
    each = [f"    {_aggregate(measure)} as {name}" for name, measure in source.each.items()]
    return (
        f"{_stretches()},\nkept as (\n{kept}\n),\ngathered as (\n"
        "    select bucket, key, currency, grouping(currency) = 1 as is_all_currencies, one,\n"
        "           min(first_on) as first_on, min(end_on) as end_on, min(seen_on) as seen_on,\n"
        "           min(days) as days, min(months) as months,\n"
        + _indent(",\n".join(each), 4)
        + "\n    from kept as m\n    group by grouping sets ((bucket, key, one), (bucket, key, one, currency))\n)"
        + (_judged(source) if source.is_judged_in_all else "")
        + "\nselect bucket, key, currency, is_all_currencies,\n"
        + ",\n".join(columns)
        + f"\nfrom {'judged' if source.is_judged_in_all else 'gathered'} as m\n"
        "group by bucket, key, currency, is_all_currencies"
    )


def _judged(source: Source) -> str:
    """What is gathered by currency, beside the same over all currencies, of which the row without one knows."""
    each = [f"           max({name}) over (partition by bucket, key, one) as {name}_in_all" for name in source.each]
    return (
        ",\njudged as (\n    select *\n    from (\n        select gathered.*,\n"
        + _indent(",\n".join(each), 4)
        + "\n        from gathered\n    ) as g\n"
        "    where cast(:currency as text) is null or g.is_all_currencies or g.currency = :currency\n)"
    )


def shown(source: Source, metric: Metric) -> str:
    """The metric alone, of one period, as people read and run it."""
    columns = [f"    {_measured(metric.numerator, metric, source)} as numerator"]
    if metric.denominator is not None:
        columns.append(f"    {_measured(metric.denominator, metric, source)} as denominator")
    period = "select cast(:first as date) as first_on, cast(:end as date) as end_on, cast(:end as date) as seen_on"
    if any(m and (m.elapsed or m.said) for m in (metric.numerator, metric.denominator)):
        period += ",\n        cast(:day_count as integer) as days, cast(:month_count as integer) as months"
    where = f"m.{source.day} >= {source.first} and m.{source.day} < {source.end}"
    rows = f"marts.{source.model} as m\n    on {where}"
    currency = f"m.{source.currency}" if source.currency else ""
    if source.per is not None:
        each = ",\n".join(f"        {_aggregate(measure)} as {name}" for name, measure in source.each.items())
        head = ", ".join(name for name in (currency, source.per) if name)
        gathered = f"from b\n    inner join {_indent(rows, 4).lstrip()}\n    group by {head}"
        inner = f"    select {head}, {source.per} as one,\n{each}\n    {gathered}"
        by = f"m.{source.currency}, " if source.currency else ""
        tail = f"\ngroup by m.{source.currency}" if source.currency else ""
        if source.is_judged_in_all:
            judged = ",\n".join(f"       max({n}) over (partition by one) as {n}_in_all" for n in source.each)
            inner = f"    select g.*,\n{judged}\n    from (\n{_indent(inner, 4)}\n    ) as g"
        return f"with b as (\n    {period}\n)\nselect {by}\n" + ",\n".join(columns) + f"\nfrom (\n{inner}\n) as m{tail}"
    by, tail = (f"{currency}, ", f"\ngroup by {currency}") if currency else ("", "")
    return f"with b as (\n    {period}\n)\nselect {by}\n" + ",\n".join(columns) + f"\nfrom b\ninner join {rows}{tail}"


def _stretches() -> str:
    return (
        "with stretches as (\n"
        "    select * from unnest(cast(:numbers as integer[]), cast(:firsts as date[]), cast(:ends as date[]),\n"
        "                         cast(:seen as date[]), cast(:days as integer[]), cast(:months as integer[]))\n"
        "        as b(bucket, first_on, end_on, seen_on, days, months)\n"
        ")"
    )


def _kept(source: Source, currency: str) -> str:
    cases = " ".join(f"when '{name}' then cast(m.{column} as text)" for name, column in source.dimensions.items())
    key = "cast(null as text)"
    if cases:
        key = (
            "case when cast(:by as text) is not null then"
            f" coalesce(case cast(:by as text) {cases} end, '{UNKNOWN}') end"
        )
    one = f", {source.per} as one" if source.per else ""
    return (
        f"select b.*, {key} as key, {currency} as currency{one}, m.*\n"
        f"from {_joined(source)}\n"
        f"where {_wanted(source, currency)}"
    )


def _joined(source: Source) -> str:
    """Rows of the mart beside the stretches that reach for their day."""
    if (source.first, source.end) == ("b.first_on", "b.end_on"):
        # Joined day by day: with a year of days a comparison of ranges would read the mart for each of them.
        return (
            "(\n"
            "    select s.*, cast(day as date) as on_day\n"
            "    from stretches as s\n"
            "    cross join lateral generate_series(cast(s.first_on as timestamp), s.end_on - interval '1 day',\n"
            "                                       interval '1 day') as day\n"
            ") as b\n"
            f"inner join marts.{source.model} as m on m.{source.day} = b.on_day"
        )
    return (
        f"stretches as b\ninner join marts.{source.model} as m\n"
        f"    on m.{source.day} >= {source.first} and m.{source.day} < {source.end}"
    )


def _wanted(source: Source, currency: str) -> str:
    wanted = ["true"]
    if source.currency and not source.is_judged_in_all:
        wanted.append(f"(cast(:currency as text) is null or {currency} = :currency)")
    for name, column in source.dimensions.items():
        wanted.append(
            f"(cast(:{name} as text[]) is null or coalesce(cast(m.{column} as text), '{UNKNOWN}') = any(:{name}))"
        )
    return "\n  and ".join([*wanted, *_own_side(source)])


def _own_side(source: Source) -> list[str]:
    """Who may see one side of a trade alone is kept to it; where a source has no such side he sees nothing."""
    return [
        f"(cast(:{side} as uuid) is null or m.{column} = :{side})" if column else f"cast(:{side} as uuid) is null"
        for side, column in (("only_buyer", source.buyer), ("only_seller", source.seller))
    ]


def _measured(measure: Measure | None, metric: Metric, source: Source) -> str:
    assert measure is not None
    aged = [f"{_day(source)} + {metric.matures_days} <= {_known(source)}"] if metric.matures_days else []
    return _aggregate(measure, aged)


def _aggregate(measure: Measure, more: list[str] | None = None) -> str:
    where = [*_where(measure), *(more or [])]
    kept = f" filter (where {' and '.join(where)})" if where else ""
    if measure.sum is not None:
        return f"coalesce(sum({measure.sum}){kept}, 0)"
    if measure.count:
        return f"count(*){kept}"
    if measure.distinct is not None:
        return f"count(distinct {measure.distinct}){kept}"
    if measure.average is not None:
        return f"avg({measure.average}){kept}"
    if measure.median is not None:
        # percentile_cont is a float; the mean of the two in the middle is exact.
        low = f"percentile_disc(0.5) within group (order by {measure.median}){kept}"
        high = f"percentile_disc(0.5) within group (order by {measure.median} desc){kept}"
        return f"({low} + {high}) / 2.0"
    return f"max({measure.elapsed})" if measure.elapsed else str(measure.said)


def _where(measure: Measure | None) -> list[str]:
    return [f"({measure.where})"] if measure is not None and measure.where else []


def _day(source: Source) -> str:
    return f"m.{source.day}"


def _known(source: Source) -> str:
    return f"m.{source.known_until}"


# --- what stands behind --------------------------------------------------------------------------


def rows_statement(source: Source, metric: Metric) -> str:
    """A page of the rows that a metric counts, with how many there are and what they add up to."""
    currency = f"m.{source.currency}" if source.currency else "cast(null as text)"
    order = source.order or f"m.{source.day} desc"
    where = []
    amount = "cast(null as numeric)"
    if source.per is None:
        counted = metric.numerator if metric.denominator is None or metric.denominator.elapsed else metric.denominator
        where += _where(counted)
        amount = _worth(metric.numerator, order)
    if metric.matures_days:
        where.append(f"{_day(source)} + {metric.matures_days} <= {_known(source)}")
    columns = [f"        {expression} as {name}" for name, expression in source.rows.items()]
    columns += [f"        {amount} as amount", f"        row_number() over (order by {order}) as place"]
    kept = "\n  and ".join([_wanted(source, currency), *where])
    return (
        "with behind as (\n    select\n"
        + ",\n".join(columns)
        + "\n    from (\n"
        "        select cast(:first as date) as first_on, cast(:end as date) as end_on,\n"
        "               cast(:seen as date) as seen_on\n"
        "    ) as b\n"
        f"    inner join marts.{source.model} as m\n"
        f"        on m.{source.day} >= {source.first} and m.{source.day} < {source.end}\n"
        f"    where {_indent(kept, 4).lstrip()}\n"
        "),\ncounted as (\n"
        "    select behind.*, count(*) over () as total_rows, sum(amount) over () as total_amount from behind\n)\n"
        f"select {', '.join(source.rows)}, amount, total_rows, total_amount\n"
        "from counted\nwhere place > :skipped and place <= :skipped + :size\norder by place"
    )


def _worth(measure: Measure | None, order: str) -> str:
    """What one row adds to the numerator."""
    assert measure is not None
    worth = measure.sum or measure.average or measure.median or "1"
    if measure.distinct is not None:  # the first row of each counts for it
        worth = f"case when row_number() over (partition by {measure.distinct} order by {order}) = 1 then 1 else 0 end"
    held = " and ".join(_where(measure))
    return f"cast(case when {held} then {worth} else 0 end as numeric)" if held else f"cast({worth} as numeric)"


# --- members and cohorts -------------------------------------------------------------------------


def members_statement(source: Source, dimension: Dimension) -> str:
    """The members of a dimension that a reader sees, by their words."""
    return (
        f"select coalesce(cast({dimension.key} as text), '{UNKNOWN}') as key,\n"
        f"       coalesce(max(cast({dimension.words} as text)), '{UNKNOWN}') as words\n"
        f"from marts.{source.model} as m\nwhere {' and '.join(_own_side(source))}\ngroup by 1\norder by 2, 1"
    )


def _cohorts(model: str) -> str:
    """Organisations by month of the first order and by how many months later they traded."""
    return (
        "select cohort_on, months_after, count(*) as active, min(known_until_on) as known_until_on\n"
        f"from marts.{model} as m\n"
        "where side = :side and cohort_on >= :first and cohort_on < :end\n"
        "group by 1, 2\norder by 1, 2"
    )


def parameters() -> tuple[str, ...]:
    """What a values statement may be given beside the stretches."""
    return ("by", "currency", "only_buyer", "only_seller", *DIMENSIONS)


def _indent(text: str, by: int) -> str:
    return "\n".join(" " * by + line if line else line for line in text.split("\n"))
