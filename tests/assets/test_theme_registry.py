"""The theme tables from run to run: what stays, what is placed, what goes, what a person decides."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.curation_file import read_curation_file
from assets.resources import EmbeddingModel, StateFolder
from assets.table_assets import store_tables
from assets.tables import THEME_TABLES
from assets.theme_registry import theme_frames_as_of, update_themes
from assets.themes import theme_tables
from dbt_like_sql.warehouse import Warehouse
from models.themes.curation import Decision
from tests.themes.word_vectors import WordEmbedder

DAY = date(2026, 3, 1)
HISTORY = {"refund": 60, "login": 50, "parcel": 40}


def escalations(counts: dict[str, int], first: int = 0, day: date = DAY) -> pl.DataFrame:
    """So many tickets about each word, all of different texts."""
    texts = [
        f"{word} {chr(97 + n % 26)}{chr(97 + n // 26)} trouble"
        for word, count in counts.items()
        for n in range(count)
    ]
    ids = [f"{first + row:05d}" for row in range(len(texts))]
    start = datetime(day.year, day.month, day.day)
    created = [start + timedelta(minutes=row) for row in range(len(texts))]
    return pl.DataFrame(
        {"ticket_id": ids, "created_at": created, "text": texts, "requester_key": ids},
        schema={
            "ticket_id": pl.String,
            "created_at": pl.Datetime("us"),
            "text": pl.String,
            "requester_key": pl.String,
        },
    ).with_columns(source=pl.lit("desk"), created_on=pl.lit(day))


@pytest.fixture
def warehouse():
    with Warehouse(Path(":memory:"), threads=1) as opened:
        yield opened


def run(warehouse: Warehouse, tickets: pl.DataFrame, days: int = 0, decisions=(), embedder=None, **options):
    """One run on these escalations, so many days after the first."""
    update = update_as_of(warehouse, tickets, days, decisions, embedder, **options)
    list(store_tables(warehouse, update.frames, THEME_TABLES))
    return update


def update_as_of(
    warehouse: Warehouse, tickets: pl.DataFrame, days: int = 0, decisions=(), embedder=None, **options
):
    """What such a run makes of the themes, nothing stored."""
    as_of = datetime(DAY.year, DAY.month, DAY.day, 12) + timedelta(days=days)
    warehouse.replace("raw.account", pl.DataFrame({"as_of": [as_of], "time_zone": ["UTC"]}))
    warehouse.replace("escalations", tickets)
    return update_themes(warehouse, embedder or WordEmbedder(), decisions, **options)


def stored(warehouse: Warehouse) -> dict[str, pl.DataFrame]:
    return {name: warehouse.query(f"select * from {name} order by all") for name in THEME_TABLES}


def themes_of(warehouse: Warehouse) -> dict[str, str]:
    return dict(warehouse.query("select ticket_id, theme_id from ticket_themes").iter_rows())


def test_the_first_run_finds_themes_and_one_with_nothing_new_changes_nothing(warehouse):
    first = run(warehouse, escalations(HISTORY))
    assert first.refit_because == "there are no themes yet"
    before = stored(warehouse)
    assert before["themes"]["tickets"].sum() == 150
    assert not before["themes"]["is_new"].any()
    second = run(warehouse, escalations(HISTORY).reverse())
    assert (second.refit_because, second.tickets_placed) == (None, 0)
    after = stored(warehouse)
    assert all(after[name].equals(before[name]) for name in THEME_TABLES)


def test_a_new_ticket_is_placed_an_edited_one_placed_anew_and_a_deleted_one_is_gone_everywhere(warehouse):
    tickets = escalations(HISTORY)
    run(warehouse, tickets)
    before = themes_of(warehouse)
    shown = warehouse.query("select ticket_id from theme_examples where theme_id = ?", [before["00000"]])
    gone = shown["ticket_id"][0]
    edited = next(name for name in before if before[name] == before["00000"] and name != gone)
    changed = tickets.filter(pl.col("ticket_id") != gone).with_columns(
        text=pl.when(pl.col("ticket_id") == edited).then(pl.lit("parcel lost trouble")).otherwise("text")
    )
    update = run(warehouse, pl.concat([changed, escalations({"login": 1}, first=900)]), days=1)
    assert update.tickets_placed == 2
    after = themes_of(warehouse)
    assert (after["00900"], after[edited]) == (before["00060"], before["00110"])
    assert gone not in after
    assert gone not in warehouse.query("select ticket_id from theme_examples")["ticket_id"].to_list()
    untouched = set(before) - {gone, edited}
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}
    assert warehouse.query("select sum(tickets)::bigint as n from themes")["n"].item() == 150


def test_a_new_problem_is_a_new_theme_for_28_days(warehouse):
    tickets = escalations(HISTORY)
    run(warehouse, tickets)
    week = pl.concat([tickets, escalations({"voucher": 15}, first=500, day=DAY + timedelta(days=9))])
    update = run(warehouse, week, days=10)
    assert len(update.born) == 1
    new = "select theme_id, born_on, tickets from themes where is_new"
    assert warehouse.query(new).rows() == [("t004", DAY + timedelta(days=9), 15)]
    assert warehouse.query("select theme_id, what from theme_history").rows() == [("t004", "born")]
    run(warehouse, week, days=27)
    assert warehouse.query(new).height == 1
    run(warehouse, week, days=40)
    assert warehouse.query(new).is_empty()
    assert warehouse.query("select 1 from themes where theme_id = 't004'").height == 1


def test_a_refit_is_made_when_asked_for_or_when_the_model_changes_and_keeps_every_id(warehouse):
    run(warehouse, escalations(HISTORY))
    before = themes_of(warehouse)
    assert run(warehouse, escalations(HISTORY), refit=True).refit_because == "asked for"
    assert themes_of(warehouse) == before
    other = run(warehouse, escalations(HISTORY), embedder=WordEmbedder("words-2"))
    assert other.refit_because == "the embedding model changed from words-1 to words-2"
    assert themes_of(warehouse) == before


def test_at_a_refit_a_theme_that_a_person_named_takes_its_new_tickets_and_has_no_twin(warehouse):
    tickets = escalations(HISTORY)
    run(warehouse, tickets)
    later = escalations({"refund": 24}, first=500, day=DAY + timedelta(days=27))
    more = pl.concat([tickets, later.with_columns(text=pl.col("text") + " again")])
    update = run(warehouse, more, days=28, decisions=[Decision(2, "t001", "rename", "Refunds")])
    assert update.refit_because == "the last fit was 28 days ago"
    assert update.born == ()
    assert warehouse.query("select theme_id, tickets, is_new from themes order by all").rows() == [
        ("t001", 84, False),
        ("t002", 50, False),
        ("t003", 40, False),
    ]


def test_a_run_that_brings_twice_as_many_texts_finds_all_themes_anew_at_once(warehouse):
    few = escalations({"refund": 30, "login": 30})
    run(warehouse, few)
    more = escalations({"parcel": 100, "voucher": 100, "payout": 100}, first=500, day=DAY + timedelta(days=1))
    update = run(warehouse, pl.concat([few, more]), days=1)
    assert update.refit_because == "there are 360 texts, 60 at the last fit"
    assert update.health.other == 0


def test_without_texts_there_are_empty_tables_and_the_first_texts_are_not_called_new(warehouse):
    run(warehouse, escalations({}))
    assert all(frame.is_empty() for frame in stored(warehouse).values())
    run(warehouse, escalations(HISTORY), days=1)
    assert warehouse.query("select is_new from themes")["is_new"].to_list() == [None] * 3


@pytest.mark.parametrize(("weeks", "is_new"), [(8, True), (7, None)])
def test_a_first_run_calls_a_theme_new_if_it_knows_eight_weeks_before_its_first_ticket(
    warehouse, weeks, is_new
):
    week = pl.int_range(pl.len()) % weeks + 2
    before = escalations(HISTORY).with_columns(created_on=pl.lit(DAY).dt.offset_by(pl.format("-{}w", week)))
    run(warehouse, pl.concat([before, escalations({"voucher": 15}, first=500)]))
    new = dict(warehouse.query("select tickets, is_new from themes").iter_rows())
    assert new == {60: False, 50: False, 40: False, 15: is_new}


def test_tables_of_another_version_are_replaced_and_no_id_is_given_a_second_time(warehouse):
    run(warehouse, escalations(HISTORY))
    warehouse.execute("alter table ticket_themes drop copy_key")
    warehouse.execute("alter table theme_history drop detail")
    pinned = [Decision(2, "t003", "pin")]
    update = run(warehouse, escalations(HISTORY), decisions=pinned)
    told = "the themes up to t003 were stored by another version and cannot be read"
    assert update.refit_because == told
    assert sorted(set(themes_of(warehouse).values())) == ["t004", "t005", "t006"]
    assert update.mistakes == ("row 2: 't003' is no theme; take an id from the table themes, such as t001",)
    assert run(warehouse, escalations(HISTORY)).refit_because is None


def test_a_failure_while_storing_leaves_the_last_good_tables(warehouse):
    run(warehouse, escalations(HISTORY))
    before = stored(warehouse)
    update = update_themes(warehouse, WordEmbedder(), [], refit=True)
    broken = update.frames | {"theme_fit": update.frames["theme_fit"].drop("mean")}
    with pytest.raises(Exception, match="mean"):
        list(store_tables(warehouse, broken, THEME_TABLES))
    assert all(stored(warehouse)[name].equals(before[name]) for name in THEME_TABLES)


def test_decisions_hold_through_a_refit_and_end_with_their_row(warehouse):
    tickets = escalations(HISTORY)
    run(warehouse, tickets)
    decisions = [
        Decision(2, "t001", "rename", "Money back"),
        Decision(3, "t003", "merge", "t002"),
        Decision(4, "t001", "split off", "aa trouble"),
        Decision(5, "t002", "ignore"),
    ]
    for options in ({}, {"refit": True}):
        update = run(warehouse, tickets, decisions=decisions, **options)
        assert update.mistakes == ()
        rows = warehouse.query(
            "select theme_id, name, tickets, is_ignored from themes order by theme_id"
        ).rows()
        login = warehouse.query("select name from theme_centroids where theme_id = 't002'").item()
        assert rows == [
            ("t001", "Money back", 59, False),
            ("t002", login, 90, True),
            ("t004", "Aa trouble", 1, False),
        ]
    told = warehouse.query(
        "select theme_id, what, other_theme_id from theme_history where what <> 'refit' order by all"
    )
    assert told.rows() == [
        ("t001", "renamed", None),
        ("t002", "ignored", None),
        ("t003", "merged", "t002"),
        ("t004", "split", "t001"),
    ]
    run(warehouse, tickets)
    assert warehouse.query("select theme_id, tickets from themes order by all").rows() == [
        ("t001", 60),
        ("t002", 50),
        ("t003", 40),
    ]


class OneForRefundAndLogin(WordEmbedder):
    """Texts about logins lie where those about refunds do."""

    def embed(self, texts, progress=None):
        return super().embed([text.replace("login", "refund") for text in texts], progress)


def test_themes_that_a_refit_joins_a_second_time_are_told_a_second_time(warehouse):
    tickets = escalations(HISTORY)
    run(warehouse, tickets)
    joined = OneForRefundAndLogin()
    run(warehouse, tickets, days=1, embedder=joined, refit=True)
    told = "select occurred_on from theme_history where theme_id = 't002' and what = 'merged' order by all"
    assert warehouse.query(told)["occurred_on"].to_list() == [DAY + timedelta(days=1)]
    run(warehouse, tickets, days=2, refit=True)
    assert themes_of(warehouse)["00060"] == "t002"
    run(warehouse, tickets, days=3, embedder=joined, refit=True)
    assert warehouse.query(told)["occurred_on"].to_list() == [DAY + timedelta(days=day) for day in (1, 3)]


@pytest.mark.parametrize("options", [{}, {"refit": True}])
def test_a_theme_just_found_never_bears_the_name_that_a_person_gave_to_another(warehouse, options):
    tickets = escalations(HISTORY)
    run(warehouse, tickets)
    more = pl.concat([tickets, escalations({"voucher": 15}, first=500, day=DAY + timedelta(days=9))])
    own = update_as_of(warehouse, more, days=10).born[0]
    decisions = [Decision(2, "t001", "rename", own)]
    run(warehouse, more, days=10, decisions=decisions, **options)
    update = run(warehouse, more, days=11, decisions=decisions)
    assert update.mistakes == ()
    names = dict(warehouse.query("select theme_id, name from themes").iter_rows())
    assert names["t001"] == own
    assert len(set(names.values())) == 4


def test_a_past_day_has_the_themes_of_then_under_todays_ids(warehouse):
    then = escalations({"refund": 60, "login": 50})
    later = escalations({"parcel": 80}, first=500, day=DAY + timedelta(days=20))
    run(warehouse, pl.concat([then, later]), days=21)
    today = themes_of(warehouse)
    warehouse.execute("update raw.account set as_of = ?", [datetime(2026, 3, 2)])
    warehouse.execute("delete from escalations where created_on > ?", [DAY])
    frames = theme_frames_as_of(warehouse, WordEmbedder(), [])
    assert set(frames) == set(THEME_TABLES)
    past = dict(frames["ticket_themes"].select("ticket_id", "theme_id").iter_rows())
    assert past == {name: today[name] for name in then["ticket_id"]}
    assert frames["themes"]["tickets"].sum() == 110


def test_what_a_person_split_off_keeps_its_id_on_a_past_day(warehouse):
    tickets = escalations(HISTORY)
    decisions = [Decision(2, "t001", "split off", "aa trouble")]
    run(warehouse, tickets)
    run(warehouse, tickets, days=9, decisions=decisions)
    before = themes_of(warehouse)
    warehouse.execute("update raw.account set as_of = ?", [datetime(2026, 3, 2)])
    frames = theme_frames_as_of(warehouse, WordEmbedder(), decisions)
    assert before["00000"] == "t004"
    assert dict(frames["ticket_themes"].select("ticket_id", "theme_id").iter_rows()) == before
    assert frames["theme_history"].is_empty()


@pytest.mark.parametrize(
    ("content", "rows", "told"),
    [
        ("theme_id,action,value,note\nt001,pin,,because\n", [Decision(2, "t001", "pin", "")], []),
        ("\ufeffvalue,Theme_ID,action\nA,t001,rename\n", [Decision(2, "t001", "rename", "A")], []),
        ("", [], []),
        ("theme,action\n", [], ["row 1: no column theme_id, value; expected theme_id, action, value"]),
        (
            "theme_id,action,value\nt001,pin\nt002,pin,\n",
            [Decision(3, "t002", "pin", "")],
            ["row 2: 2 fields, expected 3 as in the header; look for an unquoted delimiter or a cut line"],
        ),
    ],
)
def test_a_curation_file_is_read_row_by_row(tmp_path, content, rows, told):
    (tmp_path / "themes.csv").write_text(content, encoding="utf-8")
    assert read_curation_file(tmp_path) == (rows, told)


def test_no_curation_file_and_one_that_is_no_text_are_told_apart(tmp_path):
    assert read_curation_file(tmp_path) == ([], [])
    (tmp_path / "themes.csv").write_bytes(b"\xff\xfe\x00")
    decisions, (told,) = read_curation_file(tmp_path)
    assert decisions == []
    assert told.endswith("save it as CSV in UTF-8")


def test_the_shipped_example_has_every_action():
    decisions, mistakes = read_curation_file(Path("assets/ingest/examples"))
    assert mistakes == []
    assert [decision.action for decision in decisions] == ["rename", "merge", "split off", "pin", "ignore"]


def test_a_run_says_in_plain_words_what_it_did_and_warns_of_a_mistake(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(EmbeddingModel, "embedder", lambda self: WordEmbedder())
    state = StateFolder(home=str(tmp_path))
    state.tables.mkdir()
    (state.tables / "themes.csv").write_text("theme_id,action,value\nt077,pin,\n")
    with state.warehouse() as warehouse:
        warehouse.replace(
            "raw.account", pl.DataFrame({"as_of": [datetime(2026, 3, 1, 12)], "time_zone": ["UTC"]})
        )
        warehouse.replace("escalations", escalations(HISTORY))
    result = dg.materialize([theme_tables], resources={"state": state, "embedding": EmbeddingModel(cache="")})
    metadata = result.asset_materializations_for_node("themes")[0].metadata
    assert metadata["all_themes_found_anew"].value == "yes: there are no themes yet"
    assert metadata["tickets_placed"].value == 150
    embedded = re.findall(r"(\d+) of 150 texts embedded", capfd.readouterr().err)
    assert embedded == [str(15 * tenth) for tenth in range(1, 11)]
    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert {name: check.passed for name, check in checks.items()} == {
        "share_in_no_theme": True,
        "themes_still_fit": True,
        "smallest_theme": True,
        "curation_file": False,
    }
    assert "row 2: 't077' is no theme" in checks["curation_file"].description
    assert checks["curation_file"].severity == dg.AssetCheckSeverity.WARN
