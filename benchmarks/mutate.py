"""Changes the code of the fine rules in one place at a time and asks the nearest tests: `make mutants`.

Each change of a function runs in a process of its own, forked from one that has everything loaded, against those tests
alone that pass through the changed line, until one fails: first those written for it, then the quickest. No file is
changed. What no test notices is printed and kept below build/mutants; docs/decisions/mutation-survivors.md says which
of those may stay. Python 3.11 or later.
"""

import argparse
import contextlib
import importlib
import io
import json
import sys
from bisect import bisect
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path

import pytest

from benchmarks.forked import ROOT, Chosen, Reach, Tracer, in_child, load_changed
from benchmarks.mutants import Mutant, mutants

OUT = ROOT / "build" / "mutants"
OUTPUT = OUT / "output.txt"  # of the last child, to see why something does not run
LOADED = ("target_optiply.target", "etl.etl", "tap_magento.tap", "sandbox.systems")  # once, before any change
TARGET = ("phases", "dispatch", "judge", "ledger", "recover", "decide", "ids", "record", "outcomes", "horizon")
ETL = (
    "core/diff", "core/offers", "core/absence", "magento/rules/order_lines", "magento/rules/orders",
    "magento/rules/products", "magento/rules/stock", "magento/rules/compositions", "magento/suspects",
)  # fmt: skip
TAP = ("keyed", "numbered", "again", "unread", "window")
STOCK = ("listing", "memory", "moved", "seen")
# The nearest tests: not those that start programs, nor the long campaigns.
TARGET_TESTS = ("exactly_once", "failures", "changes", "entities", "results", "units", "embedded", "fine_branches")
ETL_TESTS = (
    "diff",
    "order_lines",
    "order_facts",
    "stock_and_kits",
    "suspects",
    "wanted_products",
    "golden",
    "fine_branches",
)
STORE_TESTS = ("snapshot", "snapshot_absorb", "snapshot_frames", "snapshot_owners")
TAP_TESTS = (
    "lists", "listing", "moving_shop", "faults", "state", "streams", "unread", "counts", "moved", "fine_branches",
)  # fmt: skip


def _tests(folder: str, names: Iterable[str]) -> list[str]:
    found = [f"tests/{folder}/test_{name}.py" for name in names]
    return [name for name in found if (ROOT / name).exists()]


GROUPS: dict[str, tuple[list[str], list[str]]] = {
    "target": ([f"delivery/{name}.py" for name in TARGET], _tests("target_optiply", TARGET_TESTS)),
    "etl": (
        [*(f"etl/{name}.py" for name in ETL), "store/outcomes.py", "store/fold.py", "store/owners.py"],
        [*_tests("etl", ETL_TESTS), *_tests("store", STORE_TESTS), "tests/oracle/test_etl_against_oracle.py"],
    ),
    "tap": (
        [*(f"connector/lists/{name}.py" for name in TAP), *(f"tap_magento/{name}.py" for name in STOCK)],
        [*_tests("tap_magento", TAP_TESTS), *_tests("connector", ("lists_by_id", "unread"))],
    ),
}
SLOWEST_SECONDS = 2.0  # tests that take longer are not asked: they would make a morning of it
MOST_SECONDS = 30.0  # nor are more than so many seconds of tests for one change
FIRST = "test_fine_branches"  # written for these changes, so asked first
PATIENCE = 3.0  # a change that makes its tests take so many times longer has been noticed
ARGUMENTS = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]


def reach_of(group: str, tests: list[str], *, again: bool) -> Reach:
    """Which of the tests pass through which lines of the group's modules."""
    modules = GROUPS[group][0]
    file = OUT / f"{group}.json"
    if file.exists() and not again:
        kept: Reach = json.loads(file.read_text())
        return kept
    file.unlink(missing_ok=True)

    def measure() -> str:
        tracer = Tracer(modules)
        pytest.main([*ARGUMENTS[1:], *tests], plugins=[tracer])
        file.write_text(json.dumps({test: found for test, found in tracer.tests.items() if test not in tracer.failed}))
        return " ".join(sorted(tracer.failed))

    failed = in_child(measure, 3600, OUTPUT)
    if failed:
        print(f"{group}: these fail without any change and are not asked: {failed}", flush=True)
    if not file.exists():
        sys.exit(f"{group}: the tests cannot be run; see {OUTPUT}")
    reach: Reach = json.loads(file.read_text())
    return reach


