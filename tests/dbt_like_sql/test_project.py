import time
from pathlib import Path

import pytest

from dbt_like_sql.errors import SqlProjectError
from dbt_like_sql.header import Column, ColumnTest, Metric
from dbt_like_sql.project import Project, read_project

SOURCES = {
    "raw.tickets": {"ticket_id": "VARCHAR", "status": "VARCHAR", "group_id": "VARCHAR"},
    "raw.groups": {"group_id": "VARCHAR", "tier": "BIGINT"},
    "themes": {"theme_id": "VARCHAR"},
}
HEAD = """-- One sentence.
-- grain: ticket
-- owner: team:support
"""
STG_TICKETS = HEAD + "-- column ticket_id: the ticket\nselect ticket_id from raw.tickets\n"


@pytest.fixture
def project(tmp_path):
    """Writes files by their path in the project folder and reads them."""

    def write_and_read(**files: str) -> Project:
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.sql"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return read_project(tmp_path, SOURCES)

    return write_and_read


def error_of(project, tmp_path: Path, file: str, text: str, **others: str) -> str:
    """The message for a file, without its path, which must be there."""
    with pytest.raises(SqlProjectError) as raised:
        project(**{file: text}, **others)
    path = tmp_path / f"{file.replace('__', '/')}.sql"
    assert str(raised.value) == f"{path}: {raised.value.message}"
    assert "\n" not in str(raised.value)
    return raised.value.message


def test_a_file_is_a_table_with_the_meaning_its_head_gives_it(project, tmp_path):
    text = """-- When each ticket was answered.
-- Minutes are calendar minutes.
-- grain: ticket
-- owner: team:support-analytics
-- materialized: view
-- column ticket_id: the ticket [not_null, unique]
-- column state: where it stands; colons: fine [accepted: open, solved,
--    too early, references: raw.groups.group_id]
select ticket_id, status as state from raw.tickets;
"""
    model = project(staging__stg_tickets=text).model("stg_tickets")
    assert model.layer == "staging"
    assert model.path == tmp_path / "staging/stg_tickets.sql"
    assert model.description == "When each ticket was answered. Minutes are calendar minutes."
    assert (model.grain, model.owner, model.materialized) == ("ticket", "team:support-analytics", "view")
    assert model.sql == text.rstrip().rstrip(";")
    assert model.reads == ("raw.tickets",)
    assert model.columns == (
        Column("ticket_id", "the ticket", (ColumnTest("not_null"), ColumnTest("unique"))),
        Column(
            "state",
            "where it stands; colons: fine",
            (
                ColumnTest("accepted", ("open", "solved", "too early")),
                ColumnTest("references", ("raw.groups", "group_id")),
            ),
        ),
    )


def test_the_head_says_which_columns_are_metrics_what_misleads_and_how_zendesk_differs(project):
    text = STG_TICKETS.replace(
        "select",
        """-- metric ticket_id: Ticket number (id)
-- trap ticket_id: it is a text: 9 comes
--   after 10
-- trap ticket_id: a deleted ticket has one, too
-- zendesk ticket_id: the same
select""",
    )
    traps = ("it is a text: 9 comes after 10", "a deleted ticket has one, too")
    metric = Metric("ticket_id", "Ticket number (id)", traps, "the same")
    model = project(staging__stg_tickets=text).model("stg_tickets")
    assert model.metrics == (metric,)
    assert model.description == "One sentence."


def test_a_model_is_a_table_unless_it_says_otherwise(project):
    assert project(staging__stg_tickets=STG_TICKETS).model("stg_tickets").materialized == "table"


def test_models_come_after_what_they_read_whatever_their_names_and_folders(project):
    read = project(
        staging__z_tickets=STG_TICKETS,
        intermediate__m_tickets=HEAD + "-- column ticket_id: the ticket\nselect ticket_id from z_tickets",
        marts__a_tickets=HEAD + "-- column ticket_id: the ticket\nselect ticket_id from m_tickets",
    )
    assert [model.name for model in read.models] == ["z_tickets", "m_tickets", "a_tickets"]


def test_a_cte_of_the_name_of_a_table_is_not_that_table(project):
    model = project(
        staging__stg_tickets=HEAD
        + "-- column ticket_id: the ticket\n"
        + "with themes as (select ticket_id from raw.tickets) select ticket_id from themes"
    ).model("stg_tickets")
    assert model.reads == ("raw.tickets",)


