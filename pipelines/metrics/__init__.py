"""The registry of metrics: read from `dbt_project/metrics`, compiled to SQL, written where readers find it.

A metric is declared once: what it means, and how it is counted over which mart. The build compiles it,
has PostgreSQL check every statement against the tables that it just built, and writes the registry in the
transaction that repoints the readers' views. So a reader's SQL always fits the tables that it reads, and a
build that fails or is killed leaves the old registry with the old tables.
"""

from pipelines.metrics.compile import Compiled, compile_registry
from pipelines.metrics.declared import WrongRegistry, read_registry
from pipelines.metrics.store import check, write

__all__ = ["Compiled", "WrongRegistry", "check", "compile_registry", "read_registry", "write"]
