"""No foreign bytes make a reader end in anything but a sentence: a short form of `make fuzz`."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.odd import odd
from tests.fuzz.readers import READERS
from tests.fuzz.trial import attempt

EXAMPLES = 25


@pytest.mark.parametrize("name", READERS)
def test_a_reader_refuses_what_it_cannot_read_in_a_sentence(name: str) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(odd(READERS[name].examples))
    def trial(content: bytes) -> None:
        attempt(READERS[name], content)

    trial()
