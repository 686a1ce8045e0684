"""The Singer SDK as the programs load it: without what none of them uses, and with it all the same when it is asked."""

import subprocess
import sys

import pytest

from connector.singer.sdk import _loaded_when_called

UNUSED = ("joblib", "numpy", "fsspec", "upath", "pandas", "backoff", "jsonpath_ng")


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


def test_an_http_stream_of_the_sdks_own_kind_still_finds_its_records_and_its_waits() -> None:
    code = (
        "import connector.singer.sdk, sys\n"
        "from singer_sdk.helpers.jsonpath import extract_jsonpath\n"
        "found = list(extract_jsonpath('$.items[*]', {'items': [1, 2]}))\n"
        "from singer_sdk.streams import rest\n"
        "waits = rest.backoff.expo(factor=2)\n"
        "print(found, [next(waits), next(waits), next(waits)][1:], 'backoff' in sys.modules)"
    )
    assert said(code) == "[1, 2] [2, 4] True"


def test_what_is_loaded_later_knows_what_it_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "fractions", raising=False)
    with _loaded_when_called("fractions"):
        from fractions import Fraction
    made = Fraction(1, 2)
    assert isinstance(made, Fraction)
    assert not isinstance(0.5, Fraction)


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
