"""Random questions about metrics by random members: no number and no row holds what is not the asker's own.

Each member's answer is compared with the same figure computed from the application's tables over that member's
own trade alone, so that one foreign order in a sum is found, and each row behind a figure is looked up. The
control takes the row filters off the published views: the same check must then find foreign trade.
"""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy import text

from domain import identity, reports
from domain.identity import Permission, Variant
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError, Invalid, NotAllowed, NotFound
from domain.kernel.work import begin, run
from domain.reports import Compare, Grain, Metric, MetricQuery
from pipelines.warehouse.build import build
from tests.make.again import METRICS, Books, Fact, figures
from tests.make.compared import books_of, same_cell, stretches
from tests.make.weeks import Weeks, import_pasts, make_weeks
from tests.proof.written import write_down

pytestmark = pytest.mark.proof
NO_SUCH = "00000000-0000-4000-8000-000000000000"


@dataclass
class Round:
    """What a round of questions found."""

    asked: Counter[str] = field(default_factory=Counter)
    numbers: int = 0
    rows: int = 0
    foreign: list[str] = field(default_factory=list)


@dataclass
class Asker:
    """Who asks, with the sides of trade that the role may see. Staff see all."""

    actor: Actor
    org_id: str
    sides: frozenset[str]

    def sees(self, fact: Fact) -> bool:
        if self.actor.is_staff:
            return True
        if self.org_id not in fact.parties:
            return False
        if self.sides == {"buyer", "seller"}:
            return True
        [side] = self.sides
        return fact.at.get(side) == self.org_id


@dataclass
class World:
    askers: list[Asker]
    metrics: dict[str, Metric]  # as staff know them
    names: set[str]  # those that members may ask
    books: Books
    members: dict[str, list[str]]  # values of each dimension over all of the trade
    first: date
    own: dict[tuple[str, int, bool], list[Fact]] = field(default_factory=dict)

    def facts_of(self, name: str, number: int, dimensions: Collection[str] = ()) -> list[Fact]:
        """The facts of a metric that an asker may see."""
        at = name, number, "category" in dimensions
        if at not in self.own:
            facts = METRICS[name].facts_for(self.books, dimensions)
            self.own[at] = [fact for fact in facts if self.askers[number].sees(fact)]
        return self.own[at]


def look(actors: Sequence[Actor]) -> World:
    """What there is to ask, and what each may see of it."""
    askers = []
    for actor in actors:
        sides = {"seller": Permission.SEE_SALES, "buyer": Permission.SEE_PURCHASES}
        askers.append(Asker(actor, str(actor.org_id), frozenset(s for s, right in sides.items() if actor.may(right))))
    with begin(Actor.system()) as work:
        books = books_of(work)
        metrics = {m.name: m for m in reports.known_metrics(work) if m.not_collected is None}
    with begin(actors[0]) as work:
        names = {metric.name for metric in reports.known_metrics(work) if metric.not_collected is None}
    members: dict[str, set[str]] = defaultdict(set)
    for name in names:
        for fact in METRICS[name].facts_for(books, ("category",)):
            for dimension, key in fact.at.items():
                members[dimension].add(key)
    first = min(fact.day for fact in METRICS["orders"].facts_for(books, ()))
    return World(askers, metrics, names, books, {k: sorted(v) for k, v in members.items()}, first)


# --- questions -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    names: tuple[str, ...]
    first: date
    end: date
    grain: Grain | None
    by: str | None
    currency: str | None
    filters: dict[str, tuple[str, ...]]
    compare: Compare | None
    is_for_rows: bool


def question(world: World, chance: random.Random, *, is_staff: bool) -> Question:
    every = list(world.metrics.values())
    may = [m for m in every if is_staff or m.name in world.names]
    metric = chance.choice(may if chance.random() < 0.95 else every)
    others = [m for m in may if set(metric.dimensions) <= set(m.dimensions)]
    names = [metric, *chance.sample(others, min(len(others), chance.randrange(3)))] if metric in may else [metric]
    dimensions = list(metric.dimensions)
    if chance.random() < 0.03:
        dimensions = ["origin", "role", "buyer_country", "seller_country", "category", "payment_method", "buyer",
                      "seller", "password"]  # fmt: skip
    span = (world.books.today - world.first).days + 20
    first = world.first - timedelta(days=10) + timedelta(days=chance.randrange(span))
    grain = chance.choice((None, *Grain))
    days = chance.choice((1, 7, 31, 92, 400))
    if grain is Grain.DAY:
        days = min(days, 31)
    if chance.random() < 0.4:
        first = first.replace(day=1)
    filters = {
        name: tuple(_wanted(world, name, chance) for _ in range(chance.choice((1, 1, 2))))
        for name in chance.sample(dimensions, min(len(dimensions), chance.choice((0, 0, 1, 1, 2))))
    }
    return Question(
        names=tuple(dict.fromkeys(m.name for m in names)),
        first=first,
        end=first + timedelta(days=days),
        grain=grain,
        by=chance.choice((None, *dimensions)) if dimensions else None,
        currency=chance.choice((None, None, "EUR", "USD", "XXX")),
        filters=filters,
        compare=chance.choice((None, *Compare)),
        is_for_rows=chance.random() < 0.3,
    )


