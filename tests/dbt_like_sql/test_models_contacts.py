"""First-contact resolution and contact rates; every expected value is worked out by hand.

The cases of first contact are built together, each with requesters of its own.
"""

from datetime import date, timedelta
from pathlib import Path

import pytest

from dbt_like_sql.warehouse import Warehouse
from tests.dbt_like_sql.conftest import Operation

AS_OF = "2026-03-30 00:00"
MONDAY = date(2026, 3, 2)


def contact(operation, ticket_id, created, solved=None, requester="ann", theme=None, **columns):
    """A ticket of a requester, solved if a time is given."""
    events = [(solved, "solved")] if solved else [(created, "status_changed", {"to_value": "new"})]
    columns = {"status": "solved" if solved else "open", "requester_key": requester} | columns
    operation.ticket(ticket_id, created, events=[*events, *columns.pop("more", ())], **columns)
    if theme:
        row = {"source": columns.get("source", "desk"), "ticket_id": ticket_id, "theme_id": theme}
        operation.rows["ticket_themes"].append(row)


def add_contacts(operation):
    for theme in ("card", "login", "rest"):
        operation.theme(theme, [], is_other=theme == "rest")
    # Created at 9 and solved two days later at 10: the 7 days end on the 11th at 10.
    contact(operation, "again", "2026-03-02 09:00", "2026-03-04 10:00", "ann")
    contact(operation, "within", "2026-03-11 10:00", "2026-03-11 11:00", "ann")
    contact(operation, "kept", "2026-03-02 09:00", "2026-03-04 10:00", "bob")
    contact(operation, "too late", "2026-03-11 10:01", "2026-03-11 11:00", "bob")

    themes = {"same": ("card", "card"), "another": ("card", "login"), "then none": ("card", None),
              "none then": (None, "card"), "the rest": ("rest", "rest")}  # fmt: skip
    for name, pair in themes.items():
        for place, theme in enumerate(pair):
            day = f"2026-03-0{2 + place}"
            contact(operation, f"{name} {place}", f"{day} 09:00", f"{day} 10:00", name, theme)
    contact(operation, "line 0", "2026-03-02 09:00", "2026-03-02 10:00", "line")
    contact(operation, "line 1", "2026-03-03 09:00", "2026-03-03 10:00", "line", business_line="live")

    contact(operation, "open", "2026-03-02 09:00", requester="open")
    contact(operation, "reopened", "2026-03-02 09:00", "2026-03-02 10:00", "reopened",
            more=[("2026-03-20 10:00", "reopened"), ("2026-03-20 11:00", "solved")])  # fmt: skip
    contact(operation, "deleted", "2026-03-02 09:00", "2026-03-02 10:00", "deleted", status="deleted",
            more=[("2026-03-02 11:00", "reopened"), ("2026-03-02 12:00", "deleted")])  # fmt: skip
    contact(operation, "nobody", "2026-03-02 09:00", "2026-03-02 10:00", None)

    # All new tickets are here up to the 29th, so those solved on the 22nd have had their 7 days.
    contact(operation, "old enough", "2026-03-22 09:00", "2026-03-22 23:00", "old")
    contact(operation, "too young", "2026-03-22 09:00", "2026-03-23 00:00", "young")

    # A deleted follow-up is no new ticket; the kept one after it is, if it still comes within the 7 days.
    gone = [("2026-03-03 11:00", "deleted")]
    for name, kept in (("only a deleted one", None), ("deleted, then kept", "2026-03-05 09:00")):
        contact(operation, name, "2026-03-02 09:00", "2026-03-02 10:00", name, "card")
        contact(
            operation, f"{name}: gone", "2026-03-03 09:00", None, name, "card", status="deleted", more=gone
        )
        if kept:
            contact(operation, f"{name}: kept", kept, "2026-03-20 10:00", name, "card")

    for number in range(4):
        contact(
            operation,
            f"good {number}",
            "2026-03-02 09:00",
            "2026-03-03 10:00",
            f"r{number}",
            business_line="rate",
        )
    contact(operation, "comes back", "2026-03-02 09:00", "2026-03-03 10:00", "zoe", business_line="rate")
    contact(operation, "back", "2026-03-08 09:00", "2026-03-25 10:00", "zoe", business_line="rate")


@pytest.fixture(scope="module")
def warehouse(sql_project):
    with Warehouse(Path(":memory:"), threads=1) as opened:
        operation = Operation(sql_project, opened).only("first_contact_weeks")
        add_contacts(operation)
        operation.build(AS_OF)
        yield opened


@pytest.fixture
def first_contacts(warehouse):
    return dict(
        warehouse.query("select ticket_id, is_first_contact_resolution from ticket_first_contact").rows()
    )


def test_a_new_ticket_within_7_days_of_the_solving_undoes_it(first_contacts):
    judged = {name: first_contacts[name] for name in ("again", "within", "kept", "too late")}
    assert judged == {"again": False, "within": True, "kept": True, "too late": True}


