"""Daily and weekly figures and their usual ranges; worked out by hand."""

from datetime import date, datetime, timedelta

import pytest

from dbt_like_sql.header import read_header
from dbt_like_sql.project import PROJECT_FOLDER

AGENT = {"actor_kind": "agent"}
MONDAY = datetime(2026, 1, 5)


@pytest.fixture
def operation(operation):
    return operation.only("daily_kpis", "kpi_signals", "source_summary")


def week_of(warehouse, week, line="all"):
    rows = warehouse.query(
        "select * from weekly_kpis where week = ? and business_line = ?", [week, line]
    ).to_dicts()
    assert len(rows) == 1
    return rows[0]


def weekly_counts(operation, counts):
    """Tickets on the Monday of each week, and the tables as of the Monday after the last one."""
    for week, count in enumerate(counts):
        for number in range(count):
            operation.ticket(f"{week}-{number}", str(MONDAY + timedelta(weeks=week, minutes=number)))
    return operation.build(str(MONDAY + timedelta(weeks=len(counts))))


def signals_of(warehouse, metric="tickets_created", line="all"):
    sql = "select * from kpi_signals where metric = ? and business_line = ? order by week"
    return warehouse.query(sql, [metric, line]).to_dicts()


def test_a_weeks_medians_are_those_of_its_tickets_and_not_of_its_days(operation):
    minutes = {"2026-03-02": (10, 20, 30), "2026-03-03": (100,)}
    for day, waits in minutes.items():
        for wait in waits:
            replied = str(datetime.fromisoformat(day) + timedelta(minutes=wait))
            events = [(replied, "public_reply", AGENT), (replied, "solved")]
            operation.ticket(f"{day}-{wait}", day, status="solved", events=events)
    kpis = week_of(operation.build("2026-03-09"), date(2026, 3, 2))
    assert (kpis["first_replies"], kpis["full_resolutions"]) == (4, 4)
    assert kpis["first_reply_minutes_median"] == kpis["full_resolution_minutes_median"] == 25
    assert kpis["first_reply_minutes_p90"] == pytest.approx(30 + 0.7 * 70)


def test_a_reply_counts_in_the_week_it_was_made(operation):
    operation.ticket("1", "2026-03-08 23:00", events=[("2026-03-09 01:00", "public_reply", AGENT)])
    warehouse = operation.build("2026-03-16")
    assert week_of(warehouse, date(2026, 3, 2))["first_reply_minutes_median"] is None
    assert week_of(warehouse, date(2026, 3, 9))["first_reply_minutes_median"] == 120


def test_csat_is_good_over_rated_with_wilsons_interval_and_the_response_rate(operation):
    for number in range(20):
        score = "good" if number < 8 else "bad" if number < 10 else None
        operation.ticket(
            str(number),
            "2026-03-02 09:00",
            status="solved",
            csat_offered=number < 16,
            csat_score=score,
            events=[("2026-03-04 09:00", "solved")],
        )
    warehouse = operation.build("2026-03-09")
    kpis = week_of(warehouse, date(2026, 3, 2))
    assert (kpis["csat_good"], kpis["csat_rated"], kpis["csat_offered"]) == (8, 10, 16)
    assert (kpis["csat"], kpis["csat_response_rate"]) == (0.8, 10 / 16)
    # Wilson's interval of 8 in 10 as published with many worked examples: 0.490 to 0.943.
    assert (kpis["csat_low"], kpis["csat_high"]) == (
        pytest.approx(0.4902, abs=1e-4),
        pytest.approx(0.9433, abs=1e-4),
    )
    days = warehouse.query("select date from daily_kpis where csat_rated > 0 and business_line = 'all'")
    assert days.rows() == [(date(2026, 3, 4),)]  # the day they were solved


def test_the_response_rate_is_not_known_where_the_source_does_not_say_whom_it_asked(operation):
    operation.ticket("1", "2026-03-02 09:00", csat_score="good")
    operation.ticket("2", "2026-03-02 09:00")
    kpis = week_of(operation.build("2026-03-09"), date(2026, 3, 2))
    assert (kpis["csat"], kpis["csat_offered"], kpis["csat_response_rate"]) == (1, None, None)


def test_the_reopen_rate_is_the_share_of_solvings_that_were_not_the_first(operation):
    operation.ticket("1", "2026-03-02 09:00", status="solved", events=[("2026-03-03 09:00", "solved")])
    twice = [("2026-03-02 10:00", "solved"), ("2026-03-03 10:00", "reopened"), ("2026-03-04 10:00", "solved")]
    operation.ticket("2", "2026-03-02 09:00", status="closed", events=twice)
    kpis = week_of(operation.build("2026-03-09"), date(2026, 3, 2))
    assert (kpis["tickets_solved"], kpis["reopened_tickets"]) == (3, 1)
    assert kpis["reopen_rate"] == pytest.approx(1 / 3)
    assert kpis["full_resolutions"] == 2


