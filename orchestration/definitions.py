"""What Dagster loads. One process runs all steps of a run: starting one costs more than most steps do."""

import sys
from pathlib import Path

from dagster import Definitions, in_process_executor
from dagster_dbt import DbtCliResource

from orchestration import assets, checks, schedules
from pipelines.warehouse import dbt

dbt.prepare()

defs = Definitions(
    assets=[assets.incoming_orders, assets.warehouse, assets.published],
    asset_checks=[checks.incoming_orders_are_sound, checks.invariants_hold],
    jobs=[schedules.build_warehouse],
    schedules=[schedules.nightly, schedules.intraday],
    executor=in_process_executor,
    resources={
        "dbt_cli": DbtCliResource(
            project_dir=str(dbt.PROJECT_FOLDER),
            profiles_dir=str(dbt.folder()),
            dbt_executable=str(Path(sys.executable).with_name("dbt")),
        )
    },
)
