"""The service targets of a finished run are broken where the simulated helpdesk says they were."""

from dbt_like_sql.warehouse import Warehouse


def test_breaches_are_those_the_helpdesk_logged_to_the_second(finished):
    with Warehouse(finished.published, read_only=True) as snapshot:
        compared = snapshot.query(
            "with logged as (select ticket_id, to_value as metric, occurred_at from stg_ticket_events "
            "where kind = 'sla_breached') "
            "select count(*) as clocks, count(logged.occurred_at) as logged, "
            "count(*) filter (where instances.is_breached) as breached, "
            "count(*) filter (where instances.is_breached <> (logged.occurred_at is not null)) as differing, "
            "max(abs(date_diff('second', instances.breached_at, logged.occurred_at))) as seconds_apart "
            "from sla_instances as instances left join logged using (ticket_id, metric)"
        ).row(0, named=True)
    assert compared["clocks"] == 8_000  # a first reply and a resolution of each of the 4,000 tickets
    assert compared["logged"] > 500
    assert compared["breached"] == compared["logged"]
    assert compared["differing"] == 0
    assert compared["seconds_apart"] <= 1


def test_the_simulated_helpdesks_own_figures_are_ours(finished):
    with Warehouse(finished.published, read_only=True) as snapshot:
        summary = snapshot.query(
            "select measure, sum(share) filter (where reason = 'same') as same from reconciliation_summary group by measure"
        )
    assert {"sla_met", "first_reply_minutes", "full_resolution_minutes"} <= set(summary["measure"])
    assert summary["same"].min() > 0.999
