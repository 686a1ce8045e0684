"""The catalogue that the job makes without a tap is the one that the tap discovers, to the letter."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connector.singer.catalog import catalog_of, names_of
from connector.singer.tap import SourceTap
from job.systems import SYSTEMS
from job.systems.reads import select_read
from sandbox.systems import Sandbox
from tap_easyecom.tap import TapEasyecom
from tap_magento.tap import TapMagento
from tap_picqer.tap import TapPicqer
from tests.job.shop_folder import make_folder

TAPS: dict[str, type[SourceTap]] = {"magento": TapMagento, "picqer": TapPicqer, "easyecom": TapEasyecom}
UNUSED = ("singer_sdk", "requests", "jsonschema", "pandas", "tap_magento.tap", "sqlalchemy.dialects.postgresql")
SWITCH = "use_inventory_source_items"
SWITCHED = ({}, *({SWITCH: value} for value in (True, False, None, "", "true", " No ", "maybe", 0, 1)))


def discovered(tap: type[SourceTap], config: dict[str, Any]) -> Any:
    """What `--discover` prints, read again."""
    return json.loads(tap(config=config, validate_config=False).catalog_json_text)


@pytest.mark.parametrize("config", SWITCHED, ids=str)
@pytest.mark.parametrize("name", TAPS)
def test_it_is_what_the_tap_discovers(name: str, config: dict[str, Any]) -> None:
    theirs = discovered(TAPS[name], config)
    assert json.dumps(catalog_of(f"tap_{name}", config)) == json.dumps(theirs)
    shapes = SYSTEMS[name].reads
    selected = select_read(theirs, shapes() if shapes else {})
    assert json.dumps(SYSTEMS[name].catalog(config)) == json.dumps(selected)


@pytest.mark.parametrize("name", TAPS)
def test_its_table_lists_the_streams_in_the_order_in_which_they_are_read(name: str) -> None:
    assert names_of(f"tap_{name}") == [vars(stream)["name"] for stream in TAPS[name].declared]


def test_a_run_loads_neither_the_sdk_nor_what_sends_requests_nor_pandas(tmp_path: Path, sandbox: Sandbox) -> None:
    """Only the programs that it starts need those, and they are processes of their own."""
    folder = make_folder(tmp_path / "job", sandbox)
    code = (
        "import sys\n"
        "from job.cli import main\n"
        "try:\n"
        "    main(['run', sys.argv[1], '--quiet'])\n"
        "finally:\n"
        f"    print(*(name for name in {UNUSED} if name in sys.modules))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, folder.root], capture_output=True, text=True, check=True)
    said, loaded = ran.stdout.splitlines()
    assert "created" in said
    assert loaded == ""
