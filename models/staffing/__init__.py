"""Staffing: how many people it takes, when, and what happens to the backlog."""
