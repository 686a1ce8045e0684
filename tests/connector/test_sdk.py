"""The Singer SDK as the programs load it: without what none of them uses, and with it all the same when it is asked."""

import subprocess
import sys

import pytest

from connector.singer.sdk import _loaded_when_called

UNUSED = ("joblib", "numpy", "fsspec", "upath", "pandas")


def said(code: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("program", ["tap_magento.tap", "tap_picqer.tap", "tap_optiply.tap", "target_picqer.target"])
def test_a_program_loads_no_library_that_it_does_not_use(program: str) -> None:
    code = f"import sys, {program}; print(*(name for name in {UNUSED} if name in sys.modules))"
    assert said(code) == ""


def test_what_the_sdk_imported_of_them_works_when_it_is_called() -> None:
    code = (
        "import connector.singer.sdk, sys\n"
        "from singer_sdk.helpers._batch import StorageTarget\n"
        "print(StorageTarget.split_url('file:///tmp/some/batch.jsonl')[1], 'upath' in sys.modules)"
    )
    assert said(code) == "batch.jsonl True"


def test_a_module_imported_meanwhile_is_loaded_at_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with _loaded_when_called("colorsys"):
        from colorsys import rgb_to_hsv
    assert "colorsys" not in sys.modules
    assert rgb_to_hsv(1, 1, 1) == (0.0, 0.0, 1)
    assert "colorsys" in sys.modules


def test_a_module_that_is_loaded_already_stays_what_it_is() -> None:
    import json

    with _loaded_when_called("json"):
        assert sys.modules["json"] is json
    assert sys.modules["json"] is json
