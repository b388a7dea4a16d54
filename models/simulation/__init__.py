"""A simulated support operation with planted causes: the demo's data and the tests' ground truth."""

from models.simulation.operation import Operation, simulate

__all__ = ["Operation", "simulate"]
