"""How a surge fades."""

import numpy as np
import pytest

from models.forecast.aftermath import HalfLifePrior, course, course_shares, fit_aftermath, learn_half_life


def test_the_course_is_sixty_percent_the_peak_then_halves():
    assert course(np.array([2.0]), 6)[0] == pytest.approx([0.6, 1, 0.5**0.5, 0.5, 0.5**1.5, 0.25])


def test_the_shares_of_a_wave_add_up_to_all_of_it():
    shares = course_shares(np.array([0.5, 3.0, 9.0]), 400)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert shares[1, 4] / shares[1, 1] == pytest.approx(0.5)


def test_a_wave_that_follows_the_model_is_found():
    shape = 1000 * course(np.array([4.0]), 10)[0]
    fitted = fit_aftermath(shape[:6], np.full(6, 10.0), 10, HalfLifePrior(2.5, 1.0))
    assert fitted.half_life_days == pytest.approx(4, rel=0.3)
    assert np.median(fitted.excess, axis=0) == pytest.approx(shape, rel=0.25)


def test_a_day_says_little_of_the_half_life_so_past_waves_do():
    one_day = (np.array([600.0]), np.array([30.0]), 12)
    assert fit_aftermath(*one_day, HalfLifePrior(1.0, 0.3)).half_life_days == pytest.approx(1.0, rel=0.05)
    assert fit_aftermath(*one_day, HalfLifePrior(6.0, 0.3)).half_life_days == pytest.approx(6.0, rel=0.05)


def test_past_waves_move_the_prior_towards_theirs():
    waves = [1000 * course(np.array([6.0]), 12)[0]] * 12
    learnt = learn_half_life(waves, [np.full(12, 20.0)] * 12)
    assert 4 < learnt.median_days < 6.5
    assert learnt.spread < HalfLifePrior().spread
    assert learn_half_life([], []).median_days == pytest.approx(HalfLifePrior().median_days)


def test_parts_of_days_add_up_to_the_whole():
    fitted = fit_aftermath(np.array([60.0, 100.0, 70.0]), np.full(3, 5.0), 8)
    halves = fitted.between(np.array([3.0, 3.5]), np.array([3.5, 4.0])).sum(axis=1)
    assert halves == pytest.approx(fitted.excess[:, 3])


def test_no_excess_stays_none_and_nothing_known_is_refused():
    fitted = fit_aftermath(np.array([-5.0, -3.0, -4.0]), np.full(3, 2.0), 10)
    assert (fitted.excess >= 0).all()
    assert fitted.excess.mean() < 2
    with pytest.raises(ValueError, match="1 or more"):
        fit_aftermath(np.array([]), np.array([]), 10)
