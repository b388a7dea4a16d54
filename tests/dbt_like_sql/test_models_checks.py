"""Every SQL test of the project passes on a full operation, and finds the error it is there for."""

from datetime import datetime, timedelta

import pytest

MONDAY = datetime(2026, 1, 5)
AS_OF = str(MONDAY + timedelta(weeks=10))


@pytest.fixture
def full_operation(operation):
    """Forty tickets with everything a ticket can have: replies, escalation, solving, reopening, rating, theme."""
    operation.group("front", 1)
    operation.group("back", 2)
    operation.policy("resolution", 600)
    for number in range(40):
        created = MONDAY + timedelta(days=number)
        moved, solved, reopened = (str(created + timedelta(hours=hours)) for hours in (1, 30, 60))
        operation.ticket(
            str(number),
            str(created),
            status="solved" if number % 5 else "open",
            business_line=("live", None)[number % 2],
            csat_score=("good", "bad", None)[number % 3],
            csat_offered=True,
            body="card declined",
            attributes=[{"key": "platform", "value": "ios"}],
            events=[
                (moved, "group_changed", {"from_value": "front", "to_value": "back"}),
                (moved, "public_reply", {"actor_kind": "agent"}),
                (solved, "solved"),
                *([(reopened, "reopened")] if number % 5 == 0 else []),
            ],
        )
    operation.theme("a", [str(number) for number in range(40)])
    operation.rows["raw.issues"].append(
        {"source": "jira", "issue_id": "1", "issue_key": "PAY-1", "created_at": MONDAY, "updated_at": MONDAY}
        | {"status": "Done", "status_category": "done"}
    )
    operation.build(AS_OF)
    return operation


# SQL test -> an error it must find.
ERRORS = {
    "a_move_to_tier_2_ends_in_tier_2": "update ticket_groups set tier = 1 where position = 2",
    "a_ticket_has_one_owner_at_a_time": "update ticket_groups set owned_until = null",
    "backlog_bands_add_up": "update backlog_days set under_1_day = under_1_day + 1",
    "backlog_ends_with_the_open_tickets": "update ticket_times set is_open = true",
    "backlog_flow_adds_up_to_the_daily_backlog": "delete from backlog_flow_days where tier = '2'",
    "backlog_flow_is_conserved": "update backlog_flow_days set moved_in = moved_in + 1 where tier = '2'",
    "backlog_is_conserved": "update daily_backlog set solved = solved + 1 where solved = 1",
    "backlog_is_never_negative": "update daily_backlog set open_at_end = -1",
    "backlog_starts_where_the_day_before_ended": "delete from daily_backlog where date = date '2026-01-20'",
    "breached_minutes_sum_to_their_clock": "update sla_attribution set minutes = minutes + 1",
    "breaches_lie_within_their_clock": "update sla_instances set breached_at = null where is_breached",
    "broken_targets_each_have_one_main_owner": "delete from sla_breach_owners",
    "contact_rates_of_all_types_are_of_their_sums": (
        "insert into contact_rate_weeks values ('2026-01-05', 'all', 'all', 'orders', 7, 9, 1, 0, 111, 111)"
    ),
    "csat_lies_within_its_interval": "update daily_kpis set csat_low = 0.9 where csat = 0",
    "csat_weeks_are_those_of_the_kpis": "update csat_weeks set good = good + 1, bad = bad - 1 where bad = 1",
    "csat_weeks_of_vendors_add_up": "update csat_weeks set tickets = tickets + 1 where vendor = 'all'",
    "daily_kpis_have_every_day": "delete from daily_kpis where date = date '2026-01-20'",
    "daily_volume_sums_to_the_tickets": "update daily_volume set tickets_created = 2 where date = date '2026-01-20'",
    "escalations_are_those_of_the_tickets": "update escalation_flow set escalated = escalated + 1",
    "events_follow_the_creation": "update raw.ticket_events set occurred_at = timestamp '2026-01-01' where ticket_id = '7'",
    "every_ticket_has_its_times": "delete from ticket_times where ticket_id = '7'",
    "first_contacts_are_solved_and_old_enough": (
        "update ticket_repeats set is_solved_once = true, is_repeat = false, first_solved_on = date '2026-01-10'"
    ),
    "first_reply_is_a_public_reply_of_an_agent": "update ticket_times set first_reply_at = created_at",
    "issue_costs_are_of_the_linked_tickets": "insert into issue_costs by name select '9' as issue_id, 1 as tickets",
    "issue_times_add_up_to_the_issues_age": "update issue_status_minutes set minutes = minutes - 60",
    "kpis_of_all_lines_are_their_sum": "update daily_kpis set csat_good = 9 where business_line = 'live'",
    "segments_follow_one_another": "update ticket_segments set business_before = 1 where position = 1",
    "service_targets_by_week_are_those_by_day": "update sla_days set achieved = achieved + 1",
    "shares_of_a_day_lie_between_0_and_1": "update kpi_days set value = 2 where metric = 'csat'",
    "signals_agree_with_their_ranges": "update kpi_signals set verdict = 'above'",
    "signals_are_of_whole_weeks": "update weeks set is_whole = false",
    "stations_are_one_for_each_owner": "update ticket_stations set minutes = 1000000 where position = 2",
    "status_changes_alternate": "insert into ticket_status_changes select * from ticket_status_changes",
    "theme_copies_are_among_its_tickets": "update theme_trends set distinct_tickets = tickets + 1",
    "theme_ranks_have_no_gap": "update theme_impact set impact_rank = 2",
    "theme_trends_have_every_week": "delete from theme_trends where week = date '2026-01-19'",
    "ticket_metrics_agree_with_the_times": (
        "update ticket_metrics set first_reply_business_minutes = first_reply_minutes + 1"
    ),
    "times_follow_one_another": "update ticket_times set first_reply_minutes = -1",
    "weekly_kpis_have_every_week": "delete from weekly_kpis where week = date '2026-01-19'",
    "weekly_kpis_sum_the_days": "update daily_kpis set backlog = backlog + 1",
}


def test_every_sql_test_passes_on_a_full_operation_and_finds_its_error(full_operation):
    tests = {test.name: test for test in full_operation.project.tests}
    assert full_operation.wrong_rows(tests.values()) == {}
    for name, error in ERRORS.items():
        with full_operation.warehouse.transaction() as connection:
            connection.execute(error)
            found = full_operation.wrong_rows([tests[name]])
            connection.rollback()
            connection.begin()
        assert list(found) == [name]


def test_every_sql_test_of_the_project_has_an_error_to_find(sql_project):
    files = {test.name for test in sql_project.tests if test.path.parent.name == "tests"}
    assert files == set(ERRORS)
