"""Work for the worker processes of `test_worker`: importable by name, as real work is."""

from __future__ import annotations

import os
import time

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, DefaultGraph, NamedNode, Quad

from verifiers.errors import InvalidError


def poison_graph() -> int:
    """Canonicalise a graph of seven nodes that each point at seven others, all alike.

    Native code that holds the interpreter for minutes, in little memory, so that it is the clock that ends it.
    """
    left, right = [BlankNode() for _ in range(7)], [BlankNode() for _ in range(7)]
    dataset = Dataset(Quad(a, NamedNode("urn:p"), b, DefaultGraph()) for a in left for b in right)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return len(dataset)


def double(number: int, *, plus: int = 0) -> int:
    return number * 2 + plus


def refuse(code: str) -> None:
    raise InvalidError(code, "refused over there", expected="a", got="b")


def blunder() -> None:
    raise KeyError("a mistake of the program")


class UnreadableError(Exception):
    """An exception that can be written by pickle and not read back."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def raise_unreadable() -> None:
    raise UnreadableError("a", "b")


def eat_memory() -> int:
    return len(bytearray(8 << 30))


def die() -> None:
    os._exit(9)


def speak() -> str:
    print("this must not reach the pipe of answers")
    os.write(1, b"nor this")
    return "spoken"


def process_id() -> int:
    return os.getpid()


def environment() -> dict[str, str]:
    return dict(os.environ)


def nap(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def large(size: int) -> bytes:
    return b"x" * size
