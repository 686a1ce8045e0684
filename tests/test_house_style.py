"""The habits of this code base that a machine can check. Sizes are printed, not failed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "connector",
    "vocabulary",
    "store",
    "delivery",
    "inventory",
    "magento_api",
    "optiply_api",
    "easyecom_api",
    "tap_magento",
    "tap_picqer",
    "tap_easyecom",
    "tap_optiply",
    "etl",
    "target_optiply",
    "target_magento",
    "target_picqer",
    "target_easyecom",
    "job",
    "fleet",
    "sandbox",
)
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
# Who may import which of our own packages. Arrows go down only.
ARROWS = {
    "connector": set(),
    "vocabulary": {"connector"},
    "store": {"connector", "vocabulary"},
    "delivery": {"connector", "vocabulary", "store"},
    "inventory": {"connector", "vocabulary", "store", "delivery", "target_magento"},
    "magento_api": {"connector"},
    "tap_magento": {"connector", "magento_api"},
    "optiply_api": {"connector"},
    "tap_picqer": {"connector"},
    "easyecom_api": {"connector"},
    "tap_easyecom": {"connector", "easyecom_api"},
    "tap_optiply": {"connector", "optiply_api"},
    "etl": {"connector", "vocabulary", "store"},
    "target_optiply": {"connector", "optiply_api", "vocabulary", "store", "delivery"},
    "target_magento": {"connector", "vocabulary", "store", "delivery", "magento_api"},
    "target_picqer": {"connector", "vocabulary", "store", "delivery"},
    "target_easyecom": {"connector", "vocabulary", "store", "delivery", "easyecom_api"},
    "job": {
        "connector",
        "vocabulary",
        "store",
        "delivery",
        "inventory",
        "etl",
        "magento_api",
        "tap_magento",
        "optiply_api",
        "easyecom_api",
        "tap_picqer",
        "tap_easyecom",
        "tap_optiply",
        "target_optiply",
        "target_magento",
    },
    "fleet": {"connector", "vocabulary", "store", "job", "sandbox"},
    "sandbox": set(),
}
# The command of the target hands it the ETL, for input that has the shape of a shop; nothing else there knows one.
HOOK = ("target_optiply/target.py", "etl")
# What only one system has: reached by the job through what job/systems/ declares.
OF_ONE_SYSTEM = {
    "magento_api",
    "optiply_api",
    "easyecom_api",
    "tap_magento",
    "tap_picqer",
    "tap_easyecom",
    "tap_optiply",
    "target_optiply",
    "target_magento",
    "target_picqer",
    "target_easyecom",
    "etl",
    "sandbox",
}
# Every folder of etl/ but those that serve several systems.
FLOWS = {path.parent.name for path in (ROOT / "etl").glob("*/__init__.py")} - {"core", "inward", "outward"}
SYSTEMS = re.compile(r"magento|optiply|picqer|easyecom", re.IGNORECASE)
SOURCES = re.compile(r"magento|picqer|easyecom", re.IGNORECASE)
# The product's own names, which environments and folders know and which stay as they are.
FIXED_NAMES = {"connector/names.py"}
ONE_CLASS_EACH = {"Report", "Rule", "Reader", "Answer", "Stopped", "InputError", "Problem", "Result"}
# Tables of values and of resources, which are read as one.
LONGER = {"sandbox/optiply/resources.py", "sandbox/optiply/values.py", "sandbox/shop/shop.py"}
# A source's name, where it is not the product's own.
SOURCES = re.compile(r"(?<!\")magento|picqer|easyecom", re.IGNORECASE)
# Programs: environment and clock live here and nowhere else in etl/.
ETL_PROGRAMS = {
    "etl/etl.py",
    "etl/mapper.py",
    "etl/embedded.py",
    "etl/bundle.py",
    "etl/outward/__main__.py",
    "etl/outward/purchase_run.py",
}
# What opens files, a folder at a time; the rest of etl/ is given what they hold.
ETL_FILES = {"etl/core/tables.py", "etl/flows.py", "etl/magento/suspects.py"}
OUTSIDE = {"os", "sys", "time", "random", "socket", "tempfile", "shutil", "subprocess", "requests", "urllib"}
CLOCK_OR_ENVIRONMENT = {"environ", "getenv", "utcnow", "now", "today"}
FILE_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes"}
MODES = {"r", "rb", "w", "wb", "a", "ab"}
EVERYTHING = re.compile(r"\b(Base)?Exception\b")
# Each of these holds several values, so one at the top of a module under a lower-case name is shared state.
CONTAINERS = {"dict", "list", "set", "defaultdict", "Counter", "OrderedDict", "deque"}


def is_general(path: Path) -> bool:
    """Whether a module lives in a room that serves every system."""
    rooms = ("connector", "delivery", "store", "etl/core")
    return any(path.is_relative_to(ROOT / room) for room in rooms) or path == ROOT / "vocabulary" / "entity.py"


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path), filename=str(path))


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Everything in a module, what stands further out first."""
    return list(ast.walk(tree(path)))


