"""A spoilt answer ends no program in a traceback, and costs no other stream a record: a short form of `make fuzz`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sandbox.systems import Sandbox
from tests.fuzz.programs import PROGRAMS, SPOILERS, Spoiler, account_of, tried, write

SHORT = settings(
    max_examples=8, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module", params=PROGRAMS)
def account(request: pytest.FixtureRequest) -> Iterator[tuple[str, Sandbox]]:
    with account_of(request.param) as sandbox:
        yield request.param, sandbox


def test_a_spoilt_answer_costs_a_tap_at_most_its_stream(account: tuple[str, Sandbox], tmp_path: Path) -> None:
    name, sandbox = account
    whole = tried(sandbox, name, None, tmp_path)

    @SHORT
    @given(SPOILERS)
    def trial(spoiler: Spoiler) -> None:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            assert tried(sandbox, name, spoiler, Path(folder), whole) or spoiler.path

    trial()


def test_a_spoilt_answer_ends_no_target_in_a_traceback() -> None:
    with Sandbox(magento=False) as sandbox:

        @SHORT
        @given(SPOILERS)
        def trial(spoiler: Spoiler) -> None:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                assert write(sandbox, spoiler, Path(folder)) in (0, 1)

        trial()