def _wanted(world: World, dimension: str, chance: random.Random) -> str:
    """A member of the dimension, mostly somebody else's, or what is none."""
    known = world.members.get(dimension)
    if not known or chance.random() < 0.1:
        return chance.choice((NO_SUCH, "", "' or true --", "%", "(unknown)"))
    return chance.choice(known)


# --- answers -------------------------------------------------------------------------------------


def ask(world: World, number: int, asked: Question, found: Round) -> None:
    asker = world.askers[number]
    try:
        with begin(asker.actor) as work:
            if asked.is_for_rows:
                _check_rows(world, number, asked, found, work)
            else:
                _check_values(world, number, asked, found, work)
    except DomainError as error:
        _check_refusal(world, asker, asked, error, found)


def _check_values(world: World, number: int, asked: Question, found: Round, work: Any) -> None:
    query = MetricQuery(
        names=asked.names, first=asked.first, end=asked.end, grain=asked.grain, by=asked.by,
        currency=asked.currency, filters=asked.filters, compare=asked.compare,
    )  # fmt: skip
    answer = reports.metric_values(work, query=query)
    found.asked["values"] += 1
    dimensions = {*asked.filters, *([asked.by] if asked.by else [])}
    theirs: dict[tuple[str, date | None], dict[Any, Decimal | None]] = defaultdict(dict)
    for value in answer.values:
        theirs[value.metric, value.period][value.key, value.currency] = value.value
    for name in asked.names:
        for period, first, end in stretches(METRICS[name], asked.first, asked.end, asked.grain):
            mine = figures(
                METRICS[name], world.facts_of(name, number, dimensions), first=first, end=end,
                today=world.books.today, by=asked.by, currency=asked.currency, filters=asked.filters,
                is_by_period=asked.grain is not None,
            )  # fmt: skip
            there = theirs.pop((name, period), {})
            found.numbers += len(there)
            for cell in mine.keys() | there.keys():
                if not same_cell(cell, mine, there, world.metrics[name]):
                    found.foreign.append(
                        f"{asked} by {number}: {name} {period} {cell} is {there.get(cell)}, the asker's own is"
                        f" {mine.get(cell)}"
                    )
            if asked.by in ("buyer", "seller"):
                own = {fact.at[asked.by] for fact in world.facts_of(name, number, dimensions)}
                for key, _ in there:
                    if key is not None and key not in own:
                        found.foreign.append(f"{asked} by {number} names the {asked.by} {key}")
    if theirs:
        found.foreign.append(f"{asked} by {number} is answered for other periods: {sorted(theirs, key=str)}")


def _check_rows(world: World, number: int, asked: Question, found: Round, work: Any) -> None:
    name, asker = asked.names[0], world.askers[number]
    answer = reports.metric_rows(
        work, name=name, first=asked.first, end=asked.end, currency=asked.currency, filters=asked.filters,
        page=1, size=200,
    )  # fmt: skip
    found.asked["rows"] += 1
    found.rows += len(answer.rows)
    for row in answer.rows:
        named = dict(zip(answer.columns, row, strict=True))
        if not asker.actor.is_staff and asker.org_id not in world.books.parties_named(named):
            found.foreign.append(f"{asked} by {number} shows {named}")
    own = figures(
        METRICS[name], world.facts_of(name, number, asked.filters), first=asked.first, end=asked.end, today=world.books.today,
        currency=asked.currency, filters=asked.filters,
    )  # fmt: skip
    if answer.amount is not None:
        expected = sum((figure.value or Decimal(0) for figure in own.values()), Decimal(0))
        if answer.amount != expected:
            found.foreign.append(f"{asked} by {number} adds up to {answer.amount}, the asker's own to {expected}")


def _check_refusal(world: World, asker: Asker, asked: Question, error: DomainError, found: Round) -> None:
    """A refusal speaks of the question, never of what there is: the same question about nobody is refused alike."""
    found.asked[type(error).__name__] += 1
    nobody = dict.fromkeys(asked.filters, (NO_SUCH,))
    with begin(asker.actor) as work, pytest.raises(type(error)) as again:
        if asked.is_for_rows:
            reports.metric_rows(work, name=asked.names[0], first=asked.first, end=asked.end, filters=nobody)
        else:
            reports.metric_values(
                work,
                query=MetricQuery(
                    names=asked.names, first=asked.first, end=asked.end, grain=asked.grain, by=asked.by,
                    currency=asked.currency, filters=nobody, compare=asked.compare,
                ),
            )  # fmt: skip
    assert isinstance(error, Invalid | NotFound | NotAllowed) and str(again.value) == str(error)


def check_members(world: World, number: int, found: Round) -> None:
    """The members of a dimension are those of the asker's own trade."""
    asker = world.askers[number]
    with begin(asker.actor) as work:
        for dimension in ("buyer", "seller", "buyer_country", "seller_country", "category", "payment_method"):
            own = {
                fact.at[dimension]
                for name in world.names
                for fact in world.facts_of(name, number, ("category",))
                if dimension in fact.at
            }
            for key, words in reports.dimension_values(work, dimension=dimension):
                found.numbers += 1
                if key not in own:
                    found.foreign.append(f"{number} is told of the {dimension} {words}")