def imports(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, node


def nothing(found: Iterable[str]) -> None:
    """Fail with each finding on a line of its own."""
    lines = [*found]
    assert not lines, "\n".join(["found:", *lines])


def starts_with_a_sentence(docstring: str) -> bool:
    """Whether the first line holds a whole sentence; a full stop inside a name is none."""
    return re.search(r"\S\.(\s|$)", docstring.splitlines()[0]) is not None


def test_a_module_says_in_its_first_sentence_what_lives_there() -> None:
    docstrings = {names(path): ast.get_docstring(tree(path)) for path in MODULES}
    nothing(name for name, docstring in docstrings.items() if not docstring)
    nothing(name for name, docstring in docstrings.items() if not starts_with_a_sentence(docstring or "."))


@pytest.mark.parametrize(
    ("docstring", "good"),
    [
        ("Reads the shop.", True),
        ("Reads the shop. Then it stops,\nand says so.", True),
        ("Writes into runs/.", True),
        ("Reads the shop\n\nIt stops there.", False),
        ("See store.snapshot\nfor the rest.", False),
        ("Reads: everything\n", False),
    ],
)
def test_a_first_line_without_a_whole_sentence_is_found(docstring: str, good: bool) -> None:
    assert starts_with_a_sentence(docstring) is good


def test_imports_follow_the_arrows_between_the_packages() -> None:
    nothing(f"{names(path)} imports {name}" for path in MODULES for name in against_the_arrows(path))


def against_the_arrows(path: Path) -> Iterator[str]:
    """What a module imports and should not."""
    package = path.relative_to(ROOT).parts[0]
    for name, _ in imports(path):
        top = name.split(".")[0]
        upwards = top in PACKAGES and top not in {package, *ARROWS[package]} and (names(path), top) != HOOK
        out_of_core = path.is_relative_to(ROOT / "etl" / "core") and top == "etl" and not name.startswith("etl.core")
        past_the_door = package == "job" and top in OF_ONE_SYSTEM and not path.is_relative_to(ROOT / "job" / "systems")
        if upwards or out_of_core or past_the_door or across_flows(names(path), name):
            yield name
    yield from (f"by a relative name in line {number}" for number in relative_imports(tree(path)))


def across_flows(place: str, imported_name: str) -> bool:
    """Whether a module of one system's flow, or of what several share, imports from another's."""
    mine, other = place.split("/"), imported_name.split(".")
    if mine[0] != "etl" or other[0] != "etl" or len(mine) < 3 or len(other) < 2:
        return False
    return mine[1] in {"inward", *FLOWS} and other[1] in FLOWS - {mine[1]}


def relative_imports(module: ast.Module) -> list[int]:
    """Lines that import by a relative name, which the arrows between the packages could not see."""
    return [node.lineno for node in ast.walk(module) if isinstance(node, ast.ImportFrom) and node.level > 0]


def test_every_package_of_the_tree_is_held_to_these_habits() -> None:
    there = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"benchmarks", "tests"}
    assert there == set(PACKAGES) == set(ARROWS)
    assert {name for name in there if name.startswith(("tap_", "target_"))} < OF_ONE_SYSTEM
    assert {"magento", "picqer"} <= FLOWS


@pytest.mark.parametrize(
    ("place", "imported_name", "crossed"),
    [
        ("etl/picqer/steps.py", "etl.magento.facts", True),
        ("etl/magento/rules/stock.py", "etl.picqer", True),
        ("etl/magento/rules/stock.py", "etl.magento.facts", False),
        ("etl/picqer/steps.py", "etl.core.flow", False),
        ("etl/picqer/steps.py", "etl.inward.links", False),
        ("etl/inward/links.py", "etl.picqer.steps", True),
        ("etl/flows.py", "etl.magento.flow", False),
    ],
)
def test_a_flow_that_knows_another_is_found(place: str, imported_name: str, crossed: bool) -> None:
    assert across_flows(place, imported_name) is crossed


@pytest.mark.parametrize("line", ["from . import rules", "from .magento import facts"])
def test_an_import_that_the_arrows_would_not_see_is_found(line: str) -> None:
    assert relative_imports(ast.parse(line)) == [1]


def test_the_job_names_no_source() -> None:
    """Optiply is in the name of its command; what is read is known to job/systems/ alone."""
    nothing(
        f"{names(path)}:{number} {line.strip()}"
        for path in MODULES
        if names(path).startswith("job/") and not names(path).startswith("job/systems/")
        for number, line in enumerate(text(path).splitlines(), start=1)
        if SOURCES.search(line)
    )


