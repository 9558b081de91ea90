"""Check the compiled registry against the tables of a build, and write it where readers find it."""

import json
import re
import time
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.kernel import database
from domain.kernel.database import Role
from pipelines.metrics.compile import Compiled, compile_registry, parameters
from pipelines.metrics.declared import WrongRegistry, read_registry
from pipelines.warehouse.runs import Asset, Build

# Nothing is asked: every statement is parsed and run, over no days.
_NOTHING: dict[str, Any] = dict.fromkeys(parameters()) | {
    "numbers": [], "firsts": [], "ends": [], "days": [], "months": [],
    "first": None, "end": None, "seen": None, "day_count": None, "month_count": None,
    "skipped": 0, "size": 0, "side": None,
}  # fmt: skip


def check(build: Build) -> tuple[Asset, Compiled | None]:
    """Compile the registry, and have every statement run over the tables that this build filled.

    A word, a table or a column that does not exist fails it, and the build with it.
    """
    start = time.monotonic()
    try:
        compiled = compile_registry(read_registry())
        _try(compiled, build.slot)
    except WrongRegistry as problem:
        message = " ".join(str(problem).split())[:500]
        return Asset("metric registry", "test", "failed", time.monotonic() - start, message=message), None
    return Asset("metric registry", "test", "ok", time.monotonic() - start), compiled


def _try(compiled: Compiled, slot: str) -> None:
    said = {name: sql for name, (_, sql) in compiled.statements.items()}
    for metric in compiled.metrics:
        said |= {f"{metric.declared.name}": metric.sql} if metric.sql else {}
        said |= {f"{metric.declared.name}, rows of {source}": sql for source, sql in metric.rows_sql.items()}
    with database.engine(Role.BUILDER).begin() as connection:
        for name, sql in said.items():
            try:
                connection.execute(text(re.sub(r"\bmarts\.", f"marts_{slot}.", sql)), _NOTHING)
            except DBAPIError as problem:
                raise WrongRegistry(f"{name}: {str(problem.orig).splitlines()[0]}") from problem


def write(connection: psycopg.Connection[Any], compiled: Compiled, run_id: UUID) -> None:
    """Put the registry in place of the one before, inside the caller's transaction."""
    connection.execute("delete from ops.metric_registry")
    connection.execute("delete from ops.metric_statements")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.metric_statements (name, kind, sql, run_id) values (%s, %s, %s, %s)",
            [(name, kind, sql, run_id) for name, (kind, sql) in compiled.statements.items()],
        )
        cursor.executemany(
            "insert into ops.metric_registry (name, position, label, group_name, definition, formula, owner, good,"
            " grain, unit, dimensions, is_additive, version, sources, sql, rows_sql, plan, is_staff_only,"
            " not_collected, run_id)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    one.name, metric.position, one.label, one.group, one.definition, one.formula, one.owner, one.good,
                    one.grain, one.unit, list(metric.plan["dimensions"]) if metric.plan else [], one.is_additive,
                    one.version, list(metric.sources), metric.sql,
                    json.dumps(metric.rows_sql) if metric.rows_sql else None,
                    json.dumps(metric.plan) if metric.plan else None, metric.is_staff_only, one.not_collected, run_id,
                )
                for metric in compiled.metrics
                for one in [metric.declared]
            ],
        )  # fmt: skip
