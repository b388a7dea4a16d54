"""Invented people: names, and contact data from ranges that are reserved for examples."""

from __future__ import annotations

import numpy as np
import polars as pl

from models.simulation.grammar.phrases import TEST_CARDS
from models.simulation.world import Ints

_FIRST = {
    "North America": (
        "James", "Olivia", "Noah", "Emma", "Liam", "Ava", "Mason", "Sophia", "Ethan", "Mia", "Logan", "Grace",
        "Caleb", "Hazel", "Owen", "Ruby", "Wyatt", "Nora", "Jaxon", "Paige", "Tyrone", "Keisha", "Diego", "Ximena",
    ),
    "Europe": (
        "Lukas", "Anna", "Jonas", "Lea", "Pierre", "Chloe", "Mateusz", "Zofia", "Sven", "Ingrid", "Marco", "Giulia",
        "Oliver", "Freya", "Pablo", "Carmen", "Niels", "Saskia", "Milan", "Elena", "Patrick", "Aoife", "Tomas", "Petra",
    ),
    "Southeast Asia": (
        "Budi", "Siti", "Agus", "Dewi", "Wei", "Mei", "Somchai", "Malee", "Nguyen", "Linh", "Jose", "Maricel",
        "Rizal", "Putri", "Arif", "Aisyah", "Kiet", "Thao", "Jun", "Hui", "Ramon", "Grace", "Farid", "Intan",
    ),
    "Latin America": (
        "Joao", "Ana", "Pedro", "Beatriz", "Santiago", "Valentina", "Mateo", "Camila", "Lucas", "Larissa", "Juan",
        "Sofia", "Thiago", "Fernanda", "Diego", "Lucia", "Rafael", "Juliana", "Andres", "Daniela", "Bruno", "Marina",
    ),
}  # fmt: skip
_LAST = {
    "North America": (
        "Smith", "Johnson", "Brown", "Davis", "Miller", "Wilson", "Moore", "Taylor", "Harris", "Clark", "Lewis", "Young",
        "Walker", "Hall", "Allen", "Wright", "Hill", "Scott", "Green", "Baker", "Carter", "Ramirez", "Nguyen", "Brooks",
    ),
    "Europe": (
        "Mueller", "Schmidt", "Fischer", "Weber", "Dubois", "Moreau", "Kowalski", "Nowak", "Jansen", "Berg", "Rossi",
        "Ferrari", "Taylor", "Evans", "Garcia", "Lopez", "Nielsen", "Vries", "Novak", "Horvat", "Murphy", "Byrne", "Wolf",
    ),
    "Southeast Asia": (
        "Santoso", "Wijaya", "Tan", "Lim", "Wong", "Pham", "Tran", "Reyes", "Cruz", "Santos", "Halim", "Rahman",
        "Saetang", "Chaiyaporn", "Hidayat", "Nasution", "Goh", "Teo", "Mendoza", "Bautista", "Yusof", "Ismail", "Le",
    ),
    "Latin America": (
        "Silva", "Souza", "Oliveira", "Pereira", "Costa", "Rodrigues", "Gonzalez", "Fernandez", "Martinez", "Gomez",
        "Diaz", "Torres", "Ramos", "Castro", "Rojas", "Vargas", "Almeida", "Barbosa", "Ribeiro", "Moreno", "Flores",
    ),
}  # fmt: skip

# Two odd numbers far apart, so that neighbours in number are strangers in name.
_SHUFFLE_FIRST, _SHUFFLE_LAST = 7919, 104_729


def named(number: Ints, region: Ints, region_names: list[str]) -> pl.DataFrame:
    """First name, full name, e-mail, handle and phone of numbered people, the same for a number each time."""
    first = pl.Series("first", [""] * len(number), dtype=pl.String)
    size_first = np.array([len(_FIRST[name]) for name in region_names])
    size_last = np.array([len(_LAST[name]) for name in region_names])
    first_names = pl.Series([name for place in region_names for name in _FIRST[place]])
    last_names = pl.Series([name for place in region_names for name in _LAST[place]])
    start_first = np.concatenate([[0], np.cumsum(size_first)[:-1]])
    start_last = np.concatenate([[0], np.cumsum(size_last)[:-1]])
    first = first_names.gather(start_first[region] + (number * _SHUFFLE_FIRST) % size_first[region])
    last = last_names.gather(start_last[region] + (number * _SHUFFLE_LAST // 97) % size_last[region])
    frame = pl.DataFrame({"first_name": first, "last_name": last, "number": number})
    ending = pl.col("number").mod(3).replace_strict({0: "com", 1: "org", 2: "net"}, return_dtype=pl.String)
    low_first, low_last = pl.col("first_name").str.to_lowercase(), pl.col("last_name").str.to_lowercase()
    tail = pl.col("number").mod(997).cast(pl.String)
    line = pl.col("number").mod(100).cast(pl.String).str.zfill(2)
    area = (pl.col("number") * 37 % 700 + 201).cast(pl.String)
    return frame.select(
        "first_name",
        full_name=pl.concat_str("first_name", pl.lit(" "), "last_name"),
        email=pl.concat_str(low_first, pl.lit("."), low_last, tail, pl.lit("@example."), ending),
        handle=pl.concat_str(pl.lit("@"), low_first, pl.lit("_"), low_last, tail),
        phone=pl.concat_str(pl.lit("("), area, pl.lit(") 555-01"), line),
    )


def agent_names(count: int) -> pl.Series:
    """Full names of so many agents."""
    region_names = list(_FIRST)
    number = np.arange(count)
    return named(number, number % len(region_names), region_names)["full_name"]


def secrets(size: int, rng: np.random.Generator) -> pl.DataFrame:
    """Test card numbers, six-digit codes and documentation addresses (RFC 5737), drawn anew per row."""
    host = pl.Series(rng.integers(1, 255, size)).cast(pl.String)
    return pl.DataFrame(
        {
            "card": pl.Series(TEST_CARDS).gather(rng.integers(0, len(TEST_CARDS), size)),
            "otp": pl.Series(rng.integers(0, 1_000_000, size)).cast(pl.String).str.zfill(6),
            "ip": "192.0.2." + host,
        }
    )
