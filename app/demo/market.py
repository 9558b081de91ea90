"""Makes the demo market: every company, product and order walks through the domain's commands.

A year is played on a simulated clock with a seeded random source, so two runs up to the same instant tell the
same story. The months before the live weeks come in through the importer, as another system's books would.
Nothing is written that a user could not have done.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import text

from app.demo import demand, past, scenes, signing_up, visits
from app.demo.companies import (
    DOMAIN,
    Size,
    Trader,
    create_categories,
    move_in,
    register_platform,
    take_up,
    write_down,
)
from app.demo.content import content_hash
from app.demo.demand import Wish
from app.demo.stage import Stage, quick_commits
from app.demo.trade import Trade
from domain import identity, reactions
from domain.identity import OrgKind
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError
from domain.kernel.work import begin

PASSWORD = "wholesale demo"
SEED = 20261122
FULL = Size()

Progress = Callable[[str], None]


def make_market(
    progress: Progress = lambda _: None, *, today: datetime | None = None, seed: int = SEED, size: Size = FULL
) -> str:
    """Make the demo market on an empty database, up to `today` (the last full hour). Returns its hash.

    The same instant, seed and size make the same market.
    """
    if today is None:
        with begin(Actor.system()) as work:
            today = work.now
    with quick_commits():
        _make(Stage(today.replace(minute=0, second=0, microsecond=0), seed), size, progress)
    return content_hash()


def is_empty() -> bool:
    """Whether nobody can sign in yet."""
    with begin(Actor.system()) as work:
        try:
            identity.person_by_email(work, email=f"admin@wholesale-os.{DOMAIN}")
        except DomainError:
            return True
    return False


def _make(stage: Stage, size: Size, progress: Progress) -> None:
    traders = write_down(stage, size)
    wishes = demand.plan(stage, traders)
    password = identity.hashed(PASSWORD, is_for_show=True)
    begins = stage.today - timedelta(days=size.days + 2)
    cut = stage.today - timedelta(days=size.live_days)
    stage.now = begins
    staff = stage.do(Actor.system(), register_platform, password=password)
    stage.do(Actor.system(), create_categories)
    trade = Trade(stage, staff)

    signing_up.put_on_agenda(stage, traders, password)
    for trader in traders:
        stage.at(trader.joined_at, _moving_in(stage, trader, password))
    for trader in traders:
        if trader.kind is OrgKind.DISTRIBUTOR:
            for days in range(20, (stage.today - trader.joined_at).days, 30):
                stage.at(trader.joined_at + timedelta(days=days), _taking_up(stage, trader))
    stage.at(begins, lambda: progress("Companies, people and their goods"))
    stage.at(cut, lambda: _past(stage, progress, [wish for wish in wishes if wish.at < cut]))
    for wish in wishes:
        if wish.at >= cut:
            stage.at(wish.at, _checkout(trade, wish))
    _days(stage, trade, traders, cut)
    scenes.put_on_agenda(stage, trade, traders)
    stage.play()
    _evening(stage)
    _forget_jobs()


def _moving_in(stage: Stage, trader: Trader, password: identity.HashedPassword) -> Callable[[], None]:
    return lambda: move_in(stage, trader, password)


def _taking_up(stage: Stage, trader: Trader) -> Callable[[], None]:
    return lambda: take_up(stage, trader)


def _checkout(trade: Trade, wish: Wish):  # type: ignore[no-untyped-def]
    return lambda: trade.buy(wish.buyer, wish.lines)


def _past(stage: Stage, progress: Progress, wishes: Sequence[Wish]) -> None:
    progress("Months of trade before, imported")
    if wishes:
        past.bring_in(stage, wishes)
    progress("Weeks of live trade")


def _days(stage: Stage, trade: Trade, traders: Sequence[Trader], first: datetime) -> None:
    """What every day brings: visits, deliveries of events, timers; and money for the sellers once a week."""
    evening = first.replace(hour=18, minute=0)
    while evening <= stage.today:
        stage.at(evening, lambda: _evening(stage))
        stage.at(evening, lambda: visits.look_around(stage, traders, trade.staff))
        if evening.weekday() == 4:
            stage.at(evening.replace(hour=9), trade.pay_out)
        evening += timedelta(days=1)


def _evening(stage: Stage) -> None:
    with stage.present():
        while reactions.fire_due_timers():
            continue
        reactions.deliver_new(limit=100_000)


def _forget_jobs() -> None:
    """Every command has asked the worker to deliver its events, which is done: thousands of times for nothing."""
    from domain.kernel import database

    with database.engine().begin() as connection:
        connection.execute(
            text("delete from jobs.procrastinate_jobs where task_name = 'deliver_events' and status = 'todo'")
        )
