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
    "job",
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
    "etl",
    "sandbox",
}
SYSTEMS = re.compile(r"magento|optiply|picqer|easyecom", re.IGNORECASE)
# The product's own names, which environments and folders know and which stay as they are.
FIXED_NAMES = {"connector/names.py"}
ONE_CLASS_EACH = {"Report", "Rule", "Reader", "Answer", "Stopped", "InputError", "Problem", "Result"}
# Tables of values and of resources, which are read as one.
LONGER = {"sandbox/optiply/resources.py", "sandbox/optiply/values.py", "sandbox/shop/shop.py"}
# Impure on purpose: files, environment and clock live here and nowhere else in etl/.
IMPURE_ETL = {"etl.py", "files.py", "mapper.py", "embedded.py", "bundle.py", "tables.py"}


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
        if upwards or out_of_core or past_the_door:
            yield name


def test_a_general_room_names_no_system() -> None:
    nothing(
        f"{names(path)}:{number} {line.strip()}"
        for path in MODULES
        if is_general(path) and names(path) not in FIXED_NAMES
        for number, line in enumerate(text(path).splitlines(), start=1)
        if SYSTEMS.search(line)
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


@pytest.mark.parametrize("package", ["connector", "vocabulary", "delivery", "target_optiply"])
def test_pandas_stays_out_of_what_writes_records(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        for name, node in imports(path):
            if node in tree(path).body or node.col_offset == 0:
                assert name.split(".")[0] != "pandas", f"{path} imports pandas at its top"


def test_no_except_catches_everything_silently() -> None:
    nothing(
        f"{names(path)}:{node.lineno}"
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler) and catches_everything_silently(node, path)
    )


def catches_everything_silently(node: ast.ExceptHandler, path: Path) -> bool:
    """Whether an except is bare, or broad without raising again or giving its reason."""
    if node.type is None:
        return True
    caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    broad = any(isinstance(item, ast.Name) and item.id in {"Exception", "BaseException"} for item in caught)
    raises_again = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    line = text(path).splitlines()[node.lineno - 1]
    return broad and not raises_again and not re.search(r"noqa: BLE001 +\S", line)


def test_nothing_prints() -> None:
    nothing(
        f"{names(path)}:{node.lineno}"
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        if names(path) != "sandbox/__main__.py"
    )


def test_no_code_asks_for_its_own_stream_name() -> None:
    nothing(names(path) for path in MODULES if "self.name ==" in text(path))


def test_every_signature_is_complete() -> None:
    nothing(
        f"{names(path)}:{node.lineno} {node.name} leaves {bare} untyped"
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (bare := untyped(node))
    )


def untyped(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """What of a signature has no type: names of arguments, `return`."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    bare = [item.arg for item in arguments if item.annotation is None and item.arg not in {"self", "cls"}]
    return bare if function.returns else [*bare, "return"]


def test_no_mutable_container_lives_at_module_level_under_a_lower_case_name() -> None:
    nothing(
        f"{names(path)}:{node.lineno} {target.id} looks like shared state"
        for path in MODULES
        for node in tree(path).body
        if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Dict, ast.List, ast.Set))
        for target in node.targets
        if isinstance(target, ast.Name) and not target.id.startswith("__") and not target.id.lstrip("_").isupper()
    )


def test_only_one_module_knows_search_criteria() -> None:
    found = [
        path.name
        for room in ("magento_api", "tap_magento", "target_magento")
        for path in (ROOT / room).rglob("*.py")
        if "searchcriteria" in text(path).lower().replace("_", "")
    ]
    assert found == ["search.py"]


def test_the_middle_of_the_etl_knows_no_clock_file_or_environment() -> None:
    middle = [path for path in MODULES if path.parts[-2] == "etl" and path.name not in IMPURE_ETL]
    nothing(f"{names(path)}:{node.lineno}" for path in middle for node in impure(path))


def impure(path: Path) -> Iterator[ast.expr | ast.stmt]:
    """Where a module asks for the time, the environment, a file or a server."""
    for node in nodes(path):
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "utcnow", "now", "today"}:
            yield node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            yield node
    yield from (node for name, node in imports(path) if name.split(".")[0] in {"requests", "os", "time"})


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
