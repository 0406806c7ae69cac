"""The rules themselves: each finds what it is for, and lets its neighbour be."""

import ast

import pytest

from tests.architecture import rules

CASES = [
    (rules.lenient_readers, "json.loads(data)", "strict_json.loads(data)"),
    (rules.lenient_readers, "base64.b64decode(text)", "b64_decode(text)"),
    (rules.lenient_readers, "datetime.fromisoformat(text)", "parse_time(text)"),
    (rules.digits, "int(text)", "int(moment.timestamp())"),
    (rules.digits, "int(match[1])", "int(a * 1_000)"),
    (rules.ambient, "now = datetime.now(UTC)", "now = clock()"),
    (rules.ambient, "id_ = uuid4()", "def make(new: Callable[[], UUID] = uuid4): pass"),
    (rules.dangerous, "eventsourcing.utils.resolve_topic(topic)", "TYPES[topic]"),
    (rules.dangerous, "eval(text)", "model.evaluate(text)"),
    (rules.leaving, "print('no')", "console.print('yes')"),
    (rules.leaving, "sys.exit(1)", "raise typer.Exit(1)"),
    (rules.networking, "import urllib.request", "import urllib.parse"),
    (rules.networking, "from urllib import request", "from urllib.parse import urlsplit"),
    (rules.splitting, "text.splitlines()", "text.split('\\n')"),
    (rules.asserts, "assert size > 0", "if size <= 0: raise ValueError"),
    (rules.unfinished, "raise NotImplementedError", "raise InvalidError"),
    (rules.unfinished, "def f() -> int:\n    'Sentence.'\n    ...", "def f() -> None:\n    'Sentence.'"),
    (rules.unfinished, "class A:\n    def f(self): ...", "class A(Protocol):\n    def f(self): ..."),
    (rules.skipped, "@pytest.mark.skip\ndef test_a(): pass", "def test_a(): pass"),
    (rules.skipped, "pytest.importorskip('x')", "import x"),
]


@pytest.mark.parametrize(("rule", "wrong", "right"), CASES, ids=range(len(CASES)))
def test_a_rule_tells_wrong_from_right(rule: rules.Rule, wrong: str, right: str) -> None:
    assert len(list(rule(ast.parse(wrong)))) >= 1
    assert list(rule(ast.parse(right))) == []