def test_the_escalation_rate_is_moves_to_tier_2_over_tickets_tier_1_owned_first(operation):
    operation.group("front", 1)
    operation.group("back", 2)
    for number in range(4):
        operation.ticket(f"stays {number}", "2026-03-02 09:00", group_id="front")
    move = ("2026-03-03 09:00", "group_changed", {"from_value": "front", "to_value": "back"})
    operation.ticket("moves", "2026-03-02 09:00", group_id="back", events=[move])
    operation.ticket("began in tier 2", "2026-03-02 09:00", group_id="back", is_escalated=True)
    kpis = week_of(operation.build("2026-03-09"), date(2026, 3, 2))
    assert (kpis["escalated_tickets"], kpis["escalation_base"], kpis["escalation_rate"]) == (1, 5, 0.2)


def test_escalations_of_older_tickets_make_a_weekly_rate_that_is_no_share(operation):
    """Five tickets of the first week, moved in the second, in which one new ticket comes."""
    operation.group("front", 1)
    operation.group("back", 2)
    move = ("2026-03-09 10:00", "group_changed", {"from_value": "front", "to_value": "back"})
    for number in range(5):
        operation.ticket(f"moves {number}", "2026-03-06 09:00", group_id="back", events=[move])
    operation.ticket("stays", "2026-03-09 09:00", group_id="front")
    warehouse = operation.only("weekly_kpis", "escalation_flow").build("2026-03-17")
    kpis = [week_of(warehouse, date(2026, 3, day))["escalation_rate"] for day in (2, 9)]
    assert kpis == [0.0, 5.0]
    cohorts = warehouse.query(
        "select escalation_rate from escalation_flow where business_line = 'all' and vendor = 'all' order by week"
    )
    assert cohorts["escalation_rate"].to_list() == [1.0, 0.0]


def test_the_two_escalation_rates_have_two_titles():
    headers = [
        read_header(path, path.read_text())
        for path in (PROJECT_FOLDER / "marts" / f"{name}.sql" for name in ("weekly_kpis", "escalation_flow"))
    ]
    titles = [
        metric.title for header in headers for metric in header.metrics if metric.column == "escalation_rate"
    ]
    assert len(set(titles)) == 2


def test_without_groups_the_escalation_rate_is_the_share_the_source_calls_escalated(operation):
    for number, flag in enumerate([True, False, False, False, None]):
        operation.ticket(str(number), "2026-03-02 09:00", is_escalated=flag)
    operation.ticket("silent", "2026-03-02 09:00", business_line="live")
    warehouse = operation.build("2026-03-09")
    assert week_of(warehouse, date(2026, 3, 2))["escalation_rate"] == 0.25
    silent = week_of(warehouse, date(2026, 3, 2), "live")
    assert (silent["escalated_tickets"], silent["escalation_rate"]) == (None, None)


def test_days_and_weeks_without_tickets_are_there_with_zeros(operation):
    operation.ticket("1", "2026-03-02 09:00")
    operation.ticket("2", "2026-03-24 09:00")
    warehouse = operation.build("2026-03-30")
    weeks = warehouse.query(
        "select week, tickets_created from weekly_kpis where business_line = 'all' order by 1"
    )
    assert weeks["tickets_created"].to_list() == [1, 0, 0, 1, 0]
    assert warehouse.query("select count(*) from daily_kpis where business_line = 'all'").item() == 29


def test_only_whole_weeks_within_the_complete_volume_are_compared(operation):
    for day in ("2026-03-04", "2026-03-10", "2026-03-17", "2026-03-24", "2026-03-31"):
        operation.ticket(day, f"{day} 09:00")
    warehouse = operation.build("2026-04-02", volume_until=date(2026, 3, 26))
    weeks = warehouse.query(
        "select week, is_whole from weekly_kpis where business_line = 'all' order by week"
    )
    # The first begins before the first ticket, the fourth has leftovers at its end, the fifth is running.
    assert weeks["is_whole"].to_list() == [False, True, True, False, False]
    assert [signal["week"] for signal in signals_of(warehouse)] == [date(2026, 3, 9), date(2026, 3, 16)]


def test_the_usual_range_is_the_mean_and_moving_range_of_the_weeks_before(operation):
    signals = signals_of(weekly_counts(operation, [10, 12, 10, 12, 10, 12, 10, 12, 17]))
    assert [signal["verdict"] for signal in signals] == ["too early"] * 8 + ["above"]
    last = signals[-1]
    # Mean 11, every change 2 tickets: 11 +- 2.66 * 2.
    assert (last["value"], last["usual_middle"], last["weeks_used"]) == (17, 11, 8)
    assert (last["usual_low"], last["usual_high"]) == (pytest.approx(5.68), pytest.approx(16.32))


