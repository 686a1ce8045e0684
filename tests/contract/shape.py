"""The shape of JSON, place by place: which kinds of value stand there, and whether it may be absent or null."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

KINDS = {bool: "bool", int: "number", float: "number", str: "text", list: "list", dict: "object", type(None): "null"}


class Shape:
    """What was seen at each place of some values; a place is written `.items[].price`."""

    def __init__(self, values: Iterable[Any]) -> None:
        self.kinds: defaultdict[str, set[str]] = defaultdict(set)
        self.seen: Counter[str] = Counter()
        self.objects: Counter[str] = Counter()
        for value in values:
            self._add("", value)

    def _add(self, place: str, value: Any) -> None:
        self.kinds[place].add(KINDS[type(value)])
        self.seen[place] += 1
        if isinstance(value, list):
            for one in value:
                self._add(f"{place}[]", one)
        elif isinstance(value, dict):
            self.objects[place] += 1
            for key, one in value.items():
                self._add(f"{place}.{key}", one)

    def always(self, place: str) -> bool:
        """Whether every object that could have this key has it."""
        return self.seen[place] == self.objects[place.rpartition(".")[0]]


def differences(ours: Shape, theirs: Shape) -> Iterator[tuple[str, str]]:
    """Yield (place, what is different), for every place of which the recorded shape says something."""
    for place, kinds in sorted(ours.kinds.items()):
        parent = place.rpartition(".")[0]
        recorded = theirs.kinds.get(place, set())
        if not recorded:
            if not place.endswith("[]") and theirs.objects[parent]:
                yield place, "never recorded"
        elif "null" in kinds - recorded:
            yield place, "null, recorded never"
        elif kinds - recorded and recorded != {"null"}:
            yield place, f"{'/'.join(sorted(kinds))}, recorded {'/'.join(sorted(recorded))}"
    for place in sorted(theirs.seen):
        parent = place.rpartition(".")[0]
        if "." in place and not place.endswith("[]") and theirs.always(place) and ours.objects[parent]:
            if not ours.seen[place]:
                yield place, "always recorded, never ours"
            elif not ours.always(place):
                yield place, "always recorded, sometimes ours"