def test_a_general_room_names_no_system() -> None:
    nothing(
        f"{names(path)}:{number} {line.strip()}"
        for path in MODULES
        if is_general(path) and names(path) not in FIXED_NAMES
        for number, line in enumerate(text(path).splitlines(), start=1)
        if SYSTEMS.search(line)
    )


def test_what_several_sources_share_names_none_of_them() -> None:
    nothing(
        f"{names(path)}:{number} {line.strip()}"
        for path in MODULES
        if path.is_relative_to(ROOT / "etl" / "inward")
        for number, line in enumerate(text(path).splitlines(), start=1)
        if SOURCES.search(line)
    )


def test_no_imports_run_in_a_circle() -> None:
    modules = {names(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__"): path for path in MODULES}
    graph = {name: {*imported(path, modules)} - {name} for name, path in modules.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"imports run in a circle: {' -> '.join(error.args[1])}")
    assert len(order) == len(modules)


def imported(path: Path, modules: Mapping[str, Path]) -> Iterator[str]:
    """Our own modules that one imports, those behind TYPE_CHECKING and inside functions included."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in modules else node.module for name in inside if node.module in modules)


def test_a_module_has_at_most_250_lines_or_a_reason() -> None:
    sizes = {names(path): len(text(path).splitlines()) for path in MODULES if path.parts[-2] != "schemas"}
    nothing(f"{name} has {size} lines" for name, size in sizes.items() if size > 250 and name not in LONGER)


def test_one_name_stands_for_one_thing() -> None:
    found: dict[str, list[str]] = {}
    for path in MODULES:
        if path.relative_to(ROOT).parts[0] != "sandbox":
            for node in tree(path).body:
                if isinstance(node, ast.ClassDef) and node.name in ONE_CLASS_EACH:
                    found.setdefault(node.name, []).append(names(path))
    assert not {name: places for name, places in found.items() if len(places) > 1}


def test_pandas_stays_out_of_what_reads_and_writes_records() -> None:
    """Only the ETL and the frames of the store load it; elsewhere it would cost every program half a second."""
    nothing(
        names(path)
        for path in MODULES
        if names(path).split("/")[0] not in {"etl", "store"}
        if "pandas" in {name.split(".")[0] for name, _ in imports(path)}
    )


def test_the_singer_sdk_is_loaded_by_one_module() -> None:
    """There it comes without the libraries that none of the programs uses."""
    found = [names(path) for path in MODULES if "singer_sdk" in {name.split(".")[0] for name, _ in imports(path)}]
    assert found == ["connector/singer/sdk.py"]


def test_no_except_catches_everything_silently() -> None:
    nothing(f"{names(path)}:{line}" for path in MODULES for line in swallowed(text(path), nodes(path)))


def swallowed(source: str, found: Iterable[ast.AST]) -> Iterator[int]:
    """Where everything is caught without raising again or giving the reason in that line, or is suppressed."""
    for node in found:
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or EVERYTHING.search(ast.unparse(node.type))
            raises_again = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
            reason = re.search(r"noqa: BLE001 +\S", source.splitlines()[node.lineno - 1])
            if broad and (node.type is None or not (raises_again or reason)):
                yield node.lineno
        elif isinstance(node, ast.Call) and EVERYTHING.search(" ".join(map(ast.unparse, node.args))):
            yield from [node.lineno] if ast.unparse(node.func).split(".")[-1] == "suppress" else []


@pytest.mark.parametrize(
    ("handler", "good"),
    [
        ("except: raise", False),
        ("except Exception: pass", False),
        ("except (ValueError, Exception): pass", False),
        ("except builtins.BaseException as error: log(error)", False),
        ("except Exception:  # noqa: BLE001\n    pass", False),
        ("except Exception:  # noqa: BLE001 a hook of a tenant may do anything\n    pass", True),
        ("except Exception:\n    log()\n    raise", True),
        ("except ValueError: pass", True),
        ("except ValueError:\n    with suppress(Exception): pass", False),
        ("except ValueError:\n    with contextlib.suppress(OSError): pass", True),
    ],
)
def test_an_except_that_swallows_everything_is_found(handler: str, good: bool) -> None:
    source = f"try: work()\n{handler}\n"
    assert ([*swallowed(source, ast.walk(ast.parse(source)))] == []) is good


def test_nothing_prints() -> None:
    nothing(
        f"{names(path)}:{node.lineno}"
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        if names(path) != "sandbox/__main__.py"
    )


def test_no_code_asks_for_its_own_stream_name() -> None:
    """A stream, sink or entity that behaves otherwise says so by an attribute, not by a list of names elsewhere."""
    asked = re.compile(r"\b(?:self|stream|sink)\.(?:name|stream_name) (?:==|!=|in|not in) ")
    nothing(names(path) for path in MODULES if asked.search(text(path)))


def test_every_signature_is_complete() -> None:
    nothing(
        f"{names(path)}:{node.lineno} {node.name} leaves {bare} untyped"
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (bare := untyped(node))
    )


def untyped(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """What of a signature has no type: names of arguments, `return`."""
    rest = [item for item in (function.args.vararg, function.args.kwarg) if item]
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs, *rest]
    bare = [item.arg for item in arguments if item.annotation is None and item.arg not in {"self", "cls"}]
    return bare if function.returns else [*bare, "return"]


def test_no_mutable_container_lives_at_module_level_under_a_lower_case_name() -> None:
    nothing(f"{names(path)} {name} looks like shared state" for path in MODULES for name in shared_state(tree(path)))


def shared_state(module: ast.Module) -> list[str]:
    """Names at the top of a module under which a container stands that anybody could fill."""
    found = []
    for node in module.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            value = node.value
            literal = isinstance(value, (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp))
            made = isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] in CONTAINERS
            if literal or made:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found += [item.id for item in targets if isinstance(item, ast.Name)]
    return [name for name in found if not name.startswith("__") and not name.lstrip("_").isupper()]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("cache = {}", ["cache"]),
        ("_seen: set[str] = set()", ["_seen"]),
        ("cache = collections.defaultdict(list)", ["cache"]),
        ("NAMES = {'a': 1}", []),
        ("__all__ = ['main']", []),
        ("def work():\n    seen = set()", []),
    ],
)
def test_state_that_two_runs_would_share_is_found(line: str, found: list[str]) -> None:
    assert shared_state(ast.parse(line)) == found


def test_only_one_module_knows_search_criteria() -> None:
    found = [
        path.name
        for room in ("magento_api", "tap_magento", "target_magento")
        for path in (ROOT / room).rglob("*.py")
        if "searchcriteria" in text(path).lower().replace("_", "")
    ]
    assert found == ["search.py"]


def test_the_middle_of_the_etl_knows_no_clock_file_or_environment() -> None:
    middle = [path for path in MODULES if names(path).startswith("etl/")]
    nothing(f"{names(path)} {place}" for path in middle for place in touched(names(path), tree(path)))


def touched(place: str, module: ast.Module) -> Iterator[str]:
    """What a module of the ETL takes from the clock, the environment, or a file that it was not given."""
    if place in ETL_PROGRAMS:
        return
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in OUTSIDE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in OUTSIDE:
            yield f"{node.lineno} {node.module}"
        elif isinstance(node, ast.Attribute) and node.attr in CLOCK_OR_ENVIRONMENT:
            yield f"{node.lineno} {node.attr}"
        elif isinstance(node, ast.Call) and place not in ETL_FILES:
            called = ast.unparse(node.func)
            mode = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
            opened = called == "open" or (called.endswith(".open") and mode in MODES)
            if opened or called.split(".")[-1] in FILE_METHODS:
                yield f"{node.lineno} {called}"


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "from time import time",
        "datetime.now(UTC)",
        "date.today()",
        "open('x')",
        "Path('x').read_text()",
        "path.open('rb')",
    ],
)
def test_a_rule_that_looks_at_the_clock_a_file_or_the_environment_is_found(line: str) -> None:
    assert len([*touched("etl/magento/rules/stock.py", ast.parse(line))]) == 1
    assert not [*touched("etl/etl.py", ast.parse(line))]


def test_the_exceptions_of_these_habits_are_still_there() -> None:
    """A module that was moved or removed would leave a hole that nobody sees."""
    assert {*LONGER, *FIXED_NAMES, *ETL_PROGRAMS, *ETL_FILES, HOOK[0]} <= {names(path) for path in MODULES}


def test_no_file_mentions_a_machine_path() -> None:
    for path in MODULES:
        assert "/home/" not in text(path).replace("/home/hotglue", ""), path
        assert f"{Path.home()}/" not in text(path), path


def test_the_sizes_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = sorted(((len(text(path).splitlines()), names(path)) for path in MODULES), reverse=True)
    functions = sorted(
        (
            ((node.end_lineno or node.lineno) - node.lineno + 1, f"{names(path)}:{node.name}")
            for path in MODULES
            for node in nodes(path)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        ),
        reverse=True,
    )
    with capsys.disabled():
        print("\nlargest modules (aim 250 lines):", *(f"\n  {size:5} {name}" for size, name in sizes[:5]))
        print("longest functions (aim 40 lines):", *(f"\n  {size:5} {name}" for size, name in functions[:5]))
    assert sizes, "no module was found"
    assert functions, "no function was found"
