"""The simulated operation as a whole: repeatable, of the size asked for, and true to the contract."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from assets.ingest.contract import CONTRACT, USER_TABLES
from models.simulation import Operation, simulate

AS_OF = date(2026, 7, 6)
MIDNIGHT = datetime(2026, 7, 6)


@pytest.mark.parametrize("table", sorted(CONTRACT))
def test_every_table_keeps_the_contract(operation: Operation, table: str) -> None:
    frame = operation.tables[table]
    if table == "tickets":
        # A helpdesk's export names people; ingest turns the id into a key and drops the names.
        frame = frame.rename({"requester_id": "requester_key"}).drop("requester_name", "assignee_name")
    assert frame.height > 0
    assert frame.columns == CONTRACT[table].column_names()
    CONTRACT[table].validate(frame)


def test_the_same_arguments_give_the_same_frames() -> None:
    first, second = (simulate(tickets=700, seed=5, as_of=AS_OF, days=200) for _ in range(2))
    for name, frame in (first.tables | first.truth).items():
        assert_frame_equal(frame, (second.tables | second.truth)[name])


def test_another_seed_gives_other_tickets() -> None:
    first, second = (simulate(tickets=700, seed=seed, as_of=AS_OF, days=200) for seed in (5, 6))
    assert first.tables["tickets"]["body"].to_list() != second.tables["tickets"]["body"].to_list()


@settings(max_examples=8, deadline=None)
@given(
    tickets=st.integers(100, 900),
    days=st.integers(56, 400),
    seed=st.integers(0, 10_000),
    first=st.dates(date(2021, 1, 1), date(2028, 1, 1)),
)
def test_any_size_length_and_date_gives_just_so_many_tickets_within_the_history(
    tickets: int, days: int, seed: int, first: date
) -> None:
    frame = simulate(tickets=tickets, seed=seed, as_of=first, days=days).tables["tickets"]
    end = datetime.combine(first, datetime.min.time())
    assert frame.height == tickets
    assert frame["ticket_id"].n_unique() == tickets
    assert frame["created_at"].min() >= end - timedelta(days=days)  # type: ignore[operator]
    assert frame["updated_at"].max() < end  # type: ignore[operator]


@pytest.mark.parametrize("table", sorted(USER_TABLES))
def test_the_small_tables_can_be_written_as_csv_and_read_back(operation: Operation, table: str) -> None:
    frame = operation.tables[table]
    back = pl.read_csv(frame.write_csv().encode(), schema=frame.schema)
    assert_frame_equal(back, frame)


def test_nothing_has_happened_after_the_as_of_date(operation: Operation) -> None:
    tables = operation.tables
    for name, column in (("ticket_events", "occurred_at"), ("qa_reviews", "reviewed_at"), ("issue_links", "linked_at"),
                         ("issues", "updated_at"), ("issue_transitions", "occurred_at")):  # fmt: skip
        assert tables[name][column].max() < MIDNIGHT  # type: ignore[operator]
    assert tables["exposure"]["date"].max() == date(2026, 7, 5)


def test_the_calendar_knows_campaigns_and_holidays_of_the_next_three_months(operation: Operation) -> None:
    to_come = operation.tables["calendar"].filter(pl.col("starts_at") >= MIDNIGHT)
    kinds = dict(to_come.group_by("kind").len().iter_rows())
    assert kinds["campaign"] >= 3
    assert kinds["holiday"] >= 3
    assert set(kinds) == {"campaign", "holiday"}
    assert to_come["starts_at"].max() > MIDNIGHT + timedelta(days=60)  # type: ignore[operator]


def test_linked_tickets_reviews_and_groups_exist(operation: Operation) -> None:
    tables = operation.tables
    ids = tables["tickets"]["ticket_id"].implode()
    assert tables["issue_links"]["ticket_id"].is_in(ids).all()
    assert tables["qa_reviews"]["ticket_id"].is_in(ids).all()
    assert tables["issue_links"]["issue_id"].is_in(tables["issues"]["issue_id"].implode()).all()
    assert tables["tickets"]["group_id"].is_in(tables["groups"]["group_id"].implode()).all()
    assert tables["groups"]["schedule_id"].is_in(tables["schedules"]["schedule_id"].implode()).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tickets": 20}, "tickets is 20"),
        ({"days": 30}, "days is 30"),
        ({"worse_vendor": "Acme"}, "worse_vendor is 'Acme'; it must be one of Brightline, Halden"),
        ({"calendar_errors": 1.5}, "calendar_errors is 1.5"),
        ({"effects": (30.0,)}, "use smaller effects"),
    ],
)
def test_an_argument_out_of_range_is_named(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate(**({"tickets": 1000, "seed": 1, "as_of": AS_OF} | arguments))  # type: ignore[arg-type]


def test_the_teams_are_as_large_as_the_queues_are_staffed_for(operation: Operation) -> None:
    teams = operation.tables["staffing"]
    assert teams.height == teams.select("tier", "vendor", "business_line").n_unique() == 12
    tickets = operation.tables["tickets"].filter(pl.col("created_at") >= MIDNIGHT - timedelta(days=91))
    worked = tickets["handle_minutes"].sum() / 60 / 13
    there = (teams["people"] * teams["hours_week"] * (1 - teams["shrinkage"])).sum()
    # Planned loads lie between 0.62 and 0.86; causes and waves come on top; part-time goes in steps of four hours.
    assert 0.5 < worked / there < 0.95