def test_tables_in_subqueries_are_read_too(project):
    model = project(
        staging__stg_tickets=HEAD
        + "-- column ticket_id: the ticket\n"
        + "select ticket_id from raw.tickets where exists "
        + "(select 1 from raw.groups where groups.group_id = tickets.group_id)"
    ).model("stg_tickets")
    assert model.reads == ("raw.groups", "raw.tickets")


def test_lineage_goes_through_ctes_joins_unions_and_stars_to_the_tables_one_step_up(project):
    read = project(
        staging__stg_tickets=HEAD
        + "-- column ticket_id: the ticket\n-- column status: where it stands\n-- column group_id: its group\n"
        + "select * from raw.tickets",
        marts__owners=HEAD
        + "-- column name: ticket and group\n-- column tier: its tier\n-- column rows: how many\n"
        + """with owned as (select *, ticket_id || '/' || group_id as name from stg_tickets)
            select owned.name, max(groups.tier) as tier, count(*) as rows
            from owned left join raw.groups as groups on groups.group_id = owned.group_id group by owned.name
            union all
            select status, 0, 0 from stg_tickets""",
    )
    assert read.model("stg_tickets").lineage["status"] == {("raw.tickets", "status")}
    assert read.model("owners").lineage == {
        "name": {("stg_tickets", "ticket_id"), ("stg_tickets", "group_id"), ("stg_tickets", "status")},
        "tier": {("raw.groups", "tier")},
        "rows": frozenset(),
    }


def test_the_head_asks_for_tests_and_says_how_much_they_matter(project):
    read = project(
        staging__stg_tickets=HEAD
        + """-- unique: ticket_id, status
-- column ticket_id: the ticket [not_null, unique]
-- column status: where it stands [accepted: open, it's done]
-- column group_id: its group [references: raw.groups.group_id]
select ticket_id, status, group_id from raw.tickets"""
    )
    assert {test.name: test.severity for test in read.tests} == {
        "stg_tickets_ticket_id_status_unique": "error",
        "stg_tickets_not_null": "error",
        "stg_tickets_ticket_id_unique": "error",
        "stg_tickets_status_accepted": "warn",
        "stg_tickets_group_id_references": "warn",
    }
    assert {test.table for test in read.tests} == {"stg_tickets"}
    accepted = next(test for test in read.tests if test.name == "stg_tickets_status_accepted")
    assert "('open', 'it''s done')" in accepted.sql
    assert accepted.description == "stg_tickets.status is one of open, it's done"


def test_a_test_file_belongs_to_the_last_of_the_tables_it_reads(project):
    read = project(
        staging__stg_tickets=STG_TICKETS,
        marts__volume=HEAD + "-- column tickets: how many\nselect count(*) as tickets from stg_tickets",
        tests__no_ticket_is_lost="-- Every ticket is counted.\n-- severity: warn\n"
        "select 1 from volume where tickets <> (select count(*) from stg_tickets)",
        tests__themes_have_ids="-- Every theme has an id.\nselect * from themes where theme_id is null",
    )
    lost, ids = read.tests
    assert (lost.name, lost.table, lost.reads) == ("no_ticket_is_lost", "volume", ("stg_tickets", "volume"))
    assert (lost.severity, lost.description) == ("warn", "Every ticket is counted.")
    assert read.tests_of("volume") == (lost,)
    assert (ids.severity, read.tests_of("themes")) == ("error", (ids,))


def test_a_test_waits_for_a_table_that_python_makes_from_models(project):
    read = project(
        staging__stg_tickets=STG_TICKETS,
        marts__theme_count=HEAD + "-- column themes: how many\nselect count(*) as themes from themes",
        tests__a_theme_is_a_ticket="-- A theme has tickets.\nselect 1 from themes cross join stg_tickets",
        tests__b_themes_are_counted="-- All count.\nselect 1 from themes cross join theme_count",
        tests__c_groups_are_known="-- Known.\nselect 1 from raw.groups cross join stg_tickets",
    )
    assert [test.table for test in read.tests] == ["themes", "theme_count", "stg_tickets"]


def test_a_references_test_waits_for_the_table_it_refers_to(project):
    read = project(
        staging__a_tickets=HEAD
        + "-- column group_id: its group [references: z_groups.group_id]\nselect group_id from raw.tickets",
        staging__z_groups=HEAD + "-- column group_id: the group\nselect group_id from raw.groups",
    )
    assert [test.table for test in read.tests] == ["z_groups"]


