"""Random Picqer accounts, some days each, every pair of settings: the ETL ends as the oracle says.

`pytest tests/oracle/test_picqer_accounts.py --shops 5000 --first-seed 7` lives through more of them (`make oracle`).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from tests.oracle.picqer_days import KINDS, LISTS, PicqerDay, told
from tests.oracle.picqer_settings import PicqerSettings, all_pairs, pairs_in, settings_of_all_pairs

SETTINGS = settings_of_all_pairs()
RUNS = 4
FEW, MANY = 6, 20  # accounts in one colony: a run costs little more for many of them than for one
BY_DEFAULT = 2000  # shops that `make test` asks for: here it is one round of few


def size(wanted: int) -> tuple[int, int]:
    """How often all settings are lived through, and by how many accounts at once."""
    if wanted <= BY_DEFAULT:
        return 1, FEW
    return -(-wanted // (MANY * len(SETTINGS))), MANY


def test_every_pair_of_values_stands_in_the_settings() -> None:
    assert pairs_in(SETTINGS) == all_pairs()
    names = {name for one in SETTINGS for name in one.as_config()}
    assert names == set(PicqerSettings.__dataclass_fields__), "a setting without another value is no pair"


@pytest.mark.parametrize("number", range(len(SETTINGS)))
def test_accounts_end_as_the_oracle_says(tmp_path: Path, number: int, shops: int, first_seed: int) -> None:
    """First whole readings, then any: what is read, to which end, and how long after the run before."""
    rounds, accounts = size(shops)
    for turn in range(first_seed, first_seed + rounds):
        random = Random(f"{turn} {number} days")
        days = [PicqerDay()]
        for _ in range(RUNS - 1):
            kind = random.choice(["everything", "everything", *KINDS])
            cut = frozenset(random.sample(LISTS, random.randint(0, 1)))
            days.append(PicqerDay(kind, cut, random.choice([1, 6, 24, 24, 72])))
        folder = tmp_path / str(turn)
        assert not told(folder, turn * 100 + number, range(1, accounts + 1), SETTINGS[number], days)
        shutil.rmtree(folder)
