"""The wheel, installed as pipx would into an empty environment, brings the four commands and nothing of the tests."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from sandbox.optiply.picture import picture
from sandbox.systems import Sandbox
from tests.ecosystem.venvs import ROOT, bare_environment, pip
from tests.oracle import jobs

pytestmark = [pytest.mark.ecosystem, pytest.mark.timeout(1200)]

COMMANDS = ("tap-magento", "optiply-etl", "target-optiply", "optiply-sync")
PLUGINS = COMMANDS[:3]
PACKAGES = (
    "connector",
    "vocabulary",
    "store",
    "delivery",
    "inventory",
    "magento_api",
    "optiply_api",
    "tap_magento",
    "tap_picqer",
    "easyecom_api",
    "tap_easyecom",
    "tap_optiply",
    "etl",
    "target_magento",
    "target_picqer",
    "target_easyecom",
    "target_optiply",
    "job",
    "fleet",
    "sandbox",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*command, "--wheel-dir", str(folder), str(ROOT)], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that holds the wheel and its pinned dependencies alone."""
    place = tmp_path_factory.mktemp("empty") / "venv"
    venv.create(place, with_pip=True)
    pip(place, "--constraint", str(ROOT / "requirements.txt"), str(wheel))
    return place / "bin"


def call(installed: Path, command: str, *arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [str(installed / command), *arguments],
        cwd=cwd,
        env=bare_environment(PATH=os.pathsep.join([str(installed), "/usr/bin", "/bin"])),
        capture_output=True,
        text=True,
        timeout=jobs.PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{command} {arguments}: {done.stderr[-2000:]}"
    return done.stdout


def option(name: str) -> str:
    return "--" + name.replace("_", "-")


def test_the_wheel_holds_the_packages_their_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        table = archive.read("etl/field_maps/magento.csv")
    assert table == (ROOT / "configs" / "field_maps" / "magento.csv").read_bytes()
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    in_checkout = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not any(part.startswith(".") for part in path.parts)
    }
    assert in_checkout <= set(names)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_tells_its_version_and_how_it_is_used(installed: Path, tmp_path: Path, command: str) -> None:
    assert "0.1.0" in call(installed, command, "--version", cwd=tmp_path)
    assert "Usage:" in call(installed, command, "--help", cwd=tmp_path)


@pytest.mark.parametrize("command", PLUGINS)
def test_about_names_every_setting_with_a_description(installed: Path, tmp_path: Path, command: str) -> None:
    about = json.loads(call(installed, command, "--about", "--format", "json", cwd=tmp_path))
    assert (about["name"], about["version"]) == (command, "0.1.0")
    assert about["description"]
    assert about["capabilities"]
    assert len(about["settings"]["properties"]) > 10
    for name, setting in about["settings"]["properties"].items():
        # What the SDK adds for every plugin has its own words.
        assert setting.get("description"), f"{command}: {name}"


def test_a_job_folder_is_made_and_run_by_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    with Sandbox(products=10, orders=5) as sandbox:
        folder = tmp_path / "job"
        shop = ["--store-url", sandbox.magento_url, "--access-token", jobs.MAGENTO_TOKEN, "--start-date", "2025-01-01"]
        optiply = ["--api-url", sandbox.optiply_url, "--auth-url", sandbox.auth_url]
        login = [part for name, value in jobs.TARGET_SECRETS.items() for part in (option(name), str(value))]
        call(installed, "optiply-sync", "init", str(folder), *shop, *optiply, *login, cwd=tmp_path)
        report = json.loads(call(installed, "optiply-sync", "run", str(folder), "--json", cwd=tmp_path))
        assert report["exit_code"] == 0
        assert report["entities"]["products"]["created"] == len(picture(sandbox.optiply)["products"]) > 0


def test_the_demo_runs_from_the_wheel_with_the_sandbox_extra(wheel: Path, installed: Path, tmp_path: Path) -> None:
    pip(installed.parent, "--constraint", str(ROOT / "requirements.txt"), f"{wheel}[sandbox]")
    report = json.loads(call(installed, "optiply-sync", "demo", "--folder", "demo", "--json", cwd=tmp_path))
    assert report["exit_code"] == 0
    assert report["entities"]["products"]["created"] > 0
