"""From a file to a temporary table: rows are read, judged and copied as a stream, whatever their number."""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from domain.catalog.uploading.lane import NOTHING, Take, escaped, lane_of, numbered, parts_of
from domain.catalog.uploading.layout import Layout
from domain.catalog.uploading.reading import Article, Reading, Reject
from domain.catalog.uploading.source import Source
from domain.kernel.delimited import Block
from domain.kernel.errors import Invalid
from domain.kernel.work import Work

MOST_ROWS = 1_000_000
STAGED_COLUMNS = (
    "line, sku, name, description, brand, category, gtin, unit, moq, increment, pack_units, lead_time_days, currency,"
    " tax, price, tiers, options, parent, why, cells"
)
Progress = Callable[[str, int, int], None]

_IN_ARRAY = str.maketrans({"\\": "\\\\\\\\", '"': '\\\\"', "\t": "\\t", "\n": "\\n", "\r": " ", "\0": " "})


def stage(work: Work, source: Source, layout: Layout, *, today: date, progress: Progress | None = None) -> int:
    """Copy every row into `staged_upload`, bad ones with the reason. Answers how many there are.

    Raises `Invalid` above a million rows.
    """
    connection: Any = work.session.connection().connection.driver_connection
    rows = 0
    statement = f"copy pg_temp.staged_upload ({STAGED_COLUMNS}) from stdin"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for number, block in copied_blocks(source, layout, today):
            rows += number
            if rows > MOST_ROWS:
                raise Invalid(f"This file has more than {MOST_ROWS:,} rows. Please bring it in part by part.")
            copy.write(block)
            if progress:
                progress("reading the file", rows, 0)
    return rows


def copied_blocks(source: Source, layout: Layout, today: date) -> Iterator[tuple[int, str]]:
    """The rows of a file as COPY reads them, block by block with their number."""
    reading = Reading(source.on_page(layout.page), layout)
    lane = lane_of(reading)
    for block in reading.source.blocks():
        if block.numbers and block.numbers[0] <= layout.header_line:
            block = block.from_to(bisect_right(block.numbers, layout.header_line), len(block))
        if lines := list(_lines(reading, lane, block, today)):
            yield sum(number for number, _ in lines), "".join(text for _, text in lines)


def _lines(reading: Reading, lane: Take | None, block: Block, today: date) -> Iterator[tuple[int, str]]:
    if lane and not reading.group and len(block) > 1:
        if (taken := lane(block)) is not None:
            yield len(block), taken
            return
        for part in parts_of(block):
            yield from _lines(reading, lane, part, today)
        return
    for line, cells in zip(block.numbers, block.rows(), strict=True):
        if (row := reading.judge(line, cells)) is not None:
            yield 1, _copied(row, reading.layout, today)


def _copied(row: Article | Reject, layout: Layout, today: date) -> str:
    if isinstance(row, Reject):
        return f"{row.line}{_NOTHING}{escaped(row.why)}\t{array(row.cells)}\n"
    fields, price, tiers = row.fields, row.price, row.tiers
    if (starts := fields.get("valid_from")) and starts > today:
        return f"{row.line}{_NOTHING}price holds only from {starts.isoformat()} on\t\\N\n"
    if share := fields.get("discount"):  # what is paid is the list price less the discount
        price = price and _less(price, share)
        tiers = [(quantity, _less(amount, share)) for quantity, amount in tiers]
    currency = fields.get("currency") or layout.currency
    cells = [
        str(row.line), escaped(row.sku), escaped(row.name) or "\\N",
        escaped(fields["description"]) if "description" in fields else "\\N",
        escaped(fields["brand"]) if "brand" in fields else "\\N",
        escaped(fields["category"]) if "category" in fields else "\\N",
        fields.get("ean", "\\N"),
        escaped(fields["unit"]) if "unit" in fields else "\\N",
        _number(row.moq), _number(fields.get("increment")), _number(fields.get("pack_units")),
        _number(fields.get("lead_time_days")), currency or "\\N", _number(fields.get("tax")), _number(price),
        f"[{','.join(f'[{quantity},{numbered(amount)}]' for quantity, amount in tiers)}]" if tiers else "\\N",
        escaped(json.dumps(row.options, ensure_ascii=False)) if row.options else "\\N",
        escaped(fields["parent"]) if "parent" in fields else "\\N", "\\N", "\\N",
    ]  # fmt: skip
    return "\t".join(cells) + "\n"


_NOTHING = "\t\\N" * 17 + "\t"


def _number(value: int | Decimal | None) -> str:
    return NOTHING if value is None else numbered(value)


def _less(price: Decimal, share: Decimal) -> Decimal:
    return max(round(price * (1 - share), 6), Decimal("0.000001"))


def array(cells: tuple[str, ...]) -> str:
    """Cells as COPY reads a text array."""
    return "{" + ",".join(f'"{cell.translate(_IN_ARRAY)}"' for cell in cells) + "}" if cells else "\\N"
