"""The worker process: deliveries of events, timers, the sealing of the audit trail, letters, and builds asked for.

A command enqueues "deliver what is new" in its own transaction, so the job comes to life with the commit
and the worker hears of it at once. The ticks below do the same every few seconds, so that nothing is
lost if a job is. Every task may run twice: what it does is bound to its delivery row or timer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import procrastinate
from procrastinate import builtin_tasks

from domain.kernel import database, log
from domain.kernel.database import Role

EVERY_5_S = "* * * * * */5"  # the sixth field counts seconds
EVERY_MINUTE = "* * * * *"
EVERY_5_MINUTES = "*/5 * * * *"
EVERY_HOUR = "41 * * * *"
EVERY_NIGHT = "17 3 * * *"

_AT_ONCE = 3
_AT_A_TIME = 200
_BATCHES_AT_MOST = 50
_FAILED_KEPT_H = 24 * 7
_log = logging.getLogger(__name__)


def make_app() -> procrastinate.App:
    """The job queue of this instance with its tasks; opened by whoever runs it."""
    connector = procrastinate.PsycopgConnector(
        conninfo=database.url(Role.APP, driver=""),
        kwargs={"options": "-c search_path=jobs,market,public -c timezone=UTC", "application_name": "wholesale worker"},
        min_size=1,
        max_size=_AT_ONCE + 2,
    )
    app = procrastinate.App(connector=connector)
    _add_tasks(app)
    return app


def _add_tasks(app: procrastinate.App) -> None:
    # A queueing lock keeps one tick waiting at most; no lock on running, since a killed worker would keep it.
    @app.periodic(cron=EVERY_5_S, periodic_id="tick")
    @app.task(name="deliver_events", queue="events", queueing_lock="tick_deliver_events")
    def deliver_events(timestamp: int = 0) -> None:
        from domain import reactions

        with _noted("deliver_events"):
            reactions.deliver_new(limit=_AT_A_TIME)

    @app.periodic(cron=EVERY_5_S, periodic_id="tick")
    @app.task(name="fire_timers", queue="timers", queueing_lock="tick_fire_timers")
    def fire_timers(timestamp: int = 0) -> None:
        from domain import reactions

        with _noted("fire_timers"):
            reactions.fire_due_timers()

    @app.periodic(cron=EVERY_5_S, periodic_id="tick")
    @app.task(name="seal_audit", queue="audit", queueing_lock="tick_seal_audit")
    def seal_audit(timestamp: int = 0) -> None:
        from domain.kernel import events

        with _noted("seal_audit"):
            events.seal()

    @app.periodic(cron=EVERY_5_S, periodic_id="tick")
    @app.task(name="start_builds", queue="builds", queueing_lock="tick_start_builds")
    def start_builds(timestamp: int = 0) -> None:
        from app.run import builds

        with _noted("start_builds"):
            builds.start_waiting()

    @app.periodic(cron=EVERY_5_S, periodic_id="tick")
    @app.task(name="bring_uploads", queue="uploads", queueing_lock="tick_bring_uploads")
    def bring_uploads(timestamp: int = 0) -> None:
        from app.run import uploads

        with _noted("bring_uploads"):
            uploads.bring_waiting()

    @app.periodic(cron=EVERY_5_S, periodic_id="tick")
    @app.task(name="scan_files", queue="files", queueing_lock="tick_scan_files")
    def scan_files(timestamp: int = 0) -> None:
        from app.run import scanning

        with _noted("scan_files"):
            scanning.scan_waiting()

    @app.periodic(cron=EVERY_5_S, periodic_id="tick")
    @app.task(name="post_messages", queue="messages", queueing_lock="tick_post_messages")
    def post_messages(timestamp: int = 0) -> None:
        from app.run import post

        with _noted("post_messages"):
            post.post()

    @app.periodic(cron=EVERY_MINUTE, periodic_id="tick")
    @app.task(name="lift_suspensions", queue="upkeep", queueing_lock="tick_lift_suspensions")
    def lift_suspensions(timestamp: int = 0) -> None:
        from domain import identity
        from domain.kernel.actor import Actor
        from domain.kernel.work import run

        with _noted("lift_suspensions"):
            run(Actor.system(), identity.lift_ended_suspensions)

    @app.periodic(cron=EVERY_5_MINUTES, periodic_id="tick")
    @app.task(name="count_words", queue="upkeep", queueing_lock="tick_count_words")
    def count_words(timestamp: int = 0) -> None:
        """How rare words are, what is in stock and who is verified, for ranking and facets of the search."""
        from domain import discovery
        from domain.kernel.actor import Actor
        from domain.kernel.work import run

        with _noted("count_words"):
            run(Actor.system(), discovery.count_words)

    @app.periodic(cron=EVERY_MINUTE, periodic_id="tick")
    @app.task(name="end_views", queue="upkeep", queueing_lock="tick_end_views")
    def end_views(timestamp: int = 0) -> None:
        from domain import identity
        from domain.kernel.actor import Actor
        from domain.kernel.work import run

        with _noted("end_views"):
            run(Actor.system(), identity.end_views)

    @app.periodic(cron=EVERY_5_S, periodic_id="tick")
    @app.task(name="read_papers", queue="papers", queueing_lock="tick_read_papers")
    def read_papers(timestamp: int = 0) -> None:
        from app.run import reading

        with _noted("read_papers"):
            reading.read_waiting()

    @app.periodic(cron=EVERY_MINUTE, periodic_id="tick")
    @app.task(name="tend_requests", queue="upkeep", queueing_lock="tick_tend_requests")
    def tend_requests(timestamp: int = 0) -> None:
        from domain import orders
        from domain.kernel.actor import Actor
        from domain.kernel.work import run

        with _noted("tend_requests"):
            run(Actor.system(), orders.tend_requests)

    @app.periodic(cron=EVERY_HOUR, periodic_id="tick")
    @app.task(name="look_for_new", queue="upkeep", queueing_lock="tick_look_for_new")
    def look_for_new(timestamp: int = 0) -> None:
        """Whoever wants to hear of new products for a search is told once a day, of what they may see."""
        from domain import reactions

        with _noted("look_for_new"):
            reactions.look_for_new_products()

    @app.periodic(cron=EVERY_MINUTE, periodic_id="tick")
    @app.task(name="tend_alerts", queue="upkeep", queueing_lock="tick_tend_alerts")
    def tend_alerts(timestamp: int = 0) -> None:
        from domain import stock
        from domain.kernel.actor import Actor
        from domain.kernel.work import run

        with _noted("tend_alerts"):
            run(Actor.system(), stock.tend_alerts)

    @app.periodic(cron=EVERY_MINUTE, periodic_id="tick")
    @app.task(name="end_kept_stock", queue="upkeep", queueing_lock="tick_end_kept_stock")
    def end_kept_stock(timestamp: int = 0) -> None:
        """What was kept back, by hand or for a customer, is free again when its time has come."""
        from domain import stock
        from domain.kernel.actor import Actor
        from domain.kernel.work import run

        with _noted("end_kept_stock"):
            while run(Actor.system(), stock.end_due):
                pass

    @app.periodic(cron=EVERY_MINUTE, periodic_id="tick")
    @app.task(name="begin_prices", queue="upkeep", queueing_lock="tick_begin_prices")
    def begin_prices(timestamp: int = 0) -> None:
        from domain import catalog
        from domain.kernel.actor import Actor
        from domain.kernel.work import run

        with _noted("begin_prices"):
            while run(Actor.system(), catalog.begin_prices):
                pass

    @app.periodic(cron=EVERY_MINUTE, periodic_id="tick")
    @app.task(name="tick_verification", queue="upkeep", queueing_lock="tick_tick_verification")
    def tick_verification(timestamp: int = 0) -> None:
        from domain import verification
        from domain.kernel.actor import Actor
        from domain.kernel.work import run

        with _noted("tick_verification"):
            run(Actor.system(), verification.tick)

    @app.periodic(cron=EVERY_MINUTE, periodic_id="tick")
    @app.task(name="tend_lost_factors", queue="upkeep", queueing_lock="tick_tend_lost_factors")
    def tend_lost_factors(timestamp: int = 0) -> None:
        from domain import identity
        from domain.kernel.actor import Actor
        from domain.kernel.work import run

        with _noted("tend_lost_factors"):
            run(Actor.system(), identity.tend_lost_factors)

    @app.periodic(cron=EVERY_HOUR, periodic_id="tick")
    @app.task(name="forget_old", queue="upkeep", queueing_lock="tick_forget_old")
    def forget_old(timestamp: int = 0) -> None:
        """What has served its time goes in batches, each a transaction of its own."""
        from domain import privacy
        from domain.kernel.actor import Actor
        from domain.kernel.work import run

        with _noted("forget_old"):
            for _ in range(_BATCHES_AT_MOST):
                if not run(Actor.system(), privacy.forget_old):
                    break

    @app.periodic(cron=EVERY_MINUTE, periodic_id="tick")
    @app.task(name="retry_stalled", queue="upkeep", queueing_lock="tick_retry_stalled")
    async def retry_stalled(timestamp: int = 0) -> None:
        """Give the jobs of a worker that was killed back to the queue."""
        with _noted("retry_stalled"):
            for job in await app.job_manager.get_stalled_jobs():
                await app.job_manager.retry_job(job)

    @app.periodic(cron=EVERY_NIGHT, periodic_id="tick")
    @app.task(name="forget_old_jobs", queue="upkeep", queueing_lock="tick_forget_old_jobs", pass_context=True)
    async def forget_old_jobs(context: Any, timestamp: int = 0) -> None:
        with _noted("forget_old_jobs"):
            await builtin_tasks.remove_old_jobs(context, max_hours=_FAILED_KEPT_H, remove_failed=True)


# What was last written down of each job. A job that runs every few seconds is written down twice a minute,
# and whenever it begins to fail or to work again.
_NOTED_EVERY_S = 30.0
_written: dict[str, tuple[float, bool]] = {}
_one_at_a_time = threading.Lock()


@contextmanager
def _noted(job: str) -> Iterator[None]:
    """Write down that a job ran and whether it went well, for the screen that shows how the system is."""
    try:
        yield
    except Exception as problem:
        _write_down(job, f"{type(problem).__name__}: {problem}"[:300])
        raise
    _write_down(job, None)


def _write_down(job: str, problem: str | None) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from domain import reports
    from domain.kernel.actor import Actor
    from domain.kernel.work import run

    with _one_at_a_time:
        at, went_well = _written.get(job, (-_NOTED_EVERY_S, True))
        if time.monotonic() - at < _NOTED_EVERY_S and went_well == (problem is None):
            return
        try:
            run(Actor.system(), reports.record_job, name=job, problem=problem)
        except SQLAlchemyError:  # the database may be what is broken, and the job's own problem matters more
            _log.warning("it could not be written down that %s ran", job)
            return
        _written[job] = time.monotonic(), problem is None


def main() -> None:
    log.setup("worker")
    database.ensure_running()
    _log.info("worker started")
    make_app().run_worker(name="worker", concurrency=_AT_ONCE, delete_jobs="successful", shutdown_graceful_timeout=20)


if __name__ == "__main__":
    main()
