"""The simulated company: its regions, lines, channels, vendors, groups, schedules and service targets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from models.simulation.grammar.problem import Asker

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SOURCE = "simulated"


@dataclass(frozen=True)
class Region:
    """A market: its share of tickets, its clock, and the tier-2 hub that receives its escalations."""

    name: str
    code: str
    time_zone: str
    share: float
    hub: str
    currency: str


REGIONS = (
    Region("North America", "na", "America/New_York", 0.34, "Americas", "USD"),
    Region("Europe", "eu", "Europe/Berlin", 0.24, "Eurasia", "EUR"),
    Region("Southeast Asia", "sea", "Asia/Singapore", 0.26, "Eurasia", "SGD"),
    Region("Latin America", "latam", "America/Sao_Paulo", 0.16, "Americas", "BRL"),
)
REGION_NAMES = [region.name for region in REGIONS]
HUBS = {"Americas": "America/Chicago", "Eurasia": "Europe/Dublin"}

LINES = ("ecommerce", "live", "creator", "account_security")
LINE_CODES = {"ecommerce": "ec", "live": "lv", "creator": "cr", "account_security": "as"}

# Share of all tickets by who asks.
ASKER_SHARES: dict[Asker, float] = {
    ("ecommerce", "buyer"): 0.33,
    ("ecommerce", "merchant"): 0.13,
    ("live", "buyer"): 0.12,
    ("live", "merchant"): 0.04,
    ("live", "creator"): 0.07,
    ("creator", "creator"): 0.11,
    ("account_security", "buyer"): 0.11,
    ("account_security", "merchant"): 0.04,
    ("account_security", "creator"): 0.05,
}
ASKERS = list(ASKER_SHARES)
ASKER_LINE = np.array([LINES.index(line) for line, _ in ASKERS])

CHANNELS = ("in_app", "chat", "email")
# Channel shares by line; sellers and creators write more e-mail.
CHANNEL_SHARES: dict[Asker, tuple[float, float, float]] = {
    asker: (0.45, 0.40, 0.15) if asker[1] == "buyer" else (0.36, 0.24, 0.40) for asker in ASKERS
}

# Two outsourced vendors share tier 1; escalations go to an in-house tier 2.
VENDORS = ("Brightline", "Halden")
INHOUSE = "inhouse"

PLATFORMS = ("android", "ios", "web")
PLATFORM_SHARES: dict[str, tuple[float, float, float]] = {
    "North America": (0.33, 0.47, 0.20),
    "Europe": (0.42, 0.33, 0.25),
    "Southeast Asia": (0.70, 0.20, 0.10),
    "Latin America": (0.68, 0.18, 0.14),
}

# How much a market uses a payment method, where the problem allows it.
METHOD_WEIGHTS: dict[str, dict[str, float]] = {
    "North America": {
        "credit_card": 4,
        "debit_card": 2,
        "wallet": 1,
        "apple_pay": 2,
        "google_pay": 1,
        "pay_later": 1.5,
    },
    "Europe": {
        "credit_card": 2,
        "debit_card": 2.5,
        "wallet": 1.5,
        "apple_pay": 1.2,
        "google_pay": 1,
        "pay_later": 2,
    },
    "Southeast Asia": {"credit_card": 1.5, "debit_card": 1, "wallet": 4, "apple_pay": 0.5, "google_pay": 0.8},
    "Latin America": {"credit_card": 2.5, "debit_card": 1, "wallet": 2, "apple_pay": 0.3, "google_pay": 0.8},
}

PRIORITIES = ("low", "normal", "high", "urgent")
# Minutes to the first reply and to resolution, by priority. The first version was looser and ended a year ago.
FIRST_REPLY_TARGETS = (1440.0, 720.0, 240.0, 120.0)
RESOLUTION_TARGETS = (10080.0, 5760.0, 2880.0, 1440.0)
CHAT_FIRST_REPLY_TARGET = 15.0
EARLIER_TARGET_FACTOR = 1.5


def first_tier_group(vendor: str, line: str, region: Region) -> str:
    """Id of a vendor's tier-1 group for a line and region."""
    return f"t1-{vendor[:2].lower()}-{LINE_CODES[line]}-{region.code}"


def second_tier_group(line: str, hub: str) -> str:
    """Id of the in-house tier-2 group for a line and hub."""
    return f"t2-{LINE_CODES[line]}-{hub[:2].lower()}"


def first_tier_schedule(line: str, region: Region) -> str:
    """Id of the business hours of a tier-1 group: account security never closes."""
    return "always-open" if line == "account_security" else f"tier1-{region.code}"


def second_tier_schedule(hub: str) -> str:
    """Id of the business hours of a tier-2 hub."""
    return f"tier2-{hub.lower()}"


