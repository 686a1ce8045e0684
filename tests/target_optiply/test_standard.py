"""The SDK's own suite for targets."""

from pathlib import Path

import pytest
from singer_sdk.testing import get_target_test_class

from target_optiply.target import TargetOptiply

StandardTests = get_target_test_class(
    TargetOptiply,
    config={
        "api_url": "http://127.0.0.1:9/v1",
        "auth_url": "http://127.0.0.1:9/api",
        "account_id": 1380,
        "access_token": "none is needed, as none of the suite's streams is a resource of Optiply",
    },
)


class TestTargetOptiply(StandardTests):  # type: ignore[misc, valid-type]
    """Runs in a folder of its own, where the results file goes."""

    @pytest.fixture(autouse=True)
    def _in_an_empty_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
