"""What all four commands share: `--help` with an example, `--version`, `--about`, exit codes, colours, verbosity."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from connector.singer.settings import json_schema
from etl.magento.flags import FlowConfig
from etl.mapper import main as optiply_etl
from job.cli import main as optiply_sync
from job.run.history import run_folders
from job.settings.schemas import config_schema, target_schema
from sandbox.systems import Sandbox
from tap_magento.config import OWN_KEYS
from tap_magento.tap import TapMagento
from target_optiply.settings import SETTINGS
from target_optiply.target import TargetOptiply
from tests.job.folders import report, write_runs
from tests.job.shop_folder import make_folder

PROGRAMS: Mapping[str, click.Command] = {
    "tap-magento": TapMagento.get_singer_command(),
    "optiply-etl": optiply_etl,
    "target-optiply": TargetOptiply.get_singer_command(),
    "optiply-sync": optiply_sync,
}
DOCUMENTED = (Path(__file__).resolve().parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
COLOUR = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7])[;m]")


def settings_of(program: str) -> set[str]:
    """Every setting that the program knows."""
    if program == "optiply-sync":
        files = {"config.json": config_schema(), "target-config.json": target_schema()}
        return {f"{file}: {name}" for file, schema in files.items() for name in schema["properties"]}
    own = {"tap-magento": OWN_KEYS, "optiply-etl": set(FlowConfig.model_fields)}
    return set(own.get(program) or json_schema(SETTINGS)["properties"])


def type_in(program: str, *arguments: str, **variables: str) -> Result:
    """What the program does with these arguments; its input is empty."""
    return CliRunner(env=variables).invoke(PROGRAMS[program], list(arguments), input="", prog_name=program)


def every_command(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    for part, inner in sorted(command.commands.items()) if isinstance(command, click.Group) else ():
        yield from every_command(f"{name} {part}", inner)


ALL = dict(pair for name, command in PROGRAMS.items() for pair in every_command(name, command))


@pytest.mark.parametrize("name", ALL)
def test_help_has_an_example_on_one_line_that_begins_with_a_program(name: str) -> None:
    shown = CliRunner().invoke(ALL[name], ["--help"], prog_name=name, terminal_width=200, max_content_width=200)
    assert shown.exit_code == 0
    (example,) = re.findall(r"^  Example: (.+)$", shown.output, re.MULTILINE)
    program, *arguments = example.split()
    assert program in PROGRAMS
    if program == "optiply-sync":
        assert " ".join([program, *arguments]).startswith(name)
        assert f"`{example}`" in DOCUMENTED or isinstance(ALL[name], click.Group)
    named = {word for word in arguments if word.startswith("--")}
    options = {option for command in ALL.values() for parameter in command.params for option in parameter.opts}
    assert named <= options, "the example names an option that is not there"


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_and_docs_tell_the_exit_codes(program: str) -> None:
    shown = type_in(program, "--help").output
    assert re.search(r"Exit codes:\s+0\s.+\s1\s.+\s2\s+wrong\s+command\s+line", shown, re.DOTALL)
    (heads,) = re.findall(r"^\| code \|.*$", DOCUMENTED, re.MULTILINE)
    assert f"`{program}`" in heads


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_version_is_that_of_the_distribution(program: str) -> None:
    shown = type_in(program, "--version")
    assert shown.exit_code == 0
    assert shown.output.startswith(program)
    assert version("magento-optiply") in shown.output


@pytest.mark.parametrize("program", PROGRAMS)
def test_about_is_complete_in_all_its_forms(program: str) -> None:
    plain, page, data = (type_in(program, "--about", *form) for form in ([], ["--format", "markdown"],
                                                                        ["--format", "json"]))  # fmt: skip
    assert [shown.exit_code for shown in (plain, page, data)] == [0, 0, 0]
    about: dict[str, Any] = json.loads(data.stdout)
    assert about["name"] == program
    assert about["description"]
    assert about["version"] == version("magento-optiply")
    assert {"3.10", "3.13"} <= set(about["supported_python_versions"])
    assert "about" in about["capabilities"]
    told = about["settings"]["properties"]
    assert settings_of(program) <= set(told)
    assert [name for name in settings_of(program) if not told[name].get("description")] == []
    for name in settings_of(program):
        assert name in plain.stdout
        assert f"| {name} |" in page.stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_wrong_command_line_ends_with_2_and_names_the_option(program: str) -> None:
    wrong = type_in(program, "--colour")
    assert wrong.exit_code == 2
    assert "--colour" in wrong.output


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("tap-magento", ["--config", "wrong.json"]),
        ("optiply-etl", ["--config", "wrong.json"]),
        ("target-optiply", ["--config", "wrong.json"]),
        ("optiply-sync", ["run", "nowhere"]),
        ("optiply-sync", ["doctor", "nowhere"]),
    ],
)
def test_a_configuration_that_cannot_be_used_ends_with_1_and_one_sentence(
    tmp_path: Path, program: str, arguments: list[str]
) -> None:
    (tmp_path / "wrong.json").write_text('{"max_concurrency": "many", "use_salable_quantity": "perhaps"}')
    modules = {"tap-magento": "tap_magento", "optiply-etl": "etl.mapper", "target-optiply": "target_optiply"}
    done = python(modules.get(program, "job"), *arguments, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    wrong = {"optiply-etl": "use_salable_quantity", "optiply-sync": "nowhere"}.get(program, "max_concurrency")
    assert wrong in (done.stderr + done.stdout).splitlines()[-1] or program == "optiply-sync"
    assert wrong in done.stderr + done.stdout


def python(module: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=cwd, env={**os.environ, "OPTIPLY_SYNC_LOCK_FD": ""},
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=240, check=False,
    )  # fmt: skip


def test_without_a_command_the_help_is_shown_and_the_exit_code_is_2() -> None:
    shown = type_in("optiply-sync")
    assert shown.exit_code == 2
    assert "Commands:" in shown.output


def test_colours_are_left_out_where_no_color_is_set(tmp_path: Path, sandbox: Sandbox) -> None:
    job = make_folder(tmp_path, sandbox)
    write_runs(job.runs, [report("first"), None])
    coloured = type_in("optiply-sync", "status", str(job.root), FORCE_COLOR="1", TERM="xterm-256color")
    plain = type_in("optiply-sync", "status", str(job.root), FORCE_COLOR="1", TERM="xterm-256color", NO_COLOR="1")
    assert (coloured.exit_code, plain.exit_code) == (0, 0)
    assert COLOUR.search(coloured.output)
    assert not COLOUR.search(plain.output)


def test_a_verbose_run_shows_the_programs_own_lines_and_an_ordinary_one_keeps_them_in_its_log(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    job = make_folder(tmp_path / "acme", sandbox)
    verbose = python("job", "run", str(job.root), "--verbose", cwd=tmp_path)
    assert verbose.returncode == 0, verbose.stderr
    for program in ("tap-magento", "target-optiply"):
        assert program in verbose.stderr
    plain = python("job", "run", str(job.root), cwd=tmp_path)
    assert plain.returncode == 0, plain.stderr
    assert "tap-magento" not in plain.stderr
    assert plain.stdout.splitlines()[-1].startswith("Nothing to do: 0 writes")
    newest = run_folders(job.runs)[-1]
    assert "tap-magento" in (newest / "tap.log").read_text(encoding="utf-8")
