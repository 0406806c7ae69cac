#!/bin/sh
# The whole developer interface: set up what is missing, then do one thing. Needs python3.11 with pip, no more.
#
# What lives here: set-up and dispatch. What does not: any rule of the domain, any test, any choice of versions
# (pyproject.toml asks, requirements.txt pins with hashes).
set -eu
cd "$(dirname "$0")"

PYTHON=${PYTHON:-python3.11}
BIN=.venv/bin

usage() {
    cat <<'TEXT'
usage: ./do COMMAND [ARGUMENTS]

  demo [--exit]       the whole walk on SQLite in a fresh folder; then keep serving (--exit: stop after the walk)
  serve               serve the ledger (settings: LEERSPOOR_..., see docs/operator.md)
  test [ARGUMENTS]    check, then every test; with ARGUMENTS: these for pytest, without the check
  check               lint, types, layering
  bench NAME          one benchmark: its ratios, the figure last; non-zero below target
  campaign NAME --n N a long run of faults, N times: kill (a server under load), lies (of an operator), mutations
                      (of a stored ledger, for the audit), status-indexes (issuing while killed), bundles (Python and
                      JavaScript on spoiled bundles)
  audit [ARGUMENTS]   derive a whole stored ledger anew: 0 clean, 1 faults, 2 not checked (same settings as serve)
  setup               set up only           lock      write requirements.txt anew from pyproject.toml
TEXT
}

# On a terminal the installers draw their own progress bars; in a log they are silent.
if [ -t 2 ]; then QUIET=; else QUIET=--quiet; fi

say() { printf '%s\n' "$*" >&2; }
fail() { say "do: $*"; exit 1; }

# Same input as the last time? Then the step is done. A copy of the input is the stamp: no hash tool is needed.
done_before() { [ -f "$2" ] && cmp -s "$1" "$2"; }

# uv does not read pip's configuration. Hand over what the user told pip, unless uv was told something itself.
# Choosing among several indexes by version is safe here: an artifact whose hash is not in the lock is refused.
use_pip_settings() {
    eval "$(.tools/bin/python -m pip config list 2>/dev/null | .tools/bin/python -c '
import ast, os, shlex, sys
found = {}
for line in sys.stdin:
    name, _, value = line.strip().partition("=")
    section, _, key = name.rpartition(".")
    rank = (":env:", "install", "global").index(section) if section in (":env:", "install", "global") else None
    if rank is not None and value:
        found.setdefault(key, {})[rank] = " ".join(ast.literal_eval(value).split())
for key, variable, separator in (
    ("index-url", "UV_DEFAULT_INDEX", " "),
    ("extra-index-url", "UV_INDEX", " "),
    ("find-links", "UV_FIND_LINKS", ","),
    ("cert", "SSL_CERT_FILE", " "),
):
    if key in found and variable not in os.environ:
        value = found[key][min(found[key])]
        print("export", variable + "=" + shlex.quote(separator.join(value.split())))
')"
    UV_INDEX_STRATEGY=${UV_INDEX_STRATEGY:-unsafe-best-match}
    export UV_INDEX_STRATEGY
}

ensure_uv() {
    wanted=$(sed -n '/^uv==/,/[^\\]$/p' requirements.txt)
    if [ ! -x .tools/bin/uv ] || [ "$wanted" != "$(cat .tools/uv.installed 2>/dev/null)" ]; then
        command -v "$PYTHON" >/dev/null || fail "$PYTHON is needed and is not on PATH"
        say "set-up 1/3: uv in .tools, by pip"
        "$PYTHON" -m venv .tools || fail "$PYTHON cannot make a virtual environment (Debian: apt-get install python3.11-venv)"
        printf '%s\n' "$wanted" >.tools/uv.wanted
        .tools/bin/python -m pip install $QUIET --require-hashes --no-deps -r .tools/uv.wanted
        mv .tools/uv.wanted .tools/uv.installed
    fi
}

