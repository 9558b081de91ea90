"""When the warehouse is built: each night, and every half hour of the day."""

from dagster import AssetSelection, DefaultScheduleStatus, ScheduleDefinition, define_asset_job

build_warehouse = define_asset_job("build_warehouse", selection=AssetSelection.all())

nightly = ScheduleDefinition(
    name="nightly", job=build_warehouse, cron_schedule="10 3 * * *", default_status=DefaultScheduleStatus.RUNNING
)
intraday = ScheduleDefinition(
    name="intraday", job=build_warehouse, cron_schedule="*/30 5-23 * * *", default_status=DefaultScheduleStatus.RUNNING
)