def test_a_model_that_is_not_there_is_named_with_the_nearest_one(project):
    with pytest.raises(KeyError, match=r"no model stg_ticket: did you mean stg_tickets\?"):
        project(staging__stg_tickets=STG_TICKETS).model("stg_ticket")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (STG_TICKETS + "; select 1", "expected one select statement, found 2 statements"),
        (HEAD, "expected one select statement, found 0 statements"),
        (HEAD + "drop table raw.tickets", "expected a select, found a drop statement"),
        (HEAD + "select (1 from raw.tickets", "line 4, column 14: Expecting )"),
        (
            HEAD + "select 'open from raw.tickets",
            "a quote or comment does not end (Error tokenizing ' select 'open from raw.ticket')",
        ),
        (
            HEAD + "select 1 as a from raw.ticket",
            "reads an unknown table raw.ticket: did you mean raw.tickets?",
        ),
        (HEAD + "select 1 as a from nowhere", "reads an unknown table nowhere"),
        (
            STG_TICKETS.replace("select ticket_id", "select ticket_id, status"),
            "column status is not documented: add '-- column status: ...'",
        ),
        (
            STG_TICKETS.replace("column ticket_id:", "column ticketid: the ticket\n-- column ticket_id:"),
            "documents a column ticketid that the query does not have: did you mean ticket_id?",
        ),
        (
            STG_TICKETS.replace("select ticket_id", "select ticket_id, ticket_id"),
            "selects two columns of the name ticket_id",
        ),
        (
            STG_TICKETS.replace(
                "-- grain: ticket\n", "-- grain: ticket\n-- materialized: view\n-- incremental: ticket\n"
            ),
            "'incremental: ticket' needs the columns source and ticket_id",
        ),
        (
            STG_TICKETS.replace("-- grain: ticket\n", "-- grain: ticket\n-- incremental: requester_key\n"),
            "'incremental: requester_key' needs a table with the column requester_key that reads one table with "
            "'incremental: ticket', which has it too",
        ),
        (
            STG_TICKETS.replace("select ticket_id", "select ticket_nr as ticket_id"),
            "Column 'ticket_nr' could not be resolved. Line: 5, Col: 16",
        ),
        (
            STG_TICKETS.replace("-- grain: ticket\n", ""),
            "the header has no grain: add a line '-- grain: ...'",
        ),
        (
            STG_TICKETS.replace("-- owner: team:support\n", ""),
            "the header has no owner: add a line '-- owner: ...'",
        ),
        (
            STG_TICKETS.replace("-- One sentence.\n", ""),
            "the header has no description: add a line of prose",
        ),
        (
            STG_TICKETS.replace("the ticket", "the ticket [not null]"),
            "column ticket_id has an unknown test 'not null': "
            "expected not_null, unique, accepted: a, b or references: table.column",
        ),
        (
            STG_TICKETS.replace("the ticket", "the ticket [references: raw.groups]"),
            "column ticket_id references an unknown column raw.groups",
        ),
        (
            STG_TICKETS.replace("column ticket_id: the ticket", "column ticket_id the ticket"),
            "column ticket_id is not documented: add '-- column ticket_id: ...'",
        ),
        (
            STG_TICKETS.replace("column ticket_id: the ticket", "column ticket id: the ticket"),
            "'column ticket id: the ticket' is not of the form 'column name: what it means [tests]'",
        ),
        (
            STG_TICKETS.replace("-- column", "-- column ticket_id: again\n-- column"),
            "column ticket_id is documented twice",
        ),
        (
            STG_TICKETS.replace("-- column", "-- unique: ticket_id, day\n-- column"),
            "'unique' names a column day that the query does not have",
        ),
        (
            STG_TICKETS.replace("-- column", "-- materialized: cube\n-- column"),
            "materialized is 'cube': expected view or table",
        ),
        (STG_TICKETS.replace("-- column", "-- grain: day\n-- column"), "the header says grain twice"),
        (
            STG_TICKETS.replace("select", "-- metric ticketid: Number\nselect"),
            "metric ticketid is of no column of the query: did you mean ticket_id?",
        ),
        (
            STG_TICKETS.replace("select", "-- trap ticket_id: misleads\nselect"),
            "trap ticket_id is of no metric: put '-- metric ticket_id: its title' before it",
        ),
        (
            STG_TICKETS.replace("select", "-- zendesk ticket_id: the same\nselect"),
            "zendesk ticket_id is of no metric: put '-- metric ticket_id: its title' before it",
        ),
        (
            STG_TICKETS.replace("select", "-- metric ticket_id: A\n-- metric ticket_id: B\nselect"),
            "column ticket_id is a metric twice",
        ),
        (
            STG_TICKETS.replace("select", "-- metric ticket_id\nselect"),
            "metric ticket_id says nothing: expected '-- metric ticket_id: text'",
        ),
    ],
)
def test_a_file_that_breaks_a_rule_is_named_with_the_rule(project, tmp_path, text, message):
    assert error_of(project, tmp_path, "staging__stg_tickets", text) == message


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "marts" / "volume.sql"
    path.parent.mkdir()
    path.write_bytes("-- Größe".encode("latin-1"))
    with pytest.raises(SqlProjectError) as raised:
        read_project(tmp_path, SOURCES)
    assert str(raised.value) == f"{path}: is no UTF-8 text: byte 5 cannot be read"