ensure_venv() {
    ensure_uv
    if ! done_before requirements.txt .venv/requirements.installed || [ ! -x $BIN/python ]; then
        use_pip_settings
        say "set-up 2/3: packages in .venv, by the hashes of requirements.txt"
        [ -x $BIN/python ] || .tools/bin/uv venv $QUIET --python "$PYTHON" .venv
        .tools/bin/uv pip sync $QUIET --compile-bytecode --python $BIN/python --require-hashes requirements.txt
        rm -f .venv/package.installed
        cp requirements.txt .venv/requirements.installed
    fi
    if ! done_before pyproject.toml .venv/package.installed; then
        say "set-up 3/3: leerspoor itself, editable"
        .tools/bin/uv pip install $QUIET --python $BIN/python --offline --no-deps --no-build-isolation --editable .
        cp pyproject.toml .venv/package.installed
    fi
}

find_chromium() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name"; then return 0; fi
    done
    $BIN/python - <<'PYTHON'
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    path = pathlib.Path(playwright.chromium.executable_path)
if not path.exists():
    sys.exit(1)
sys.stdout.write(f"{path}\n")
PYTHON
}

# The browser tests drive a real Chromium: the machine's, else Playwright's own build, else the distribution's.
ensure_chromium() {
    if [ -n "${LEERSPOOR_CHROMIUM:-}" ]; then return 0; fi
    if ! LEERSPOOR_CHROMIUM=$(find_chromium); then
        say "set-up: no Chromium found; trying Playwright's"
        $BIN/playwright install chromium >.tools/chromium.log 2>&1 || {
            if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
                say "set-up: Playwright's cannot be had; trying the distribution's"
                { apt-get update && apt-get install --yes --no-install-recommends chromium; } >>.tools/chromium.log 2>&1 || true
            fi
        }
        LEERSPOOR_CHROMIUM=$(find_chromium) ||
            fail "the tests need a Chromium: install one on PATH, or set LEERSPOOR_CHROMIUM (tried: .tools/chromium.log)"
    fi
    export LEERSPOOR_CHROMIUM
}

check() {
    say "check: ruff"
    $BIN/ruff check --quiet .
    $BIN/ruff format --quiet --check . || fail "these are not formatted: $($BIN/ruff format --check . 2>&1 | tail -1); run .venv/bin/ruff format"
    say "check: mypy"
    $BIN/mypy
    say "check: layering"
    $BIN/lint-imports --no-logo
}

command=${1:-help}
[ $# -eq 0 ] || shift

case $command in
demo)
    ensure_venv
    exec $BIN/leerspoor demo "$@"
    ;;
serve)
    ensure_venv
    exec $BIN/leerspoor serve "$@"
    ;;
test)
    ensure_venv
    ensure_chromium
    [ $# -gt 0 ] || check
    # Twice the processors: much of a test's time is spent waiting for a disk, a server or a browser.
    [ $# -gt 0 ] || set -- -n "$(($(getconf _NPROCESSORS_ONLN) * 2))" --dist worksteal
    exec $BIN/python -m pytest "$@"
    ;;
check)
    ensure_venv
    check
    ;;
bench)
    ensure_venv
    exec $BIN/python -m bench "$@"
    ;;
campaign)
    case ${1:-} in
    kill | lies | mutations | status-indexes | bundles) name=$(echo "$1" | tr - _) ;;
    *) fail "the campaigns are: kill, lies, mutations, status-indexes, bundles" ;;
    esac
    shift
    ensure_venv
    exec $BIN/python -m "tests.faults.$name" "$@"
    ;;
audit)
    ensure_venv
    exec $BIN/leerspoor audit "$@"
    ;;
setup)
    ensure_venv
    # Made here so that a container's volume is mounted on a folder of the right owner.
    mkdir -p -m 700 data
    ;;
lock)
    ensure_uv
    use_pip_settings
    .tools/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header \
        --python-version 3.11 --group dev "$@" pyproject.toml --output-file requirements.txt
    ;;
help | -h | --help)
    usage
    ;;
*)
    usage >&2
    exit 64
    ;;
esac
