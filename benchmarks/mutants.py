"""Small changes to a module's code, each of which some test should notice. Pure: source in, changed trees out."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
SWAPPED_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
SWAPPED_TEXTS = {"first": "last", "last": "first", "min": "max", "max": "min"}
# What only people read: a changed word there is nobody's fault.
FOR_PEOPLE = {"note", "info", "warning", "debug", "reason", "getLogger"}


@dataclass(frozen=True)
class Mutant:
    """One change: where it is and what it says before and after."""

    line: int
    before: str
    after: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.line}: {' '.join(self.before.split())[:110]}  =>  {' '.join(self.after.split())[:110]}"


def mutants(source: str, *, constants: bool = True) -> Iterator[Mutant]:
    """Every change this tool knows, in the order of the lines; texts for people and type hints are left alone.

    Only code within functions is changed; without `constants` only conditions, operators and whole statements are.
    """
    tree = ast.parse(source)
    for path, node in sorted(_places(tree, ()), key=lambda place: getattr(place[1], "lineno", 0)):
        if not _in_function(tree, path):
            continue
        for changed in _changes(node) if constants or not isinstance(node, ast.Constant) else ():
            whole = copy.deepcopy(tree)
            _put(whole, path, ast.copy_location(changed, node))
            ast.fix_missing_locations(whole)
            yield Mutant(getattr(node, "lineno", 0), ast.unparse(node), ast.unparse(changed), whole)


Path = tuple[tuple[str, int | None], ...]


def _places(node: ast.AST, path: Path) -> Iterator[tuple[Path, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "exc", "type_params") or _is_for_people(node):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not _is_docstring(child) and not isinstance(child, ast.JoinedStr):
                here = (*path, (name, index))
                yield here, child
                yield from _places(child, here)


def _in_function(tree: ast.Module, path: Path) -> bool:
    """Whether the place lies in the body of a function, not among its defaults."""
    inside = [end for end in range(len(path)) if isinstance(_at(tree, path[:end]), ast.FunctionDef)]
    return bool(inside) and path[inside[0]][0] == "body"


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_people(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FOR_PEOPLE


def _at(tree: ast.Module, path: Path) -> ast.AST:
    node: ast.AST = tree
    for name, index in path:
        value = getattr(node, name)
        node = value if index is None else value[index]
    return node


def _put(tree: ast.Module, path: Path, node: ast.AST) -> None:
    owner = _at(tree, path[:-1])
    name, index = path[-1]
    if index is None:
        setattr(owner, name, node)
    else:
        getattr(owner, name)[index] = node


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=[operator]):
            yield _with(node, ops=[SWAPPED[type(operator)]()])
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            yield node.left
            yield node.right
        case ast.BinOp(op=operator) if type(operator) in SWAPPED:
            yield _with(node, op=SWAPPED[type(operator)]())
        case ast.BoolOp(values=values):
            for index in range(len(values)):
                rest = [*values[:index], *values[index + 1 :]]
                yield rest[0] if len(rest) == 1 else _with(node, values=rest)
        case ast.UnaryOp(op=ast.Not() | ast.Invert()):
            yield node.operand
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str(value)) if value:
            yield ast.Constant(SWAPPED_TEXTS.get(value, value + " "))
        case ast.Name(id=name) if name in SWAPPED_NAMES:
            yield ast.Name(SWAPPED_NAMES[name], node.ctx)
        case ast.If(test=test) if not isinstance(test, (ast.Compare, ast.UnaryOp)):
            yield _with(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.Return(value=ast.AST() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr() | ast.AugAssign() | ast.Continue() | ast.Break() | ast.Raise():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed
