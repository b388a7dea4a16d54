"""The state folder as assets see it."""

from assets.resources import StateFolder


def test_the_salt_is_made_once_is_nobody_elses_to_read_and_is_no_configuration(tmp_path):
    state = StateFolder(home=str(tmp_path / "home"))
    salt = state.requester_salt()
    assert len(salt) == 32
    assert StateFolder(home=str(tmp_path / "home")).requester_salt() == salt
    assert (tmp_path / "home" / "salt").stat().st_mode & 0o077 == 0
    assert salt not in str(state.model_dump())
