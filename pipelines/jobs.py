"""What can be run: everything, or one past week's report."""

import dagster as dg

from assets.reports.assets import weekly_report

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(weekly_report),
    description="Load what is new, rebuild every table, theme and forecast, publish the snapshot and the reports.",
)

rebuild_week = dg.define_asset_job(
    "rebuild_week",
    selection=dg.AssetSelection.assets(weekly_report),
    description="Make the reports of one past week again, from the published snapshot.",
)
