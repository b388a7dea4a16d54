"""First-contact resolution and contact rates; every expected value is worked out by hand."""

from datetime import date, timedelta

import pytest

AS_OF = "2026-03-30 00:00"
MONDAY = date(2026, 3, 2)


def contact(operation, ticket_id, created, solved=None, requester="ann", **columns):
    """A ticket of a requester, solved if a time is given."""
    events = [(solved, "solved")] if solved else [(created, "status_changed", {"to_value": "new"})]
    columns = {"status": "solved" if solved else "open", "requester_key": requester} | columns
    operation.ticket(ticket_id, created, events=[*events, *columns.pop("more", ())], **columns)


@pytest.fixture
def first_contacts(operation):
    """A function that builds the tickets and says which were resolved at first contact."""

    def built(**options):
        warehouse = operation.only("first_contact_weeks").build(AS_OF, **options)
        found = warehouse.query("select ticket_id, is_first_contact_resolution from ticket_first_contact")
        return dict(found.rows())

    return built


def test_a_new_ticket_on_the_same_theme_within_7_days_of_the_solving_undoes_it(operation, first_contacts):
    # Created at 9 and solved two days later at 10: the 7 days end on the 11th at 10.
    contact(operation, "again", "2026-03-02 09:00", "2026-03-04 10:00", "ann")
    contact(operation, "within", "2026-03-11 10:00", "2026-03-11 11:00", "ann")
    contact(operation, "kept", "2026-03-02 09:00", "2026-03-04 10:00", "bob")
    contact(operation, "too late", "2026-03-11 10:01", "2026-03-11 11:00", "bob")
    contact(operation, "somebody else", "2026-03-05 10:00", "2026-03-05 11:00", "cid")
    assert first_contacts() == {
        "again": False,
        "within": True,
        "kept": True,
        "too late": True,
        "somebody else": True,
    }


def test_another_theme_is_another_matter_and_without_a_theme_the_line_decides(operation, first_contacts):
    for requester, themes in (("ann", ("card", "card")), ("bob", ("card", "login")), ("cid", ("card", None)),
                              ("dan", (None, "card")), ("eve", ("rest", "rest"))):  # fmt: skip
        contact(operation, f"{requester} 1", "2026-03-02 09:00", "2026-03-02 10:00", requester)
        contact(operation, f"{requester} 2", "2026-03-03 09:00", "2026-03-03 10:00", requester)
        operation.rows["ticket_themes"] += [
            {"source": "desk", "ticket_id": f"{requester} {place}", "theme_id": theme}
            for place, theme in enumerate(themes, start=1)
            if theme
        ]
    contact(operation, "fay 1", "2026-03-02 09:00", "2026-03-02 10:00", "fay")
    contact(operation, "fay 2", "2026-03-03 09:00", "2026-03-03 10:00", "fay", business_line="live")
    for theme in ("card", "login", "rest"):
        operation.theme(theme, [], is_other=theme == "rest")
    judged = first_contacts()
    firsts = {name.split()[0]: judged[name] for name in judged if name.endswith("1")}
    assert firsts == {"ann": False, "bob": True, "cid": False, "dan": False, "eve": False, "fay": True}


def test_open_reopened_and_deleted_tickets_are_not_resolved(operation, first_contacts):
    contact(operation, "open", "2026-03-02 09:00", requester="ann")
    contact(operation, "reopened", "2026-03-02 09:00", "2026-03-02 10:00", "bob",
            more=[("2026-03-20 10:00", "reopened"), ("2026-03-20 11:00", "solved")])  # fmt: skip
    contact(operation, "deleted", "2026-03-02 09:00", "2026-03-02 10:00", "cid", status="deleted",
            more=[("2026-03-02 11:00", "reopened"), ("2026-03-02 12:00", "deleted")])  # fmt: skip
    contact(operation, "nobody", "2026-03-02 09:00", "2026-03-02 10:00", None)
    assert first_contacts() == {"reopened": False, "nobody": None}