def groups(valid_from: datetime) -> pl.DataFrame:
    """Every queue of the company, valid from the given time on."""
    rows: list[tuple[object, ...]] = [
        (first_tier_group(vendor, line, region), f"{vendor} {line} {region.name}", 1, vendor, line, region.name,
         region.time_zone, first_tier_schedule(line, region))
        for vendor in VENDORS for line in LINES for region in REGIONS
    ]  # fmt: skip
    rows += [
        (second_tier_group(line, hub), f"In-house {line} {hub}", 2, INHOUSE, line, None,
         zone, second_tier_schedule(hub))
        for line in LINES for hub, zone in HUBS.items()
    ]  # fmt: skip
    columns = ["group_id", "name", "tier", "vendor", "business_line", "region", "time_zone", "schedule_id"]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        valid_from=pl.lit(valid_from, dtype=pl.Datetime("us")), valid_to=pl.lit(None, dtype=pl.Datetime("us"))
    )


def opening_hours() -> dict[str, tuple[str, list[tuple[int, int]]]]:
    """Time zone and opening hours of every schedule: (open, close) local hour per weekday, Monday first."""
    hours: dict[str, tuple[str, list[tuple[int, int]]]] = {"always-open": ("UTC", [(0, 24)] * 7)}
    for region in REGIONS:
        hours[f"tier1-{region.code}"] = (region.time_zone, [(8, 21)] * 5 + [(9, 18)] * 2)
    for hub, zone in HUBS.items():
        hours[second_tier_schedule(hub)] = (zone, [(8, 19)] * 5 + [(0, 0)] * 2)
    return hours


def schedules() -> pl.DataFrame:
    """The opening hours as weekly intervals in minutes since Sunday 00:00 local time."""
    rows = [
        (name, name.replace("-", " "), zone, day * 1440 + opens * 60, day * 1440 + closes * 60)
        for name, (zone, week) in opening_hours().items()
        for day, (opens, closes) in enumerate([week[6], *week[:6]])
        if closes > opens
    ]
    columns = ["schedule_id", "name", "time_zone", "start_minute", "end_minute"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def sla_policies(start: datetime, end: datetime) -> pl.DataFrame:
    """First-reply and resolution targets by priority, in two versions, and a first-reply target for chat."""
    changed = targets_changed_at(start, end)
    rows: list[tuple[object, ...]] = []
    for factor, valid_from, valid_to in (
        (EARLIER_TARGET_FACTOR, start - timedelta(days=365), changed),
        (1.0, changed, None),
    ):
        for priority, first, resolution in zip(
            PRIORITIES, FIRST_REPLY_TARGETS, RESOLUTION_TARGETS, strict=True
        ):
            policy = f"sla-{priority}"
            rows.append(
                (
                    policy,
                    "first_reply",
                    None,
                    priority,
                    None,
                    first * factor,
                    "business",
                    valid_from,
                    valid_to,
                )
            )
            rows.append(
                (
                    policy,
                    "resolution",
                    None,
                    priority,
                    None,
                    resolution * factor,
                    "calendar",
                    valid_from,
                    valid_to,
                )
            )
        chat = ("sla-chat", "first_reply", None, None, "chat", CHAT_FIRST_REPLY_TARGET * factor, "business")
        rows.append((*chat, valid_from, valid_to))
    time = pl.Datetime("us")
    schema = pl.Schema({
        "policy_id": pl.String(), "metric": pl.String(), "business_line": pl.String(), "priority": pl.String(),
        "channel": pl.String(), "target_minutes": pl.Float64(), "clock": pl.String(), "valid_from": time, "valid_to": time,
    })  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def targets_changed_at(start: datetime, end: datetime) -> datetime:
    """When the service targets were tightened: halfway through the history."""
    return start + (end - start) // 2


@dataclass(frozen=True)
class Clock:
    """The hours from a start on, read off a region's clock: hour of day, weekday (Monday 0) and date."""

    hour: Ints
    weekday: Ints
    day: npt.NDArray[np.datetime64]

    def on(self, days: set[date]) -> Bools:
        """Which hours lie on one of these days."""
        return np.isin(self.day, np.array(sorted(days), dtype="datetime64[D]"))


@lru_cache(maxsize=64)
def local_clock(start: datetime, hours: int, time_zone: str) -> Clock:
    """The clock of a time zone over so many hours from a naive UTC start."""
    end = start + timedelta(hours=hours - 1)
    utc = pl.datetime_range(start, end, "1h", time_unit="us", time_zone="UTC", eager=True)
    local = utc.dt.convert_time_zone(time_zone)
    weekday = local.dt.weekday().cast(pl.Int64).to_numpy() - 1
    return Clock(local.dt.hour().cast(pl.Int64).to_numpy(), weekday, local.dt.date().to_numpy())


def open_minutes(clock: Clock, week: list[tuple[int, int]], closed: set[date]) -> Floats:
    """Minutes of each hour in which a schedule is open; week: (open, close) hour by weekday, Monday first."""
    opens, closes = np.array(week).T
    is_open = (clock.hour >= opens[clock.weekday]) & (clock.hour < closes[clock.weekday])
    return (is_open & ~clock.on(closed)) * 60.0
