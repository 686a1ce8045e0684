"""Reads the Dockerfile and .dockerignore as far as this project uses them, for the tests of the container."""

import json
import shlex
import shutil
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
KNOWN = {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "ENTRYPOINT", "CMD"}


@dataclass
class Stage:
    """One FROM with the instructions up to the next, in order."""

    image: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [text for found, text in self.steps if found == instruction]


def stages(text: str) -> list[Stage]:
    """The stages of a Dockerfile, with its arguments filled in. Raises ValueError at what Docker would not know."""
    arguments: dict[str, str] = {}
    found: list[Stage] = []
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        instruction, _, rest = line.strip().partition(" ")
        if instruction not in KNOWN:
            raise ValueError(f"{instruction} is no instruction that these tests know")
        if instruction == "ARG" and not found:
            name, _, value = rest.partition("=")
            arguments[f"${{{name}}}"] = value
        elif instruction == "FROM":
            for name, value in arguments.items():
                rest = rest.replace(name, value)
            image, _, stage = rest.partition(" AS ")
            found.append(Stage(image.strip(), stage.strip()))
        else:
            found[-1].steps.append((instruction, rest.strip()))
    return found


def copied(stage: Stage) -> list[tuple[list[str], str]]:
    """Sources and destination of each COPY from the build context."""
    parts = [shlex.split(text) for text in stage.all("COPY") if not text.startswith("--from=")]
    return [(part[:-1], part[-1]) for part in parts]


def listed(text: str) -> list[str]:
    """The value of ENTRYPOINT or CMD; only its JSON form lets signals through."""
    return list(json.loads(text))


def let_through(name: str, ignore: str) -> bool:
    """Whether .dockerignore lets a file of the context reach the builder: the last line that fits decides."""
    passes = True
    for line in ignore.splitlines():
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        pattern = rule.removeprefix("!")
        tried = [name, *map(str, PurePosixPath(name).parents)]
        if pattern.startswith("**/"):
            fits = any(fnmatchcase(PurePosixPath(part).name, pattern.removeprefix("**/")) for part in tried)
        else:
            fits = any(part.count("/") == pattern.count("/") and fnmatchcase(part, pattern) for part in tried[:-1])
        if fits:
            passes = rule.startswith("!")
    return passes


def lay_context(stage: Stage, place: Path, ignore: str) -> None:
    """Do the COPY instructions of a stage: what .dockerignore lets through, and nothing else, is in `place` then."""
    for sources, destination in copied(stage):
        for source in sources:
            base = ROOT / source
            for path in [base] if base.is_file() else sorted(item for item in base.rglob("*") if item.is_file()):
                name = path.relative_to(ROOT).as_posix()
                if not let_through(name, ignore):
                    continue
                inside = Path(path.name) if base.is_file() else path.relative_to(base)
                as_folder = destination.endswith("/") or not base.is_file()
                goal = place / destination / inside if as_folder else place / destination
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, goal)
