"""The tables of an operation that has hardly anything."""

from datetime import date


def test_an_operation_without_tickets_has_every_table_empty(operation):
    warehouse = operation.build("2026-03-09")
    # A model that reads nothing is a list of constants.
    models = [model.name for model in operation.project.models if model.layer != "staging" and model.reads]
    assert {name: warehouse.rows(name) for name in models} == dict.fromkeys(models, 0)


def test_one_ticket_without_anything_else_has_its_volume_and_no_invented_figures(operation):
    operation.ticket("1", "2026-03-02 09:00")
    warehouse = operation.build("2026-03-09")
    kpis = warehouse.query("select * from weekly_kpis where business_line = 'all' order by week").to_dicts()
    assert [row["tickets_created"] for row in kpis] == [1, 0]
    invented = ("tickets_solved", "backlog", "csat", "csat_response_rate", "reopen_rate", "escalation_rate")
    assert [kpis[0][name] for name in invented] == [None] * 6
    signals = warehouse.query(
        "select metric, value, verdict, week from kpi_signals where business_line = 'all'"
    )
    assert signals.rows() == [("tickets_created", 1, "too early", date(2026, 3, 2))]
