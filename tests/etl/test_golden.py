"""Every golden case gives what it says; docs/rules.md is rendered from the same cases."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

_spec = importlib.util.spec_from_file_location("golden", Path(__file__).parent / "golden" / "golden.py")
assert _spec is not None
assert _spec.loader is not None
golden = importlib.util.module_from_spec(_spec)
sys.modules["golden"] = golden
_spec.loader.exec_module(golden)

CASES = list(golden.cases())


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[case["rule"] for _, case in CASES])
def test_golden_case(case: dict[str, Any], tmp_path: Path) -> None:
    days = golden.Days(tmp_path, case.get("config", {}))
    for number, day in enumerate(case["days"], start=1):
        result = days.told(day)
        for stream, wanted in day["optiply"].items():
            found = days.optiply.get(stream, {})
            assert sorted(found) == sorted(wanted), f"day {number}: {stream}"
            for remote_id, fields in wanted.items():
                shown = {name: found[remote_id].get(name) for name in fields}
                assert shown == fields, f"day {number}: {stream} {remote_id}"
        reasons = " ".join([*(item["reason"] for item in result.report["reasons"]), *result.report["notes"]])
        for text in day.get("reported", []):
            assert text in reasons, f"day {number}: the report does not say {text!r}"
    days.told({"magento": {}, "later": 0})
    if not days.config.force_patch_products:
        assert days.offered == [], "a second run without news has nothing to offer"


def test_the_rules_page_shows_every_case() -> None:
    page = golden.render()
    assert all(f"### {case['rule']}\n" in page for _, case in CASES)
