"""Every setting in one place, read from `groundswell.toml` and the environment."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pipelines.errors import SettingsError

CONFIG_FILE = Path("groundswell.toml")


class Settings(BaseSettings):
    """What a user may change. An environment variable `GROUNDSWELL_X` wins over `x` in groundswell.toml."""

    model_config = SettingsConfigDict(env_prefix="GROUNDSWELL_", toml_file=CONFIG_FILE, extra="forbid")

    home: Path = Field(Path("data"), description="folder of all state: inbox, warehouse, reports, cache")
    time_zone: str = Field("UTC", description="the account's zone: days and hours are counted in it")
    as_of: datetime | None = Field(
        None, description="compute everything as of this time (UTC); default: the data's end"
    )
    memory_limit: str = Field("2GB", description="what DuckDB may take before it spills to disk")
    embedding_model: str | None = Field(
        None, description="sentence-transformers model, name or path; default MiniLM"
    )
    forecast_days: int = Field(90, ge=1, le=365, description="how many days ahead to forecast")
    surge_false_alarms_a_month: float = Field(
        1.0,
        gt=0,
        le=30,
        description="how many false surge alarms a month are all right, for the whole, each line and each region",
    )
    agent_hour_cost: float | None = Field(
        None, gt=0, description="what an hour of an agent costs; without it no cost is shown"
    )
    ticket_links: dict[str, str] = Field(
        {}, description="by source, the address of a ticket, with {ticket_id} in it: reports link to it"
    )
    daily_run_at: str = Field(
        "05:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="daily refresh, account zone"
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"'{value}' is not a time zone; use an IANA name such as Europe/Berlin")
        return value

    @field_validator("ticket_links")
    @classmethod
    def _links_to_a_ticket(cls, value: dict[str, str]) -> dict[str, str]:
        for source, address in value.items():
            if not address.startswith(("https://", "http://")) or "{ticket_id}" not in address:
                raise ValueError(
                    f"'{address}' for {source} is no address of a ticket; "
                    "write it like https://example.zendesk.com/agent/tickets/{ticket_id}"
                )
        return value

    @field_validator("as_of")
    @classmethod
    def _as_of_in_utc(cls, value: datetime | None) -> datetime | None:
        return value.astimezone(ZoneInfo("UTC")).replace(tzinfo=None) if value and value.tzinfo else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def inbox(self) -> Path:
        """Files to load, in one folder per mapping: `inbox/<mapping>/...`."""
        return self.home / "inbox"

    @property
    def tables(self) -> Path:
        """The user's own small tables, as CSV files."""
        return self.home / "tables"

    @property
    def published(self) -> Path:
        return self.home / "published.duckdb"

    @property
    def reports(self) -> Path:
        return self.home / "reports"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"


def read_settings(**given: object) -> Settings:
    """Settings from the arguments given, the environment and groundswell.toml, in this order.

    Raises SettingsError, in one line, for a file that is not TOML and for a value that cannot be used.
    """
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{CONFIG_FILE}: not valid TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        known = ", ".join(Settings.model_fields)
        reason = (
            f"unknown setting; known ones: {known}"
            if first["type"] == "extra_forbidden"
            else first["msg"].removeprefix("Value error, ")
        )
        raise SettingsError(f"setting '{name}': {reason}") from None
    return settings.model_copy(update={"home": settings.home.absolute()})
