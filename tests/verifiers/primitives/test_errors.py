"""The error tree: three meanings, a code in each, and nothing lost between processes."""

from __future__ import annotations

import pickle

import pytest

from verifiers.errors import InvalidError, MalformedError, UndeterminedError, VerifierError

KINDS = (MalformedError, InvalidError, UndeterminedError)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_the_way_between_processes(kind: type[VerifierError]) -> None:
    error = kind("some_code", "a sentence", expected="this", got="that")
    error.report = {"verdict": "invalid"}
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (copy.code, copy.message, copy.expected, copy.got) == ("some_code", "a sentence", "this", "that")
    assert copy.report == {"verdict": "invalid"}
    assert str(copy) == "a sentence"


def test_the_three_meanings_do_not_catch_each_other() -> None:
    for kind in KINDS:
        assert issubclass(kind, VerifierError)
        assert not any(issubclass(kind, other) for other in KINDS if other is not kind)
