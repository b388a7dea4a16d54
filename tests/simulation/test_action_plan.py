"""The simulated action plan: a run has to find out by its wording which problem an action is against."""

from datetime import datetime

import polars as pl

from models.causes.actions import link_actions
from models.simulation.grammar import PROBLEMS
from models.simulation.planted import ACTIONABLE, Fix, Plan
from models.simulation.user_tables import actions

END = datetime(2026, 6, 30)


def test_every_action_is_tied_to_the_problem_it_is_against(embedder):
    plan = Plan(fixes=[Fix(slug, slug, "fix", END, 0.5) for slug in ACTIONABLE])
    planned = actions(plan, END).filter(pl.col("action_id").is_in(ACTIONABLE))
    themes = pl.DataFrame({"theme_id": [problem.slug for problem in PROBLEMS]})
    titles = embedder.embed([problem.subjects[0] for problem in PROBLEMS])
    linked = link_actions(planned, themes, embedder.embed(planned["name"].to_list()), titles, titles)
    assert linked["theme_id"].to_list() == linked["action_id"].to_list()
