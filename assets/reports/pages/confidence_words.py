"""The words for how sure a finding is, with the rule behind each: the foot of the metric catalogue."""

from __future__ import annotations

from assets.reports.pages import rise_words

RULES = (
    (
        "Usual range",
        "Where nearly all ordinary weeks or days fall, after the weekly pattern is taken out: the mean plus and minus "
        "2.66 times the mean change from one to the next (an XmR chart, Wheeler 1993). Inside it a number is noise, "
        "whichever way it moved.",
    ),
    (
        "Signal",
        "A number beyond a limit of its usual range, or three of four near one, or eight in a row on one side of the "
        "middle. Everything else is called unchanged.",
    ),
    ("How sure a rise is", rise_words.CONFIDENCE_RULE),
    (
        "Likely, between, in brackets",
        "Between these two the true figure lies with 95 % confidence. The narrower, the more tickets it rests on.",
    ),
    (
        "Worked, worse, no evidence, too early",
        "An action is judged by what its metric did after it began, against what it would have done: from its own "
        "course before, or from tickets the action did not touch. Worked or worse: the 95 % interval of the effect lies "
        "wholly on one side of nothing. No evidence: it holds nothing; that does not show that there is no effect. Too "
        "early: fewer than four weeks since.",
    ),
    (
        "Worse, better, as expected, too few",
        "A vendor or group is compared with what the others would have made of the same tickets. Worse or better: the "
        "difference is 2 % or more, rests on 30 tickets or more, and is beyond what chance and what groups differ by "
        "anyway explain; all comparisons are counted together, so that one wrong word or more comes in one review of 20. "
        "As expected: none of that. Too few: under 30 tickets, or so uncertain that it could be half as much again.",
    ),
    (
        "Agreement",
        "Kappa and alpha: how far two reviewers agree beyond what chance alone would give; 1 is always, 0 is chance. "
        "They fall where nearly all tickets get one verdict, so the plain share of agreement stands beside them.",
    ),
)
