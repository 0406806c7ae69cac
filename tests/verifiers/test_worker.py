"""Killable workers: a poison graph is stopped by the clock while a second request is answered."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verifiers import poison
from verifiers.errors import InvalidError, UndeterminedError
from verifiers.worker import Pool


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2, warm=("verifiers.primitives.linked_data",)) as pool:
        pool.run(poison.double, 1, seconds_max=30)
        yield pool


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_answers(pool: Pool) -> None:
    assert pool.run(poison.double, 20, plus=2, seconds_max=10) == 42
    assert pool.run(poison.large, 3_000_000, seconds_max=10) == b"x" * 3_000_000
    assert pool.run(poison.process_id, seconds_max=10) != os.getpid()


def test_a_poison_graph_is_killed_while_another_request_is_answered(pool: Pool) -> None:
    codes: list[str] = []

    def poisoned() -> None:
        with pytest.raises(UndeterminedError) as caught:
            pool.run(poison.poison_graph, seconds_max=2)
        codes.append(caught.value.code)

    started = time.monotonic()
    thread = threading.Thread(target=poisoned)
    thread.start()
    answers = 0
    while thread.is_alive():
        assert pool.run(poison.double, 21, seconds_max=10) == 42
        answers += 1
    thread.join()
    assert codes == ["work_too_long"]
    assert answers >= 3
    assert 1.9 < time.monotonic() - started < 12
    assert pool.run(poison.double, 21, seconds_max=30) == 42  # and the killed one has been replaced


def test_a_killed_process_is_gone() -> None:
    with Pool(1) as pool:
        pid = pool.run(poison.process_id, seconds_max=30)
        assert alive(pid)
        with pytest.raises(UndeterminedError) as caught:
            pool.run(poison.nap, 60, seconds_max=0.2)
        assert caught.value.code == "work_too_long"
        assert not alive(pid)
        assert pool.run(poison.process_id, seconds_max=30) != pid


@pytest.mark.parametrize("work", [poison.eat_memory, poison.die])
def test_a_process_that_is_lost_is_undetermined(pool: Pool, work: object) -> None:
    with pytest.raises(UndeterminedError) as caught:
        pool.run(work, seconds_max=30)  # type: ignore[arg-type]
    assert caught.value.code == "work_too_large"
    assert pool.run(poison.double, 21, seconds_max=30) == 42


def test_our_errors_come_back_whole(pool: Pool) -> None:
    with pytest.raises(InvalidError) as caught:
        pool.run(poison.refuse, "signature_invalid", seconds_max=10)
    error = caught.value
    assert (error.code, str(error), error.expected, error.got) == (
        "signature_invalid",
        "refused over there",
        "a",
        "b",
    )


def test_mistakes_of_the_program_come_back_as_such(pool: Pool) -> None:
    with pytest.raises(KeyError, match="a mistake") as caught:
        pool.run(poison.blunder, seconds_max=10)
    assert any("in blunder" in note for note in caught.value.__notes__)
    with pytest.raises(RuntimeError, match="UnreadableError"):
        pool.run(poison.raise_unreadable, seconds_max=10)


def test_what_the_work_prints_does_not_reach_the_answers(pool: Pool) -> None:
    assert pool.run(poison.speak, seconds_max=10) == "spoken"
    assert pool.run(poison.double, 21, seconds_max=10) == 42


def test_a_worker_knows_no_secret_of_the_server(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEERSPOOR_OPERATOR_TOKEN", "secret")
    with Pool(1) as fresh:
        environment = fresh.run(poison.environment, seconds_max=30)
    assert "secret" not in environment.values()
    assert set(environment) <= {"PYTHONPATH", "LANG", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}


def test_many_threads_share_few_processes(pool: Pool) -> None:
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(pool.run(poison.double, n, seconds_max=30)))
        for n in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [2 * n for n in range(24)]


def test_a_full_pool_says_so() -> None:
    with Pool(1, wait_seconds_max=0.1) as pool:
        thread = threading.Thread(target=lambda: pool.run(poison.nap, 1.5, seconds_max=30))
        thread.start()
        time.sleep(0.3)
        with pytest.raises(UndeterminedError) as caught:
            pool.run(poison.double, 1, seconds_max=1)
        assert caught.value.code == "work_queue_full"
        thread.join()


def test_a_crowd_does_not_wait_without_end() -> None:
    with Pool(1, waiting_max=2) as pool:
        pool.run(poison.double, 1, seconds_max=30)
        answers: list[int] = []
        threads = [
            threading.Thread(target=lambda: pool.run(poison.nap, 1.5, seconds_max=30)),
            *(
                threading.Thread(target=lambda: answers.append(pool.run(poison.double, 1, seconds_max=30)))
                for _ in range(2)
            ),
        ]
        for thread in threads:
            thread.start()
            time.sleep(0.1)
        began = time.monotonic()
        with pytest.raises(UndeterminedError) as caught:
            pool.run(poison.double, 1, seconds_max=1)
        assert caught.value.code == "work_queue_full"
        assert time.monotonic() - began < 0.5, "refused at once, not after waiting"
        for thread in threads:
            thread.join()
        assert answers == [2, 2]
        assert pool.run(poison.double, 21, seconds_max=30) == 42


def test_a_closed_pool_has_no_processes_and_takes_no_work() -> None:
    pool = Pool(1)
    pid = pool.run(poison.process_id, seconds_max=30)
    pool.close()
    assert not alive(pid)
    with pytest.raises(RuntimeError, match="closed"):
        pool.run(poison.double, 1, seconds_max=1)


def test_work_must_be_importable(pool: Pool) -> None:
    main_function = types.FunctionType(poison.double.__code__, {}, "double")
    main_function.__module__ = "__main__"
    with pytest.raises(ValueError, match="__main__"):
        pool.run(main_function, 1, seconds_max=1)
    with pytest.raises(Exception, match="pickle"):
        pool.run(lambda: 1, seconds_max=1)
    with pytest.raises(ValueError, match="at least one"):
        Pool(0)


def test_importing_starts_nothing_and_a_program_without_guard_may_use_it() -> None:
    program = (
        "import threading, verifiers.worker as w\n"
        "assert threading.active_count() == 1\n"
        "import math\n"
        "with w.Pool(1) as pool: print(pool.run(math.sqrt, 1764.0, seconds_max=30))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"42.0\n", b"")