def test_another_theme_is_another_matter_and_without_a_theme_the_line_decides(first_contacts):
    judged = {name[:-2]: resolved for name, resolved in first_contacts.items() if name.endswith(" 0")}
    assert {name: judged[name] for name in judged if name != "good"} == {
        "same": False,
        "another": True,
        "then none": False,
        "none then": False,
        "the rest": False,
        "line": True,
    }


def test_open_reopened_and_deleted_tickets_are_not_resolved(first_contacts):
    assert (first_contacts["reopened"], first_contacts["nobody"]) == (False, None)
    assert first_contacts.keys().isdisjoint({"open", "deleted"})


def test_a_follow_up_that_was_deleted_is_no_new_ticket(first_contacts):
    assert first_contacts["only a deleted one"] is True
    assert first_contacts["deleted, then kept"] is False


def test_the_last_7_days_are_left_out(first_contacts):
    assert (first_contacts["old enough"], first_contacts["too young"]) == (True, None)


def test_the_weeks_rate_is_of_the_judged_tickets_with_its_interval(warehouse):
    week = warehouse.query("select * from first_contact_weeks where business_line = 'rate'").to_dicts()
    assert [(str(row["week"]), row["tickets"], row["resolved_first"]) for row in week] == [
        ("2026-03-02", 5, 4)
    ]
    # Wilson with n = 5: (0.8 + 0.3841) / 1.7683 -+ 0.2939.
    figures = (week[0]["rate"], week[0]["low"], week[0]["high"])
    assert figures == pytest.approx((0.8, 0.3755, 0.9638), abs=1e-4)


def test_where_new_tickets_end_before_the_runs_date_nobody_is_seen_to_come_back(operation):
    taken = [("2026-03-10 09:30", "status_changed", {"to_value": "open"})]
    contact(operation, "1", "2026-03-10 09:00", "2026-03-10 10:00", "ann", more=taken)
    contact(operation, "2", "2026-03-09 09:00", "2026-03-09 10:00", "bob")
    warehouse = operation.only("ticket_first_contact").build(AS_OF, volume_until=date(2026, 3, 16))
    found = warehouse.query(
        "select ticket_id, is_first_contact_resolution from ticket_first_contact order by 1"
    )
    assert found.rows() == [("1", None), ("2", True)]


def test_a_week_of_which_some_days_are_not_known_yet_is_not_told(operation):
    """All new tickets are here up to Saturday the 21st: of the week from the 9th, all days but the Sunday are known."""
    for number, day in enumerate(("03", "09", "10", "15")):
        taken = [(f"2026-03-{day} 09:30", "status_changed", {"to_value": "open"})]
        contact(
            operation, str(number), f"2026-03-{day} 09:00", f"2026-03-{day} 10:00", f"r{number}", more=taken
        )
    operation = operation.only("first_contact_weeks", "kpi_days")
    warehouse = operation.build(AS_OF, volume_until=date(2026, 3, 21))
    weeks = warehouse.query("select week, tickets from first_contact_weeks where business_line = 'all'")
    assert weeks.rows() == [(date(2026, 3, 2), 1)]
    days = warehouse.query(
        "select date, value, denominator, is_whole from kpi_days "
        "where business_line = 'all' and metric = 'first_contact_rate' order by date"
    )
    # The daily figure has every day that is known, and none that is not.
    assert days.rows() == [(date(2026, 3, day), 1, 1, True) for day in (3, 9, 10)]


def exposed(operation, day, value, user_type="buyer", region="EU", line="ecommerce", measure="orders"):
    row = {"date": day, "business_line": line, "region": region, "user_type": user_type, "measure": measure}
    operation.rows["raw.exposure"].append(row | {"value": float(value)})


