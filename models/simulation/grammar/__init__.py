"""What people write about: one grammar per problem, and the phrases every ticket shares."""

from models.simulation.grammar.general import GENERAL
from models.simulation.grammar.payments_buyers import BUYER_PAYMENTS
from models.simulation.grammar.payments_checkout import CHECKOUT_PAYMENTS
from models.simulation.grammar.payments_sellers import SELLER_PAYMENTS
from models.simulation.grammar.problem import Problem
from models.simulation.grammar.security_access import SECURITY_ACCESS
from models.simulation.grammar.security_fraud import SECURITY_FRAUD

PROBLEMS: tuple[Problem, ...] = (
    BUYER_PAYMENTS + CHECKOUT_PAYMENTS + SELLER_PAYMENTS + SECURITY_ACCESS + SECURITY_FRAUD + GENERAL
)

__all__ = ["PROBLEMS", "Problem"]