def check_views(world: World, number: int, found: Round) -> None:
    """What a member's transaction reads of the published views, whatever the query: rows of the own trade alone."""
    asker = world.askers[number]
    with begin(asker.actor) as work:
        views = work.session.execute(
            text("select schemaname, viewname from pg_views where schemaname in ('core', 'marts') order by 1, 2")
        )
        for schema, view in views.all():
            table = sa.table(view, schema=schema)
            for row in work.session.execute(sa.select(text("*")).select_from(table)).mappings():
                found.rows += 1
                parties = {str(row[side]) for side in ("buyer_id", "seller_id", "distributor_id") if side in row}
                if asker.org_id not in parties:
                    found.foreign.append(f"{number} reads of {schema}.{view}: {dict(row)}")
                    break


def look_around(world: World) -> Round:
    """Without any chance: the members of dimensions, and all that a member's transaction reads."""
    found = Round()
    for number, asker in enumerate(world.askers):
        if not asker.actor.is_staff:
            check_members(world, number, found)
            check_views(world, number, found)
    return found


def play(world: World, questions: int, seed: int) -> Round:
    chance = random.Random(seed)
    found = Round()
    for _ in range(questions):
        number = chance.randrange(len(world.askers))
        ask(world, number, question(world, chance, is_staff=world.askers[number].actor.is_staff), found)
    return found


# --- the round -----------------------------------------------------------------------------------


def take_filters_off() -> None:
    """The control: the published views show every row to everybody."""
    with db.connect(db.Role.BUILDER) as connection, connection.transaction():
        [(slot,)] = connection.execute("select slot from ops.publications order by published_at desc limit 1").fetchall()
        names = connection.execute("select schemaname, viewname from pg_views where schemaname in ('core', 'marts')")
        for schema, view in names.fetchall():
            connection.execute(
                sql.SQL("create or replace view {} as select * from {}").format(
                    sql.Identifier(schema, view), sql.Identifier(f"{schema}_{slot}", view)
                )
            )


def some_orders_through_a_distributor(weeks: Weeks, share: float) -> None:
    """No command names the distributor of an order yet; the fence must know him all the same."""
    with psycopg.connect(db.url(db.Role.OWNER, driver="")) as connection:
        connection.execute(
            "update market.supplier_orders set distributor_id = %s"
            " where (('x' || substr(md5(id::text), 1, 4))::bit(16)::int / 65536.0) < %s and buyer_id <> %s",
            [weeks.distributor.org_id, share, weeks.distributor.org_id],
        )


def colleagues(weeks: Weeks) -> list[Actor]:
    """The owners, and of the distributor one who sees sales alone."""
    for variant in (Variant.SALES_MANAGER,):
        email = f"{variant.value}@regional.example"
        run(
            Actor.system(), identity.add_member, request_id=uuid4(), org_id=weeks.distributor.org_id, email=email,
            name=variant.value, variant=variant, password="a long sentence for tests",
        )  # fmt: skip
        with begin(Actor.system()) as work:
            weeks.distributor.people[variant] = identity.actor_of(identity.person_by_email(work, email=email))
    return [person for company in weeks.traders for person in company.people.values()]


def test_no_foreign_row_in_random_questions(fresh_database: str, tmp_path: Path, quick_round: bool) -> None:
    questions = 1_500 if quick_round else 10_000
    weeks = make_weeks(purchases=40 if quick_round else 120)
    import_pasts(weeks, tmp_path)
    some_orders_through_a_distributor(weeks, 0.2)
    assert build("test", lambda asset: None).status == "succeeded"
    world = look([*colleagues(weeks), weeks.platform.people[Variant.ANALYTICS]])
    begun = time.monotonic()
    around = look_around(world)
    assert around.foreign == [], "\n".join(around.foreign[:10])
    found = play(world, questions, seed=20)
    seconds = time.monotonic() - begun
    assert found.foreign == [], "\n".join(found.foreign[:10])
    assert found.numbers > questions and found.rows > questions // 10 and found.asked["rows"] > questions // 10

    take_filters_off()
    # Ids are made anew each time, and with them what is asked: enough questions that chance does not decide.
    asked_without = questions // 5
    control = play(world, asked_without, seed=20)
    assert len(control.foreign) > questions // 100, "without row filters the same check must find foreign trade"
    assert len(look_around(world).foreign) > len(world.askers)
    figures = {
        "questions": questions,
        "askers": len(world.askers),
        "asked": dict(found.asked),
        "metrics": sorted(world.names),
        "numbers_checked": found.numbers,
        "rows_checked": found.rows,
        "rows_of_views_checked": around.rows,
        "foreign": len(found.foreign),
        "seconds": round(seconds, 1),
        "control_questions": asked_without,
        "control_foreign": len(control.foreign),
    }
    write_down("metric_fence", figures, quick_round=quick_round)
