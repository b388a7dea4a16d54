"""A mapping: which column or JSON path of a source becomes which column of the contract, read from TOML."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from assets.ingest.contract import CONTRACT
from assets.ingest.errors import MappingError, closest

SHIPPED = Path(__file__).parent / "mappings"
ANY_OTHER = "*"  # in a value map: every value that is not listed


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileLayout(_Part):
    """How the files are written, where their names do not say it."""

    missing: tuple[str, ...] = ("",)  # texts that stand for "no value"
    delimiter: str = ","
    encoding: str = "utf-8"
    records: str | None = None  # in a JSON page: the key under which the rows are


class Times(_Part):
    """How times are written. Without `zone`, a time that carries none is an error."""

    zone: str | None = None
    formats: tuple[str, ...] = ()  # strptime, tried before ISO 8601; or "epoch_s", "epoch_ms"

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones():
            raise ValueError(f"'{zone}' is no time zone; {closest(zone, available_timezones())}")
        return zone


class ColumnSource(_Part):
    """Where a column's values come from: the first of `paths` that has one, or a constant.

    `default` stands where there is no value; `join` puts the values of all paths together, with itself
    between them; `format = "adf"` flattens Atlassian's document format; `add` is added to a number
    (the sum is never below 0).
    """

    paths: tuple[str, ...] = ()
    constant: str | None = None
    default: str | None = None
    join: str | None = None
    format: Literal["adf"] | None = None
    add: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_shorthand(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"paths": (given,)}
        if isinstance(given, list):
            return {"paths": tuple(given)}
        return given

    @model_validator(mode="after")
    def _says_something(self) -> ColumnSource:
        if bool(self.paths) == (self.constant is not None):
            raise ValueError("give either paths or a constant")
        return self


class AttributeList(_Part):
    """Attributes kept as a list of {id, value} objects, as helpdesks keep custom fields."""

    path: str
    key: str = "id"
    value: str = "value"
    names: dict[str, str] = {}  # id -> name; an id that is not here keeps its id as name


class EventLog(_Part):
    """Rows are states of tickets: the last one wins, the events are the differences between them.

    A file must hold the whole history of each of its tickets: a change from the last state in one file to
    the first in another is seen by neither.
    """

    order: tuple[str, ...]  # columns of the file that put the states of a ticket in order
    assignee: str | None = None  # column of the file whose changes are `assigned` events


class Section(_Part):
    """How rows become rows of one table of the contract."""

    files: tuple[str, ...] = ("*",)  # file names that feed this table
    identity: bool = False  # columns that have the contract's names are taken as they are
    optional: bool = False  # mapped columns that need no value may be missing in the file
    each: tuple[str, ...] = ()  # lists inside a JSON record whose elements are the rows
    columns: dict[str, ColumnSource] = {}
    values: dict[str, dict[str, str | bool]] = {}  # column -> value in the source -> value in the contract
    only: dict[str, tuple[str, ...]] = {}  # contract column -> values of the rows to take
    attributes: dict[str, ColumnSource] = {}
    attribute_list: AttributeList | None = None
    names: tuple[str, ...] = ()  # columns with persons' names: used to redact, then dropped
    event_log: EventLog | None = None
    milestones: dict[str, ColumnSource] = {}  # kind of event -> column with its time

    def feeds_on(self, file_name: str) -> bool:
        """Whether a file of this name holds rows for this table."""
        return any(fnmatch(file_name.lower(), pattern.lower()) for pattern in self.files)

    def paths(self) -> Iterator[str]:
        """Every column or path of the source that this section reads."""
        for source in (*self.columns.values(), *self.attributes.values(), *self.milestones.values()):
            yield from source.paths
        yield from self.names
        if self.attribute_list:
            yield self.attribute_list.path
        if self.event_log:
            yield from self.event_log.order
            if self.event_log.assignee:
                yield self.event_log.assignee


class Mapping(_Part):
    """A source's way onto the contract."""

    name: str
    description: str = ""
    source: str | None = None  # the value of `source` where no column gives it
    file: FileLayout = FileLayout()
    times: Times = Times()
    ignored: tuple[str, ...] = ()  # columns known and not used: not reported as new
    tables: dict[str, Section] = {}
    digest: str = ""  # of the mapping's text: a changed mapping loads its files again

    @model_validator(mode="before")
    @classmethod
    def _collect_tables(cls, given: Any) -> Any:
        if isinstance(given, dict) and "tables" not in given:
            tables = {key: given[key] for key in given if key in CONTRACT}
            given = {key: value for key, value in given.items() if key not in CONTRACT} | {"tables": tables}
        return given

    @model_validator(mode="after")
    def _fits_the_contract(self) -> Mapping:
        if not self.tables:
            raise ValueError(
                f"it fills no table; give at least one section, such as [{next(iter(CONTRACT))}]"
            )
        for table, section in self.tables.items():
            known = CONTRACT[table].column_names()
            for part in ("columns", "values", "only"):
                for column in getattr(section, part):
                    if column not in known:
                        near = closest(column, known)
                        raise ValueError(
                            f"[{table}.{part}] names {column}, which {table} does not have; {near}"
                        )
            if (section.event_log or section.milestones) and table != "tickets":
                raise ValueError(f"[{table}] cannot be an event log or have milestones: only tickets can")
        return self

    def sections_for(self, file_name: str) -> dict[str, Section]:
        """The tables that a file of this name feeds."""
        return {table: section for table, section in self.tables.items() if section.feeds_on(file_name)}


def shipped_mappings() -> list[str]:
    """Names of the mappings that come with the project."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load_mapping(reference: str | Path) -> Mapping:
    """A shipped mapping by its name, or a user's by the path of its TOML file.

    Raises MappingError, in one line, for an unknown name, TOML that does not parse and every
    setting or column that does not exist.
    """
    path = Path(reference)
    if path.suffix != ".toml":
        path = SHIPPED / f"{reference}.toml"
        if not path.exists():
            near = closest(str(reference), shipped_mappings())
            raise MappingError(f"no mapping is called {reference}; {near}; or give the path of a .toml file")
    try:
        text = path.read_bytes()
    except OSError as error:
        raise MappingError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        given = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: not valid TOML: {error}") from error
    given["digest"] = hashlib.sha256(text).hexdigest()
    given.setdefault("name", path.stem)
    try:
        return Mapping.model_validate(given)
    except ValidationError as error:
        raise MappingError(f"{path}: {_first_problem(error)}") from error


def _first_problem(error: ValidationError) -> str:
    """pydantic's first complaint in one line, with the setting it is about."""
    problem = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        name = str(problem["loc"][-1])
        settings = {**Section.model_fields, **Mapping.model_fields, **FileLayout.model_fields, **CONTRACT}
        return f"{where} is no setting of a mapping; {closest(name, settings)}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
