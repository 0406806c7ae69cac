"""Rules about source text that no linter has: each takes a syntax tree and yields (line, what is wrong).

Not here: what ruff, mypy and import-linter already say.
"""

import ast
from collections.abc import Callable, Iterator

Finding = tuple[int, str]
Rule = Callable[[ast.Module], Iterator[Finding]]

# Python's own readers accept what we must refuse: duplicate keys, NaN, foreign digits, second spellings.
LENIENT = {
    "json.load": "verifiers.primitives.strict_json",
    "json.loads": "verifiers.primitives.strict_json",
    "orjson.loads": "verifiers.primitives.strict_json",
    "base64.b64decode": "verifiers.primitives.encoding",
    "base64.standard_b64decode": "verifiers.primitives.encoding",
    "base64.urlsafe_b64decode": "verifiers.primitives.encoding",
    "datetime.fromisoformat": "verifiers.primitives.encoding.parse_time",
    "datetime.strptime": "verifiers.primitives.encoding.parse_time",
}
# The clock and chance are arguments; only the composition root and the edges of the system read them.
AMBIENT = frozenset(
    {
        "datetime.now",
        "datetime.utcnow",
        "date.today",
        "time.time",
        "time.time_ns",
        "uuid.uuid4",
        "uuid.uuid7",
        "uuid4",
        "uuid7",
        "os.urandom",
        "secrets.token_bytes",
        "secrets.token_hex",
        "secrets.token_urlsafe",
        "random.random",
    }
)
DANGEROUS = frozenset({"eval", "exec", "resolve_topic", "compile", "yaml.load", "marshal.loads"})
LEAVES = frozenset({"print", "input", "sys.exit", "exit", "quit", "os._exit"})


def name_of(node: ast.expr) -> str:
    """Return a dotted name, or an empty text for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = name_of(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, name_of(node.func)


def lenient_readers(tree: ast.Module) -> Iterator[Finding]:
    """Find readers that accept more than one spelling."""
    for node, name in _calls(tree):
        if name in LENIENT:
            yield node.lineno, f"{name}: use {LENIENT[name]}"


def digits(tree: ast.Module) -> Iterator[Finding]:
    """Find int() of what may be text; numbers (timestamps, arithmetic, lengths) are none of our business."""
    for node, name in _calls(tree):
        if name == "int" and node.args and not _is_number(node.args[0]):
            yield node.lineno, "int() reads ' 4_2', '+42' and other digits than ASCII"


def _is_number(node: ast.expr) -> bool:
    called = name_of(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
    return isinstance(node, ast.BinOp | ast.Constant) or called in {"timestamp", "len", "round"}


def ambient(tree: ast.Module) -> Iterator[Finding]:
    """Find calls that read the clock or make random values by themselves."""
    for node, name in _calls(tree):
        if name in AMBIENT:
            yield node.lineno, f"{name}: take it as an argument"


def dangerous(tree: ast.Module) -> Iterator[Finding]:
    """Find calls that run or import what data names."""
    for node, name in _calls(tree):
        if name in DANGEROUS or name.endswith(".resolve_topic"):
            yield node.lineno, f"{name}: runs what data names"


def leaving(tree: ast.Module) -> Iterator[Finding]:
    """Find printing and exiting."""
    for node, name in _calls(tree):
        if name in LEAVES:
            yield node.lineno, f"{name}: errors carry data; commands print and exit"


def networking(tree: ast.Module) -> Iterator[Finding]:
    """Find the one way out that import-linter cannot name: it knows packages of others, not their parts."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        if any(f"{start}{alias.name}".startswith("urllib.request") for alias in node.names):
            yield node.lineno, "urllib.request: verifiers are offline"


def splitting(tree: ast.Module) -> Iterator[Finding]:
    """Find splitlines(), which also splits at U+2028 and at vertical tabs."""
    for node, name in _calls(tree):
        attribute = node.func.attr if isinstance(node.func, ast.Attribute) else name
        if attribute == "splitlines":
            yield node.lineno, 'splitlines: use split("\\n")'


def asserts(tree: ast.Module) -> Iterator[Finding]:
    """Find assert statements, which vanish under -O."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield node.lineno, "assert: raise an error with a code"


def unfinished(tree: ast.Module) -> Iterator[Finding]:
    """Find what pretends: NotImplementedError, and bodies that are only an ellipsis outside protocols."""
    protocols = {
        item
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(name_of(base).endswith("Protocol") for base in _bases(node))
        for item in node.body
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield node.lineno, "NotImplementedError: say what is missing in the docs instead"
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and node not in protocols
            and _is_empty(node)
        ):
            yield node.lineno, f"{node.name} has no body"


def _bases(node: ast.ClassDef) -> list[ast.expr]:
    return [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]


def _is_empty(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    if any(name_of(decorator).endswith(("overload", "abstractmethod")) for decorator in node.decorator_list):
        return False
    statements = [item for item in node.body if not _is_docstring(item)]
    return all(
        isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and item.value.value is Ellipsis
        for item in statements
    ) and bool(statements)


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def skipped(tree: ast.Module) -> Iterator[Finding]:
    """Find tests that may not run."""
    for node in ast.walk(tree):
        name = name_of(node) if isinstance(node, ast.expr) else ""
        if name in {
            "pytest.skip",
            "pytest.xfail",
            "pytest.importorskip",
            "pytest.mark.skip",
            "pytest.mark.skipif",
        }:
            yield node.lineno, f"{name}: a test runs or is not there"  # type: ignore[attr-defined]
        if name in {"pytest.mark.xfail", "unittest.skip"}:
            yield node.lineno, f"{name}: a test passes or is not there"  # type: ignore[attr-defined]