def judge(module: str, mutant: Mutant, tests: list[str], seconds: float) -> str:
    """The test that notices the change; empty when none does."""

    def ask() -> str:
        load_changed(module, mutant.tree)
        chosen = Chosen(tests)
        code = pytest.main([*ARGUMENTS, *dict.fromkeys(test.split("::")[0] for test in tests)], plugins=[chosen])
        return chosen.failed or ("" if code == 0 else f"pytest ends with {int(code)}")

    answer = in_child(ask, seconds, OUTPUT)
    return "it takes too long" if answer is None else answer


def module_survivors(module: str, reach: Reach, every: int, constants: bool) -> tuple[int, list[str]]:
    """How many changes were tried, and those that no test noticed."""
    kills: Counter[str] = Counter()
    tried, survivors = 0, []
    through = {name: set(test["lines"].get(module, ())) for name, test in reach.items()}
    for number, mutant in enumerate(mutants((ROOT / module).read_text(encoding="utf-8"), constants=constants)):
        if number % every:
            continue
        quick = [name for name in through if through[name] and reach[name]["seconds"] <= SLOWEST_SECONDS]
        there = [name for name in quick if mutant.line in through[name]]
        tests = sorted(there or quick, key=lambda name: (-kills[name], FIRST not in name, reach[name]["seconds"]))
        total = list(accumulate(reach[name]["seconds"] for name in tests))
        tests = tests[: bisect(total, MOST_SECONDS)]
        tried += 1
        limit = 20 + PATIENCE * sum(reach[name]["seconds"] for name in tests)
        noticed = judge(module, mutant, tests, limit) if tests else ""
        kills[noticed] += 1
        if not noticed:
            survivors.append(str(mutant))
        print(f"{module}:{mutant}  [{noticed or 'SURVIVES'}]", flush=True)
    return tried, survivors


def main() -> None:
    """Tries the changes of the modules named, or of a whole group, or of all; survivors are written below build/."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("modules", nargs="*", help="such as etl/core/diff.py; without a name all of the groups")
    parser.add_argument("--group", choices=list(GROUPS), action="append", help="target, etl or tap; may be repeated")
    parser.add_argument("--tests", nargs="+", help="ask these tests (files or node ids) in place of the group's")
    parser.add_argument("--every", type=int, default=1, help="only every n-th change, for a quick look")
    parser.add_argument("--logic", action="store_true", help="leave numbers and texts as they are")
    parser.add_argument("--same-reach", action="store_true", help="take over which lines the tests pass through")
    given = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    for name in LOADED:
        importlib.import_module(name)
    unknown = set(given.modules) - {module for modules, _ in GROUPS.values() for module in modules}
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))} is in none of the groups of {Path(__file__).name}")
    for group in given.group or list(GROUPS):
        modules = [one for one in GROUPS[group][0] if not given.modules or one in given.modules]
        if not modules:
            continue
        tests = given.tests or GROUPS[group][1]
        with contextlib.redirect_stdout(io.StringIO()):
            pytest.main([*ARGUMENTS, "--collect-only", *tests])  # so that no child need load anything
        reach = reach_of(group, tests, again=not given.same_reach)
        for module in modules:
            tried, survivors = module_survivors(module, reach, given.every, not given.logic)
            (OUT / f"{module.replace('/', '-')}.txt").write_text("".join(f"{line}\n" for line in survivors))
            print(f"== {module}: {len(survivors)} of {tried} changes survive", flush=True)


if __name__ == "__main__":
    main()
