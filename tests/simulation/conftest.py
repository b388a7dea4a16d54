"""One simulated operation, shared by the tests that only look at it."""

from datetime import date

import pytest

from models.simulation import Operation, simulate

AS_OF = date(2026, 7, 6)


@pytest.fixture(scope="session")
def operation() -> Operation:
    return simulate(tickets=12_000, seed=11, as_of=AS_OF)


@pytest.fixture(scope="session")
def large_operation() -> Operation:
    return simulate(tickets=60_000, seed=4, as_of=AS_OF)