def test_the_last_7_days_are_left_out(operation, first_contacts):
    # All new tickets are here up to the 29th, so those solved on the 22nd have had their 7 days.
    contact(operation, "old enough", "2026-03-22 09:00", "2026-03-22 23:00", "ann")
    contact(operation, "too young", "2026-03-22 09:00", "2026-03-23 00:00", "bob")
    assert first_contacts() == {"old enough": True, "too young": None}


def test_where_new_tickets_end_before_the_runs_date_nobody_is_seen_to_come_back(operation, first_contacts):
    contact(operation, "1", "2026-03-10 09:00", "2026-03-10 10:00", "ann")
    contact(operation, "2", "2026-03-09 09:00", "2026-03-09 10:00", "bob")
    assert first_contacts(volume_until=date(2026, 3, 16)) == {"1": None, "2": True}


def test_the_weeks_rate_is_of_the_judged_tickets_with_its_interval(operation, first_contacts):
    for number in range(4):
        contact(operation, f"good {number}", "2026-03-02 09:00", "2026-03-03 10:00", f"r{number}")
    contact(operation, "comes back", "2026-03-02 09:00", "2026-03-03 10:00", "zoe")
    contact(operation, "back", "2026-03-08 09:00", "2026-03-25 10:00", "zoe")
    first_contacts()
    weeks = operation.warehouse.query("select * from first_contact_weeks").to_dicts()
    assert {
        (week["business_line"], str(week["week"]), week["tickets"], week["resolved_first"]) for week in weeks
    } == {
        ("ecommerce", "2026-03-02", 5, 4),
        ("all", "2026-03-02", 5, 4),
    }
    # Wilson with n = 5: (0.8 + 0.3841) / 1.7683 -+ 0.2939.
    assert (weeks[0]["rate"], weeks[0]["low"], weeks[0]["high"]) == pytest.approx(
        (0.8, 0.3755, 0.9638), abs=1e-4
    )


def exposed(operation, day, value, user_type="buyer", region="EU", line="ecommerce", measure="orders"):
    row = {"date": day, "business_line": line, "region": region, "user_type": user_type, "measure": measure}
    operation.rows["raw.exposure"].append(row | {"value": float(value)})


def rates(operation):
    warehouse = operation.only("contact_rate_weeks").build(AS_OF)
    found = warehouse.query("select * from contact_rate_weeks order by week, business_line, user_type")
    return {
        (str(row["week"]), row["business_line"], row["user_type"], row["measure"]): row
        for row in found.to_dicts()
    }


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
    found = rates(operation)
    buyers = found["2026-03-02", "ecommerce", "buyer", "orders"]
    assert (buyers["exposure"], buyers["tickets"], buyers["repeats"]) == (1400, 7, 1)
    assert (buyers["per_1000"], buyers["per_1000_net"]) == pytest.approx((5.0, 6 / 1.4))
    assert found["2026-03-02", "ecommerce", "merchant", "payouts"]["per_1000"] == pytest.approx(1 / 0.35)
    everyone = found["2026-03-02", "all", "all", "orders"]
    assert (everyone["exposure"], everyone["tickets"], everyone["per_1000"]) == (2000, 8, 4.0)


def test_a_rate_of_no_tickets_is_zero_and_repeats_of_unknown_requesters_are_empty(operation):
    for week in range(2):
        exposed(operation, MONDAY + timedelta(weeks=week), 500)
    contact(operation, "1", "2026-03-02 09:00", requester=None, user_type="buyer")
    found = rates(operation)
    first, second = (found[week, "ecommerce", "buyer", "orders"] for week in ("2026-03-02", "2026-03-09"))
    assert (first["per_1000"], first["repeats"], first["per_1000_net"]) == (2.0, None, None)
    assert (second["tickets"], second["per_1000"], second["per_1000_net"]) == (0, 0.0, 0.0)
