"""When things run by themselves."""

from typing import Any

import dagster as dg

from pipelines.jobs import rebuild_week, refresh
from pipelines.settings import Settings


def schedules(
    settings: Settings,
) -> list[Any]:
    """A refresh every day and a report of the week that ended every Monday, in the account's zone."""
    hour, minute = (int(part) for part in settings.daily_run_at.split(":"))
    daily = dg.ScheduleDefinition(
        name="daily_refresh",
        job=refresh,
        cron_schedule=f"{minute} {hour} * * *",
        execution_timezone=settings.time_zone,
    )
    weekly = dg.build_schedule_from_partitioned_job(
        rebuild_week, name="weekly_report", hour_of_day=(hour + 1) % 24, minute_of_hour=minute
    )
    return [daily, weekly]