def test_contact_rates_are_per_thousand_of_the_named_measure_gross_and_net_of_repeats(operation):
    for day in range(7):
        for region in ("EU", "US"):
            exposed(operation, MONDAY + timedelta(days=day), 100, region=region)
    exposed(operation, MONDAY, 350, user_type="merchant", measure="payouts")
    exposed(operation, MONDAY, 600, user_type="merchant")
    for number in range(6):
        contact(operation, str(number), "2026-03-02 09:00", requester=f"r{number}", user_type="buyer")
    contact(operation, "again", "2026-03-08 09:00", requester="r0", user_type="buyer")
    contact(operation, "merchant", "2026-03-02 09:00", requester="m", user_type="merchant")
    contact(operation, "no exposure that day", "2026-03-03 09:00", requester="n", user_type="merchant")
    contact(operation, "creator", "2026-03-02 09:00", requester="c", user_type="creator")

    for week in range(2):
        exposed(operation, MONDAY + timedelta(weeks=week), 500, line="live")
    live = {"business_line": "live", "user_type": "buyer"}
    contact(operation, "unknown requester", "2026-03-02 09:00", requester=None, **live)
    warehouse = operation.only("contact_rate_weeks").build(AS_OF)
    found = {
        (str(row["week"]), row["business_line"], row["user_type"], row["measure"]): row
        for row in warehouse.query("select * from contact_rate_weeks").to_dicts()
    }
    buyers = found["2026-03-02", "ecommerce", "buyer", "orders"]
    assert (buyers["exposure"], buyers["tickets"], buyers["repeats"]) == (1400, 7, 1)
    assert (buyers["per_1000"], buyers["per_1000_net"]) == pytest.approx((5.0, 6 / 1.4))
    assert found["2026-03-02", "ecommerce", "merchant", "payouts"]["per_1000"] == pytest.approx(1 / 0.35)
    # Only the Monday has everybody's orders: 200 of buyers, 600 of merchants, 500 of the other line.
    everyone = found["2026-03-02", "all", "all", "orders"]
    assert (everyone["days"], everyone["exposure"], everyone["tickets"]) == (1, 1300, 8)
    assert ("2026-03-09", "all", "all", "orders") not in found

    # Nobody knows whether an unknown requester wrote before; a rate of no tickets is zero.
    first, second = (found[week, "live", "buyer", "orders"] for week in ("2026-03-02", "2026-03-09"))
    assert (first["per_1000"], first["repeats"], first["per_1000_net"]) == (2.0, None, None)
    assert (second["tickets"], second["per_1000"], second["per_1000_net"]) == (0, 0.0, 0.0)


def add_uneven_exposure(operation):
    """Four weeks of lines with 1,000 orders a day and region, and one ticket a day in each of the regions."""
    for number in range(28):
        day = MONDAY + timedelta(days=number)
        for line, regions in (("late", ("EU", "US")), ("quiet", ("EU",)), ("ended", ("EU",))):
            for region in regions:
                columns = {"business_line": line, "region": region, "user_type": "buyer"}
                source = "old desk" if line == "ended" else "desk"
                if source == "desk" or number < 14:
                    name = f"{line} {region} {number}"
                    contact(operation, name, f"{day} 09:00", requester=name, source=source, **columns)
                if (region, number) != ("US", 9):
                    exposed(operation, day, 1000, line=line, region=region)
    small = {"business_line": "quiet", "user_type": "buyer"}
    exposed(operation, MONDAY, 2, line="quiet", region="Malta")
    contact(operation, "in Malta", "2026-03-02 09:00", requester="m", region="Malta", **small)
    contact(operation, "nowhere", "2026-03-04 09:00", requester="n", **small)
    contact(operation, "without orders", "2026-03-05 09:00", requester="o", region="Asia", **small)


@pytest.fixture(scope="module")
def uneven(sql_project):
    with Warehouse(Path(":memory:"), threads=1) as opened:
        operation = Operation(sql_project, opened).only("contact_rate_weeks", "kpi_days")
        add_uneven_exposure(operation)
        sources = operation._sources
        last = {"old desk": MONDAY + timedelta(days=13)}
        operation._sources = lambda *given: [
            row | {"volume_until": last.get(row["source"], row["volume_until"])} for row in sources(*given)
        ]
        operation.build(AS_OF)
        yield opened


def rates(warehouse, line):
    found = warehouse.query(
        "select week, days, exposure, tickets from contact_rate_weeks "
        "where business_line = ? and user_type = 'all' order by week",
        [line],
    )
    return [(str(week), *figures) for week, *figures in found.rows()]


def daily_rates(warehouse, line):
    found = warehouse.query(
        "select date, value from kpi_days where business_line = ? and metric = 'contact_rate_orders' order by date",
        [line],
    )
    return {(day - MONDAY).days: value for day, value in found.rows()}


def test_a_day_without_one_regions_orders_has_no_contact_rate(uneven):
    """One ticket per 1,000 orders throughout; on the tenth day one of two regions is missing."""
    assert daily_rates(uneven, "late") == {day: 1.0 for day in range(28) if day != 9}
    assert rates(uneven, "late")[:2] == [("2026-03-02", 7, 14000, 14), ("2026-03-09", 6, 12000, 12)]
    assert 9 not in daily_rates(uneven, "all")


def test_a_line_whose_source_ended_has_no_contact_rate_of_zero(uneven):
    assert daily_rates(uneven, "ended") == dict.fromkeys(range(14), 1.0)
    assert rates(uneven, "ended") == [("2026-03-02", 7, 7000, 7), ("2026-03-09", 7, 7000, 7)]
    # All together would be other lines than before.
    assert max(daily_rates(uneven, "all")) == 13
    whole = uneven.query(
        "select max(date) from kpi_days where is_whole and business_line = 'ended' and metric = 'tickets_created'"
    )
    assert whole.item() == MONDAY + timedelta(days=13)


def test_a_small_region_without_a_row_does_not_make_a_day_incomplete(uneven):
    """Malta's ticket and 2 orders count on the Monday, as does the ticket without a region; Asia has no orders."""
    assert rates(uneven, "quiet")[:2] == [("2026-03-02", 7, 7002, 9), ("2026-03-09", 7, 7000, 7)]
