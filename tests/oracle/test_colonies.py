"""Thousands of random shops, some days each, every pair of flag values: the ETL ends as the oracle says.

`pytest tests/oracle/test_colonies.py --shops 5000 --seed 7` runs more of them, or others (`make oracle`).
"""

import json
import shutil
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.oracle.colonies import KINDS, Colony, Day, narrowed
from tests.oracle.etl_days import EtlDays
from tests.oracle.flow import FULL_TABLE_STREAMS, Flow
from tests.oracle.pairs import flows

FLOWS = flows()
SHOPS = 100  # in one colony: a run costs little more for many shops than for one
DAYS = 3
# A colony is drawn as a whole. When it differs, it is narrowed to the shop at fault, which says more than shrinking.
DRAWN = {
    "deadline": None,
    "database": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


def rounds(wanted: int, of_one: int) -> int:
    """How many rounds bring at least as many as are wanted."""
    return -(-wanted // of_one)


@st.composite
def later_days(draw: st.DrawFn, first: Flow) -> list[Day]:
    """What happens after the first day: now and then a person changes the flags."""
    days = [Day(first)]
    for _ in range(draw(st.integers(1, DAYS + 1))):
        flow = draw(st.sampled_from([days[-1].flow, days[-1].flow, *FLOWS]))
        kind = draw(st.sampled_from(["everything", *KINDS]))
        cut = draw(st.frozensets(st.sampled_from(FULL_TABLE_STREAMS), max_size=1))
        days.append(Day(flow, kind, cut, draw(st.sampled_from([24, 24, 1, 72]))))
    return days


def test_every_pair_of_flag_values_stands_in_the_flows() -> None:
    flags = {name for flow in FLOWS for name in flow.settings()}
    assert len(FLOWS) <= 25, "the pairs need few flows"
    assert flags == set(Flow.__dataclass_fields__), "a flag without another value than its default is no pair"


@pytest.mark.parametrize("number", range(len(FLOWS)))
def test_shops_end_as_the_oracle_says_with_every_pair_of_flags(
    tmp_path: Path, number: int, shops: int, first_seed: int
) -> None:
    """The same flags on every day, and on every second day one table that is not read to its end."""
    for turn in range(first_seed, first_seed + rounds(shops, 2 * SHOPS * len(FLOWS))):
        cuts = [FULL_TABLE_STREAMS[(number + turn + day) % len(FULL_TABLE_STREAMS)] for day in range(DAYS)]
        days = [Day(FLOWS[number], cut=frozenset(cuts[day : day + day % 2])) for day in range(DAYS)]
        assert not narrowed(tmp_path / str(turn), turn * 100 + number, range(1, SHOPS + 1), days)
        shutil.rmtree(tmp_path / str(turn))


def test_shops_end_as_the_oracle_says_whatever_is_read_and_changed_from_day_to_day(
    tmp_path: Path, shops: int, first_seed: int
) -> None:
    """Any order of partial readings, any hours between them, and flags that change."""
    turn = count()

    @seed(first_seed)
    @settings(max_examples=rounds(shops, 4 * SHOPS), **DRAWN)
    @given(flow=st.sampled_from(FLOWS), data=st.data(), drawn=st.integers(0, 2**32))
    def live(flow: Flow, data: st.DataObject, drawn: int) -> None:
        folder = tmp_path / str(next(turn))
        assert not narrowed(folder, drawn, range(1, SHOPS + 1), data.draw(later_days(flow)))
        shutil.rmtree(folder)

    live()


def test_products_read_while_they_were_not_synced_are_made_up_for(tmp_path: Path) -> None:
    apart = Flow(not_sync_entities=("products",))
    days = [Day(Flow()), Day(apart, kind="products alone"), Day(Flow(), kind="stock alone")]
    assert not narrowed(tmp_path / "job", 286, range(1, 41), days)


@pytest.mark.parametrize("number", [number for number, flow in enumerate(FLOWS) if flow.syncs("products")][::5])
def test_the_order_of_the_input_lines_does_not_matter(tmp_path: Path, number: int, first_seed: int) -> None:
    """Streams and records in any order: byte for byte the same output, on the first day and on the second."""
    colony = Colony(first_seed + number, range(1, 11))
    etl = EtlDays(tmp_path / "job", FLOWS[number])
    for day in (Day(FLOWS[number]), Day(FLOWS[number])):
        reading = colony.reading(day)
        written = []
        for order in range(3):
            copy = tmp_path / f"{colony.runs}-{order}"
            shutil.copytree(etl.folder, copy)
            here = EtlDays.__new__(EtlDays)
            here.__dict__.update(etl.__dict__, folder=copy)
            written.append(json.dumps(here.offer(reading, shuffle=Random(order))))
        assert written[1:] == written[:1] * 2
        assert '"RECORD"' in written[0]
        etl.day(reading)
