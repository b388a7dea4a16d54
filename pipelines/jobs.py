"""What can be run: everything, one past week's report, what a surge asks for, or a what-if."""

import dagster as dg

from assets.forecasts import forecast_tables
from assets.hourly_forecast import hourly_forecast_table
from assets.reports.assets import report_pages, weekly_report
from assets.staffing import staffing_tables
from assets.surges import surge_people_table, surge_tables
from assets.what_if import what_if_tables

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(weekly_report, what_if_tables),
    description="Load what is new, rebuild every table, theme and forecast, publish the snapshot and the reports.",
)

rebuild_week = dg.define_asset_job(
    "rebuild_week",
    selection=dg.AssetSelection.assets(weekly_report),
    description="Make the reports of one past week again, from the published snapshot.",
)

crisis = dg.define_asset_job(
    "crisis",
    selection=dg.AssetSelection.assets(
        surge_tables,
        forecast_tables,
        hourly_forecast_table,
        staffing_tables,
        surge_people_table,
        "published_snapshot",
        report_pages,
    ),
    description="A surge is on: forecast and plan again from what is loaded, publish, and make the incident page.",
)

what_if = dg.define_asset_job(
    "what_if",
    selection=dg.AssetSelection.assets(what_if_tables),
    description="Ask what a campaign or a wave of account takeovers would add: give it in the run's configuration.",
)
