"""One writing run at a time."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assets.run_lock import RunInProgress, writing

_HOLD = "import sys, time; from pathlib import Path; from assets.run_lock import writing\n"
_HOLD += "with writing(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"


@pytest.fixture
def other_process(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_process_is_told_in_one_line_who_writes(tmp_path, other_process):
    with pytest.raises(RunInProgress) as error, writing(tmp_path):
        pass
    assert str(error.value) == (
        f"{tmp_path}: a run is writing (process {other_process.pid}); "
        "wait until it ends, or stop it, and start again"
    )


def test_a_killed_process_does_not_keep_the_lock(tmp_path, other_process):
    other_process.send_signal(signal.SIGKILL)
    other_process.wait()
    with writing(tmp_path):
        assert (tmp_path / "run.lock").exists()


def test_the_holder_may_take_it_again_and_keeps_it_until_the_outer_end(tmp_path):
    with writing(tmp_path):
        with writing(tmp_path):
            pass
        held_elsewhere = subprocess.run(
            [sys.executable, "-c", _HOLD, str(tmp_path)], capture_output=True, cwd=Path(__file__).parents[2]
        )
        assert b"a run is writing" in held_elsewhere.stderr


def test_whoever_waits_gets_it_when_the_other_ends(tmp_path, other_process):
    other_process.kill()
    with writing(tmp_path, wait_seconds=10):
        assert (tmp_path / "run.lock").read_text().startswith("process ")