def test_a_circle_is_told_in_full(project, tmp_path):
    column = HEAD + "-- column ticket_id: the ticket\n"
    message = error_of(
        project,
        tmp_path,
        "staging__one",
        column + "select ticket_id from two",
        staging__two=column + "select ticket_id from one",
    )
    assert message == "a circle: one feeds two feeds one"


def test_two_files_of_one_name_are_refused(project, tmp_path):
    message = error_of(project, tmp_path, "staging__volume", STG_TICKETS, marts__volume=STG_TICKETS)
    assert message == f"{tmp_path / 'marts/volume.sql'} has the same name"


def test_a_table_made_elsewhere_cannot_be_made_again(project, tmp_path):
    message = error_of(project, tmp_path, "marts__themes", STG_TICKETS)
    assert message == "a table themes is already made outside of SQL"


def test_a_file_in_no_layer_is_refused(project, tmp_path):
    message = error_of(project, tmp_path, "mart__volume", STG_TICKETS)
    assert message == "a SQL file belongs directly in one of staging, intermediate, marts, tests"


def test_a_test_that_reads_no_table_is_refused(project, tmp_path):
    message = error_of(project, tmp_path, "tests__nothing", "-- Nothing.\nselect 1 as a where false")
    assert message == "a test reads at least one table"


def test_a_test_without_a_description_is_refused(project, tmp_path):
    message = error_of(project, tmp_path, "tests__ids", "select 1 as a from themes")
    assert message == "the header has no description: add a line of prose"


def test_a_project_of_45_files_is_read_within_a_second_or_two(project):
    columns = [f"c{number}" for number in range(12)]
    head = HEAD + "".join(f"-- column {column}: a number [not_null]\n" for column in columns)
    first = head + "select " + ", ".join(f"length(ticket_id) as {c}" for c in columns) + " from raw.tickets"
    later = head + "with before as (select * from {}) select " + ", ".join(columns) + " from before"
    files = {"staging__m0": first} | {f"marts__m{n}": later.format(f"m{n - 1}") for n in range(1, 45)}
    started = time.process_time()
    read = project(**files)
    assert len(read.models) == 45
    assert read.models[-1].lineage["c3"] == {("m43", "c3")}
    assert time.process_time() - started < 2  # about 0.5 s when nothing else runs


def test_the_rows_of_a_table_made_by_column_are_a_setting_of_what_is_made_by_ticket_from_it(project):
    """Nobody hands on which of its rows changed; of what it is made from itself by ticket, somebody does."""
    by_ticket = (
        HEAD + "-- incremental: ticket\n-- column source: s\n-- column ticket_id: t\n-- column status: u\n"
    )
    read = project(
        staging__stg_ticket_changes=STG_TICKETS,
        intermediate__lives=by_ticket + "select group_id as source, ticket_id, status from raw.tickets",
        intermediate__counts=HEAD
        + "-- incremental: status\n-- column status: u\n-- column lives: n\n"
        + "select status, count(*) as lives from lives group by status",
        marts__counted_lives=by_ticket
        + "select lives.source, lives.ticket_id, lives.status from lives join counts on counts.status = lives.status",
    )
    upstream = {name: read.model(name).upstream for name in ("lives", "counts", "counted_lives")}
    assert upstream["lives"].keys == ("status",)
    assert upstream["counts"].settings == ()
    assert upstream["counted_lives"].settings == ("select distinct status from counts",)
