"""The case `upload` of `wholesale bench`: a file of generated products, beside a bare COPY of the same rows.

In one run on a scratch database: the rows by COPY into the table that an upload stages in, as fast as they can be
written (they are made before); the same rows read from a CSV file, judged and staged; compared with the catalogue; and
brought in. Memory is the most that this process has had so far; it does not grow with the file.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from app.benches.machine import machine_cpu_s, scratch
from domain import catalog, identity, verification
from domain.identity import OrgKind, Variant
from domain.kernel.actor import Actor
from domain.kernel.work import Work, begin, run

HEADER = "SKU;Product name;Brand;MOQ;Net price;Price from 50;Lead time\n"
SEED = 7
# As the table into which an upload is copied.
_TABLE = (
    "create temporary table bench_upload (line bigint, sku text, name text, description text, brand text,"
    " category text, gtin text, unit text, moq bigint, increment bigint, pack_units bigint, lead_time_days bigint,"
    " currency text, tax numeric, price numeric, tiers jsonb, options jsonb, parent text, why text, cells text[])"
    " on commit drop"
)


@dataclass(frozen=True)
class Row:
    what: str
    rows: int
    seconds: float
    per_second: float
    share: float
    peak_mb: float
    foreign: float


@dataclass(frozen=True)
class Report:
    rows: list[Row]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def measure(rows: int, *, say: Callable[[str], None] = lambda _: None) -> Report:
    """Run the case with so many rows."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-upload-") as folder, scratch(lambda: None):
        path = Path(folder) / "list.csv"
        _write(path, rows)
        who = _seller()
        say("bare COPY")
        made = path.with_suffix(".copy")
        source = catalog.open_list(path)
        layout = catalog.guess_layout(source)
        with made.open("w") as out:
            out.writelines(lines for _, lines in catalog.copied_blocks(source, layout, date.today()))  # noqa: DTZ011
        # Each takes turns, and of two rounds the better one counts: a machine does other things as well.
        bare = min((_timed(lambda: run(who, _bare, path=made)) for _ in range(2)), key=lambda one: one[0])
        found.append(_row("bare COPY", rows, bare, bare[0]))
        say("reading and staging")
        staged = min((_timed(lambda: run(who, _staged, path=path)) for _ in range(2)), key=lambda one: one[0])
        found.append(_row("read and staged", rows, staged, bare[0]))
        say("checking")
        answers: list[Any] = []
        checked = _timed(lambda: answers.append(run(who, catalog.check_upload, path=path, name="list.csv")))
        found.append(_row("checked (all of it)", rows, checked, bare[0]))
        say("bringing in")
        run(who, catalog.start_upload, upload_id=answers[0], mode=catalog.UploadMode.GOOD)
        found.append(_row("brought in", rows, _timed(lambda: _brought_in(who, answers[0])), bare[0]))
    return Report(found)


def _write(path: Path, rows: int) -> None:
    chance = random.Random(SEED)
    with path.open("w") as file:
        file.write(HEADER)
        for number in range(rows):
            price = chance.randint(100, 99_999)
            file.write(
                f"GEN-{number:07d};Generated product {number};Brand {number % 97};{(number % 5 + 1) * 6};"
                f"{price // 100},{price % 100:02d};{price * 9 // 1000},{price * 9 // 10 % 100:02d};{number % 30}\n"
            )


def _seller() -> Actor:
    org_id = run(
        Actor.system(), identity.register_organization, request_id=uuid4(), kind=OrgKind.MANUFACTURER, name="Maker",
        country_code="DE", time_zone="Europe/Berlin", currency="EUR",
    )  # fmt: skip
    run(
        Actor.system(), identity.add_member, request_id=uuid4(), org_id=org_id, email="owner@maker.example",
        name="Owner", variant=Variant.FACTORY_OWNER, password=identity.hashed(uuid4().hex),
    )  # fmt: skip
    run(Actor.system(), verification.vouch, org_ids=[org_id], level=3, reason="A measurement")
    with begin(Actor.system()) as work:
        return identity.actor_of(identity.person_by_email(work, email="owner@maker.example"))


def _brought_in(who: Actor, upload_id: UUID) -> None:
    """As the worker does it: each row becomes a product, a variant, an offer and its prices, part by part."""
    while run(who, catalog.carry_on_upload, upload_id=upload_id):
        pass


def _bare(work: Work, *, path: Path) -> None:
    with path.open("rb") as file:
        _copy(work, iter(lambda: file.read(1 << 18), b""))


def _staged(work: Work, *, path: Path) -> None:
    """As a check does it: the file is looked at, its columns are guessed, its rows are judged and copied."""
    source = catalog.open_list(path)
    _copy(work, (lines for _, lines in catalog.copied_blocks(source, catalog.guess_layout(source), work.now.date())))


def _copy(work: Work, parts: Iterable[bytes | str]) -> None:
    work.session.execute(text("drop table if exists pg_temp.bench_upload"))
    work.session.execute(text(_TABLE))
    connection: Any = work.session.connection().connection.driver_connection
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy pg_temp.bench_upload ({catalog.STAGED_COLUMNS}) from stdin") as copy,
    ):
        for part in parts:
            copy.write(part)


def _timed(act: Callable[[], object]) -> tuple[float, float, float]:
    """Seconds, the most megabytes that this process has had so far, and how many cores others had meanwhile."""
    machine, own = machine_cpu_s(), time.process_time()
    start = time.perf_counter()
    act()
    seconds = time.perf_counter() - start
    others = max(machine_cpu_s() - machine - (time.process_time() - own) - seconds, 0.0)
    return seconds, _memory_mb(), others / seconds


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _row(what: str, rows: int, measured: tuple[float, float, float], bare: float) -> Row:
    seconds, peak, foreign = measured
    return Row(what, rows, seconds, rows / seconds, bare / seconds, peak, foreign)
