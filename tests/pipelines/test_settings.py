"""Settings come from arguments, then the environment, then groundswell.toml."""

import re
from datetime import datetime

import pytest

from pipelines.errors import SettingsError
from pipelines.settings import read_settings


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_HOME", raising=False)


def test_an_argument_wins_over_the_environment_and_that_over_the_file(tmp_path, monkeypatch):
    (tmp_path / "groundswell.toml").write_text(
        'time_zone = "Europe/Berlin"\nmemory_limit = "1GB"\nforecast_days = 30\n'
    )
    monkeypatch.setenv("GROUNDSWELL_MEMORY_LIMIT", "3GB")
    monkeypatch.setenv("GROUNDSWELL_FORECAST_DAYS", "60")
    settings = read_settings(forecast_days=90)
    assert (settings.time_zone, settings.memory_limit, settings.forecast_days) == ("Europe/Berlin", "3GB", 90)


def test_without_anything_the_state_lies_in_data(tmp_path):
    assert read_settings().home == tmp_path / "data"


def test_an_as_of_time_with_an_offset_becomes_utc():
    settings = read_settings(as_of=datetime.fromisoformat("2026-03-01T12:00:00+02:00"))
    assert settings.as_of == datetime(2026, 3, 1, 10)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            'time_zone = "Mars/Olympus"',
            "'Mars/Olympus' is not a time zone; use an IANA name such as Europe/Berlin",
        ),
        ("colour = 3", "setting 'colour': unknown setting; known ones: home, time_zone"),
        ("forecast_days = 0", "setting 'forecast_days': Input should be greater than or equal to 1"),
        (
            'ticket_links = { zendesk = "javascript:alert(1)" }',
            "'javascript:alert(1)' for zendesk is no address of a ticket",
        ),
        ("forecast_days 3", "groundswell.toml: not valid TOML"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(tmp_path, line, expected):
    (tmp_path / "groundswell.toml").write_text(line + "\n")
    with pytest.raises(SettingsError, match=re.escape(expected)) as error:
        read_settings()
    assert "\n" not in str(error.value)
