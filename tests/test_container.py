"""The container: what goes into it, who runs in it, and that no secret of the folder it is built in reaches it."""

import re

import pytest

from tests.container import ROOT, copied, let_through, listed, stages

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORE = (ROOT / ".dockerignore").read_text(encoding="utf-8")
BUILD, FINAL = stages(DOCKERFILE)
SOURCES = [source for sources, _ in copied(BUILD) for source in sources]


def test_both_stages_stand_on_one_slim_python_pinned_to_the_patch() -> None:
    assert BUILD.image == FINAL.image
    assert re.fullmatch(r"python:3\.1[0-4]\.\d+-slim-[a-z]+", FINAL.image)


def test_whoever_runs_it_is_not_root_and_signals_reach_the_program() -> None:
    order = [instruction for instruction, _ in FINAL.steps]
    assert FINAL.all("USER") == ["10001:10001"]
    assert order.index("USER") < order.index("ENTRYPOINT")
    assert "RUN" not in order[order.index("USER") :]
    assert [listed(text) for text in FINAL.all("ENTRYPOINT")] == [["optiply-sync"]]
    assert [listed(text) for text in FINAL.all("CMD")] == [["--help"]]


def test_the_final_stage_takes_the_installed_programs_alone() -> None:
    assert FINAL.all("COPY") == ["--from=build /opt/magento-optiply /opt/magento-optiply"]
    assert "pip install" not in " ".join(FINAL.all("RUN"))
    (install,) = BUILD.all("RUN")
    assert "--constraint requirements.txt '.[inventory,fleet]'" in install, "pinned, and with what listens and works"


def test_everything_that_is_copied_exists_and_passes_dockerignore() -> None:
    assert SOURCES
    for source in SOURCES:
        assert (ROOT / source).exists(), source
        assert let_through(source, IGNORE), source


def test_every_package_and_file_of_the_wheel_is_copied() -> None:
    project = pytest.importorskip("tomllib").loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = {"pyproject.toml", "requirements.txt", project["project"]["readme"]}
    assert {*wheel["packages"], *wheel["force-include"], *wanted} == set(SOURCES)


@pytest.mark.parametrize(
    "name",
    [
        ".git/config", ".env", ".demo/job/config.json", ".venv/bin/python", "acme/config.json", "config.json",
        "acme/target-config.json", "snapshots/optiply.sqlite", "target-state.json", "configs/example/config.json",
        "etl/__pycache__/run.pyc", "tests/conftest.py", "jobs/etl/config.json",
    ],
)  # fmt: skip
def test_nothing_else_reaches_the_builder(name: str) -> None:
    assert not let_through(name, IGNORE)


def test_no_secret_is_asked_for_or_written_down() -> None:
    named = [line for line in DOCKERFILE.splitlines() if line.startswith(("ARG", "ENV"))]
    assert named
    assert not re.search(r"token|password|secret|key", " ".join(named), re.IGNORECASE)
