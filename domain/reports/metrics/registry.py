"""The registry as the build that readers see has left it, and who may ask what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from domain.identity import Permission
from domain.kernel.errors import Invalid
from domain.kernel.work import Work
from domain.reports.gmv import WarehouseNotBuilt
from domain.reports.metrics.views import DIMENSIONS, Metric, UnknownMetric

TIME_ZONE = "UTC"  # of days of live trade; an imported history counts in its own


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks. Views show an organisation its own rows; who may see one side of its trade is kept to that.

    Roles that see no prices do not know the figures of money at all.
    """

    is_staff: bool
    only_buyer: UUID | None = None
    only_seller: UUID | None = None
    sees_money: bool = True


@dataclass(frozen=True, slots=True)
class Planned:
    """A metric as the query path needs it: `plan` is what the registry's compiler wrote down."""

    name: str
    unit: str
    is_additive: bool
    plan: dict[str, Any]
    rows_sql: dict[str, str] | None  # by source

    def source(self, wanted: Iterable[str]) -> dict[str, Any]:
        """The first source that knows every dimension asked for. Raises `Invalid`."""
        wanted = set(wanted)
        lacking = sorted(wanted - set(self.plan["dimensions"]))
        if lacking:
            raise Invalid(f"{self.name} cannot be split by {lacking[0].replace('_', ' ')}.")
        for source in self.plan["sources"]:
            if wanted <= set(source["dimensions"]):
                found: dict[str, Any] = source
                return found
        raise Invalid(f"{self.name} cannot be split by {' and '.join(sorted(wanted))} at once.")


@dataclass(frozen=True, slots=True)
class Seen:
    """The instant up to which the warehouse knows the market."""

    as_of: datetime

    @property
    def today(self) -> date:
        """The day that has begun and not ended."""
        return self.as_of.date()

    @property
    def last_full_day(self) -> date:
        return self.today - timedelta(days=1)


# What was built before there was a registry cannot be asked.
_SEEN = text(
    "select as_of from ops.publications where exists (select 1 from ops.metric_registry)"
    " order by published_at desc limit 1"
)
# Who sees no money knows no quotients of it either: they come with what was divided.
_KNOWN = text("""
    select name, label, group_name as "group", definition, formula, owner, good, grain, unit, dimensions,
           is_additive, version, sql, sources, not_collected
    from ops.metric_registry
    where (cast(:is_staff as boolean) or not is_staff_only)
      and (cast(:sees_money as boolean)
           or unit <> 'money' and not coalesce(cast(plan ->> 'is_by_currency' as boolean), false))
    order by position
""")
_PLANNED = text("""
    select name, unit, is_additive, plan, rows_sql
    from ops.metric_registry
    where name = any(:names) and plan is not null and (cast(:is_staff as boolean) or not is_staff_only)
      and (cast(:sees_money as boolean)
           or unit <> 'money' and not coalesce(cast(plan ->> 'is_by_currency' as boolean), false))
""")
_STATEMENTS = text("select name, sql from ops.metric_statements where name = any(:names)")


def known_metrics(work: Work) -> list[Metric]:
    """Every metric that the actor may ask, in the registry's order; staff also see those not collected yet.

    Raises: WarehouseNotBuilt, because the registry comes with a build.
    """
    reader = reader_of(work)
    seen_by_readers(work)
    rows = work.session.execute(_KNOWN, {"is_staff": reader.is_staff, "sees_money": reader.sees_money}).mappings()
    return [Metric.model_validate(dict(row)) for row in rows]


def reader_of(work: Work) -> Reader:
    """Staff with the right to the platform's figures; members with a right to their own sales or purchases.

    Raises: NotFound for nobody, NotAllowed for people without any of these rights.
    """
    actor = work.actor
    if actor.is_staff:
        actor.require(Permission.SEE_PLATFORM)
        return Reader(is_staff=True)
    sells, buys = actor.may(Permission.SEE_SALES), actor.may(Permission.SEE_PURCHASES)
    if not (sells or buys):
        actor.require(Permission.SEE_PURCHASES)
    me = actor.require_org()
    sees_money = (not sells or actor.may(Permission.SEE_PRICES)) and (not buys or actor.may(Permission.SEE_COSTS))
    return Reader(
        is_staff=False, only_buyer=None if sells else me, only_seller=None if buys else me, sees_money=sees_money
    )


def seen_by_readers(work: Work) -> Seen:
    """What readers see. Raises `WarehouseNotBuilt`."""
    as_of: datetime | None = work.session.execute(_SEEN).scalar()
    if as_of is None:
        raise WarehouseNotBuilt("The warehouse has not been built yet; run wholesale pipeline run first.")
    return Seen(as_of)


def planned(work: Work, reader: Reader, names: Iterable[str]) -> list[Planned]:
    """The metrics of these names, in their order. Raises `UnknownMetric`, also for what is not collected."""
    wanted = list(dict.fromkeys(names))
    sees = {"is_staff": reader.is_staff, "sees_money": reader.sees_money}
    rows = work.session.execute(_PLANNED, sees | {"names": wanted})
    found = {row.name: Planned(**row._mapping) for row in rows}
    missing = [name for name in wanted if name not in found]
    if missing:
        raise UnknownMetric(f"There is no metric {missing[0]} to ask for.")
    return [found[name] for name in wanted]


def require_dimensions(names: Iterable[str]) -> None:
    """Raises `Invalid` for a dimension that is none."""
    unknown = sorted(set(names) - set(DIMENSIONS))
    if unknown:
        raise Invalid(f"There is no dimension {unknown[0]}.")


def statements(work: Work, names: Iterable[str]) -> dict[str, TextClause]:
    """The compiled statements of these names, in one round trip. Raises `UnknownMetric`."""
    wanted = list(names)
    found = {row.name: text(row.sql) for row in work.session.execute(_STATEMENTS, {"names": wanted})}
    if set(wanted) - set(found):
        raise UnknownMetric
    return found