def test_a_week_within_its_range_is_usual_and_one_below_is_below(operation):
    signals = signals_of(weekly_counts(operation, [10, 12, 10, 12, 10, 12, 10, 12, 16, 1]))
    assert [signal["verdict"] for signal in signals[-2:]] == ["usual", "below"]


def test_the_range_looks_back_26_weeks_and_is_never_below_zero(operation):
    signals = signals_of(weekly_counts(operation, [40] + [1, 3] * 13 + [2]))
    last = signals[-1]
    # The 40 of 27 weeks ago is in neither the mean nor the changes: mean 2, changes of 2, 2 - 5.32 below zero.
    assert (last["weeks_used"], last["usual_middle"], last["usual_low"]) == (26, 2, 0)
    assert last["usual_high"] == pytest.approx(7.32)


def test_a_rate_has_a_range_up_to_one_and_says_how_many_tickets_it_rests_on(operation):
    for week in range(9):
        for number, score in enumerate(["good"] * 4 + ["bad"] * (week % 2)):
            created = str(MONDAY + timedelta(weeks=week, hours=number))
            operation.ticket(f"{week}-{number}", created, csat_score=score)
    signals = signals_of(operation.build(str(MONDAY + timedelta(weeks=9))), "csat")
    assert signals[-1]["usual_high"] == 1
    assert [signal["denominator"] for signal in signals[-2:]] == [5, 4]


def test_each_business_line_has_its_own_range_from_its_own_first_week(operation):
    for week in range(10):
        for line in ("ecommerce", "live"):
            if line == "ecommerce" or week >= 6:
                operation.ticket(f"{line}-{week}", str(MONDAY + timedelta(weeks=week)), business_line=line)
    warehouse = operation.build(str(MONDAY + timedelta(weeks=10)))
    assert len(signals_of(warehouse, line="ecommerce")) == 10
    assert [signal["weeks_used"] for signal in signals_of(warehouse, line="live")] == [0, 1, 2, 3]


def test_the_source_summary_sets_our_times_beside_the_reported_ones(operation):
    for number, hours in enumerate([1, 2, 9]):
        solved = str(datetime(2026, 3, 2, 9) + timedelta(hours=hours))
        operation.ticket(
            str(number),
            "2026-03-02 09:00",
            status="closed",
            group_id=f"group {number % 2}",
            reported_sla_met=number > 0,
            reported_solved_at=str(datetime(2026, 3, 2, 10) + timedelta(hours=hours)),
            reported_reopens=number,
            reported_reassignments=number,
            events=[(solved, "solved")],
        )
    operation.ticket("open", "2026-03-02 09:00")
    summary = operation.build("2026-03-09").query("select * from source_summary").to_dicts()[0]
    assert (summary["tickets"], summary["groups"], summary["resolved_tickets"]) == (4, 2, 3)
    assert (summary["reported_sla_met"], summary["reported_sla_known"]) == (2, 3)
    assert (summary["full_resolution_hours_mean"], summary["full_resolution_hours_median"]) == (4, 2)
    assert (
        summary["reported_full_resolution_hours_mean"],
        summary["reported_full_resolution_hours_median"],
    ) == (5, 3)
    assert (summary["reopened_share"], summary["mean_reassignments"]) == (None, None)
    assert summary["reported_reassigned_share"] == pytest.approx(2 / 3)
    assert summary["reported_mean_reassignments"] == 1


def test_a_week_whose_ratings_still_come_in_has_no_verdict_on_them(operation):
    """Ten weeks with ten rated tickets, each rated three days after it was solved; the next week's are not here yet."""
    for week in range(11):
        day = MONDAY + timedelta(weeks=week, days=6)
        for number in range(10):
            rated = [(str(day + timedelta(days=3)), "rated", {"to_value": "good"})] if week < 10 else []
            operation.ticket(
                f"{week}-{number}",
                str(day),
                csat_offered=True,
                csat_score="good" if week < 10 else None,
                events=[(str(day + timedelta(hours=1)), "solved"), *rated],
            )
    warehouse = operation.build(str(MONDAY + timedelta(weeks=11)))
    # The first week begins before the first ticket, on its Sunday, and is not whole.
    rates = signals_of(warehouse, "csat_response_rate")
    assert [row["verdict"] for row in rates] == ["too early"] * 8 + ["usual", "not all in yet"]
    assert rates[-1]["value"] == 0
    assert signals_of(warehouse)[-1]["verdict"] == "usual"
