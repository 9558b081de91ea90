"""Reports: questions put to the warehouse's marts, and to the whole of the books at once.

Owns no tables of the market. `postings_behind` shows what the ledger holds for a figure of GMV, and `reconcile`
compares mart, warehouse, ledger and orders. `history_report` gives an imported history's figures. `violations`
reads the invariants. `figures_state`, `pipeline_runs`, `system_health` and `stuck` say how the machinery does;
`request_build` asks for new figures, and the worker sees to it. Announces BuildRequested and BuildGivenUp.
`own_audit` and `all_audit` read the log, `audit_chain` proves that it is whole.
Every answer says as of when it is. For the platform's staff and jobs only, but for an organisation's own figures
and its own log; others get "not found".
"""

from domain.reports.audit import MOST as MOST_AUDIT_ROWS
from domain.reports.audit import AuditChange, AuditRow, Who, all_audit, own_audit
from domain.reports.audit_chain import AuditBreak, AuditChain, audit_chain
from domain.reports.building import (
    BUILD_LOCK,
    BuildToStart,
    BuildUnderWay,
    build_to_start,
    give_up_build,
    record_build_sent,
    request_build,
    request_first_build,
)
from domain.reports.capacity import CapacitySeen, CapacitySheet, MonthShipped, capacity_of, seller_capacity, what_counts
from domain.reports.exports import RowsExported, record_export
from domain.reports.freshness import BuildProgress, FiguresState, figures_state
from domain.reports.funnel import (
    FEW,
    FunnelOrder,
    FunnelRow,
    InterestDay,
    interest_by_day,
    orders_of_offer,
    product_funnel,
)
from domain.reports.gmv import (
    PostingBehind,
    PostingsBehind,
    Reconciliation,
    Stage,
    StageCheck,
    WarehouseNotBuilt,
    currencies,
    postings_behind,
    reconcile,
)
from domain.reports.health import (
    BACKUP,
    HealthRow,
    InvariantCheck,
    JobRow,
    Light,
    check_invariants,
    last_invariant_check,
    last_jobs,
    record_job,
    system_health,
)
from domain.reports.histories import HistoryReport, WarehouseTooOld, history_report
from domain.reports.history_tables import ReportTable
from domain.reports.in_words import asset_words
from domain.reports.metrics.cohorts import retention_cohorts
from domain.reports.metrics.registry import known_metrics
from domain.reports.metrics.rows import dimension_values, metric_rows
from domain.reports.metrics.values import metric_values
from domain.reports.metrics.views import (
    DIMENSIONS,
    CohortRow,
    Compare,
    Grain,
    Metric,
    MetricQuery,
    MetricResult,
    MetricRows,
    MetricValue,
    Unit,
    UnknownMetric,
)
from domain.reports.onboarding import (
    FunnelStage,
    HandedOver,
    OpenWork,
    StartStep,
    getting_started,
    onboarding_funnel,
    open_work_of,
    work_handed_over,
)
from domain.reports.operation import (
    AssetRow,
    FailingRows,
    RunRow,
    StuckRow,
    assets_of_run,
    failing_rows,
    pipeline_runs,
    stuck,
)
from domain.reports.replenishment import (
    REVIEW_DAYS,
    ProjectedDay,
    Projection,
    Recommendation,
    projection,
    recommendations,
)
from domain.reports.suspension import AffectedParty, MoneyAtStake, SuspensionPreview, suspension_preview
from domain.reports.verify import MEANING, InvariantRow, violations

__all__ = [
    "FEW",
    "REVIEW_DAYS",
    "FunnelOrder",
    "FunnelRow",
    "InterestDay",
    "ProjectedDay",
    "Projection",
    "Recommendation",
    "interest_by_day",
    "orders_of_offer",
    "product_funnel",
    "projection",
    "recommendations",
    "CapacitySeen",
    "CapacitySheet",
    "MonthShipped",
    "capacity_of",
    "seller_capacity",
    "what_counts",
    "FunnelStage",
    "HandedOver",
    "OpenWork",
    "StartStep",
    "getting_started",
    "onboarding_funnel",
    "open_work_of",
    "work_handed_over",
    "AffectedParty",
    "MoneyAtStake",
    "SuspensionPreview",
    "suspension_preview",
    "DIMENSIONS",
    "BACKUP",
    "BUILD_LOCK",
    "MEANING",
    "MOST_AUDIT_ROWS",
    "AssetRow",
    "AuditBreak",
    "AuditChain",
    "AuditChange",
    "AuditRow",
    "BuildProgress",
    "BuildToStart",
    "BuildUnderWay",
    "CohortRow",
    "Compare",
    "FailingRows",
    "FiguresState",
    "Grain",
    "HealthRow",
    "HistoryReport",
    "InvariantCheck",
    "InvariantRow",
    "JobRow",
    "Light",
    "Metric",
    "MetricQuery",
    "MetricResult",
    "MetricRows",
    "MetricValue",
    "PostingBehind",
    "PostingsBehind",
    "Reconciliation",
    "ReportTable",
    "RowsExported",
    "RunRow",
    "Stage",
    "StageCheck",
    "StuckRow",
    "Unit",
    "UnknownMetric",
    "WarehouseNotBuilt",
    "WarehouseTooOld",
    "Who",
    "all_audit",
    "asset_words",
    "assets_of_run",
    "audit_chain",
    "build_to_start",
    "check_invariants",
    "currencies",
    "dimension_values",
    "failing_rows",
    "figures_state",
    "give_up_build",
    "history_report",
    "known_metrics",
    "last_invariant_check",
    "last_jobs",
    "metric_rows",
    "metric_values",
    "own_audit",
    "pipeline_runs",
    "postings_behind",
    "reconcile",
    "record_export",
    "record_build_sent",
    "record_job",
    "request_build",
    "request_first_build",
    "retention_cohorts",
    "stuck",
    "system_health",
    "violations",
]
