from pathlib import Path

import pytest

from assets.ingest.errors import MappingError
from assets.ingest.mapping import load_mapping, shipped_mappings

MINIMAL = """
source = "desk"
[times]
zone = "UTC"
[tickets.columns]
ticket_id = "id"
created_at = "opened"
updated_at = "changed"
status = "state"
channel = { constant = "email" }
"""


def mapping_file(folder: Path, text: str) -> Path:
    path = folder / "desk.toml"
    path.write_text(text)
    return path


def test_every_shipped_mapping_is_valid() -> None:
    assert set(shipped_mappings()) == {
        "contract",
        "zendesk_export",
        "jira_export",
        "servicenow_incidents",
        "cfpb_complaints",
    }
    for name in shipped_mappings():
        assert load_mapping(name).name == name


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (MINIMAL + '\n[tickets.values.statsu]\nx = "open"', "statsu.*closest: status"),
        (MINIMAL.replace("ticket_id =", "ticketid ="), "ticketid.*closest: ticket_id"),
        (MINIMAL.replace("[times]", "[tiems]"), "tiems is no setting.*closest: times"),
        (MINIMAL.replace('"UTC"', '"Europe/Lisbom"'), "no time zone.*Europe/Lisbon"),
        (MINIMAL + '\n[ticket.columns]\nid = "x"', "ticket is no setting.*tickets"),
        ('source = "desk"', "fills no table"),
        ("source = ", "not valid TOML"),
        (MINIMAL.replace('{ constant = "email" }', "{ add = 1 }"), "either paths or a constant"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(MappingError, match=told) as raised:
        load_mapping(mapping_file(tmp_path, text))
    assert "\n" not in str(raised.value)
    assert "desk.toml" in str(raised.value)


def test_an_unknown_name_offers_the_closest() -> None:
    with pytest.raises(MappingError, match="closest: zendesk_export"):
        load_mapping("zendesk")


def test_a_missing_mapping_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(tmp_path / "nowhere.toml")


def test_a_changed_mapping_has_another_digest(tmp_path: Path) -> None:
    before = load_mapping(mapping_file(tmp_path, MINIMAL)).digest
    after = load_mapping(mapping_file(tmp_path, MINIMAL + "\n")).digest
    assert before != after
