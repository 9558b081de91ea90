"""The matrix of permissions: it says what the specification says, and the commands do what it says.

Every cell whose commands exist is driven at the domain's face by a person of that variant, in the organisation
whose things they are: one market for all, each cell in a savepoint. What a cell allows must succeed; what it does
not allow must be refused, with nothing written at all.
"""

import inspect
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain import identity
from domain.identity import GRANTS, Permission, Variant
from domain.identity.cells import KIND_OF, Grant, How
from domain.identity.matrix import FOR_EVERYBODY, FOR_THE_SYSTEM, ROWS, Row, Side, grant_of, pending
from domain.kernel import database as db
from domain.kernel.actor import Actor
from domain.kernel.errors import DomainError, NotAllowed, NotFound
from domain.kernel.work import begin, run
from tests.domain.test_strangers import ENTRIES, World, faces, make_world

# --- the specification -------------------------------------------------------------------------


@pytest.fixture(scope="session")
def specification(shared_data: Path) -> dict[str, dict[str, list[str]]]:
    """The four tables as they are written: by side, by row, the words of each cell."""
    written: dict[str, dict[str, list[str]]] = {}
    side = ""
    for line in (shared_data.parent / "spec" / "permissions.md").read_text().splitlines():
        if line.startswith("**"):
            side = line.strip("*").partition("**")[0]
        elif line.startswith("|") and not set(line) <= set("|- "):
            name, *cells = [part.strip() for part in line.strip("|").split("|")]
            if name != "Permission":
                written.setdefault(side, {})[name] = cells
    return written


def test_every_cell_says_what_the_specification_says(specification: dict[str, dict[str, list[str]]]) -> None:
    ours = {
        side.value: {row.name: [str(cell) for cell in row.cells] for row in ROWS if row.side is side and not row.beside}
        for side in Side
    }
    assert {side: list(rows) for side, rows in ours.items()} == {s: list(rows) for s, rows in specification.items()}
    different = [
        f"{side}, {name}: {cells} is written {specification[side][name]}"
        for side, rows in ours.items()
        for name, cells in rows.items()
        if cells != specification[side][name]
    ]
    assert different == []
    assert sum(len(cells) for rows in specification.values() for cells in rows.values()) == 289


def test_every_row_has_a_cell_for_every_variant() -> None:
    assert [row.name for row in ROWS if len(row.cells) != len(row.variants)] == []
    assert len({(row.side, row.name) for row in ROWS}) == len(ROWS)
