"""A job folder names its system; without a name it is Magento."""

import json
import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

import job.systems
from job.folder import FolderError, JobFolder
from job.systems import DEFAULT, SYSTEMS, system_of
from job.systems.system import System
from tests.warm import PROGRAMS


def folder(root: Path, config: dict[str, object]) -> JobFolder:
    (root / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return JobFolder(root)


def test_a_folder_without_a_name_or_without_a_configuration_is_for_magento(tmp_path: Path) -> None:
    assert system_of(JobFolder(tmp_path)) is DEFAULT
    assert system_of(folder(tmp_path, {"store_url": "https://shop.example.com"})) is DEFAULT
    assert DEFAULT.name == "magento"


def test_a_folder_is_for_the_system_that_it_names(tmp_path: Path) -> None:
    for name, system in SYSTEMS.items():
        assert system_of(folder(tmp_path, {"system": name})) is system


def test_an_unknown_system_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"config\.json: 'system' is \"magneto\", .*; did you mean 'magento'\?"):
        system_of(folder(tmp_path, {"system": "magneto"}))
    with pytest.raises(FolderError, match=r"'system' is 7, which is not a system known here; the known ones are mag"):
        system_of(folder(tmp_path, {"system": 7}))


@pytest.mark.parametrize("path", sorted(Path(job.systems.__file__).parent.glob("*.py")), ids=lambda path: path.stem)
def test_what_a_declaration_imports_later_is_there(path: Path) -> None:
    for name in re.findall(r'later\("([^"]+)"\)', path.read_text(encoding="utf-8")):
        assert callable(resolve_name(name)), name


@pytest.mark.parametrize("declared", SYSTEMS.values(), ids=SYSTEMS)
def test_a_declaration_agrees_with_itself(declared: System) -> None:
    assert {part for parts in declared.works.values() for part in parts} == set(declared.parts)
    assert set(declared.work_titles) == set(declared.works)
    assert declared.streams_of(declared.parts) <= set(declared.streams())
    asked = {declared.question.listing, declared.question.answers} if declared.question else set()
    assert {declared.rescanned, *declared.listings} | asked <= set(declared.streams())
    assert all(rule.work in declared.works for size in declared.sizes for rule in declared.rules(size, {}))


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_all_that_a_run_starts_starts_warm_in_the_tests(system: System) -> None:
    started = {system.tap, system.flow, system.target.program}
    if (way := system.outward) is not None:
        started |= {way.tap, way.flow, way.target, *([way.echo.target] if way.echo else [])}
    assert started - PROGRAMS.keys() == set()
