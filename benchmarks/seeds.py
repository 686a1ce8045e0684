"""Runs the scenarios of a campaign, seed by seed, and compares what they leave in Optiply with what calm runs leave."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from sandbox.systems import Sandbox

LOGIN = {
    "username": "sandbox",
    "password": "sandbox-password",
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
    "account_id": 1380,
}
EACH = 10  # runs between two lines of progress
SERVER_OWNED = ("id", "uuid", "productUuid", "createdAt", "updatedAt", "remoteIdMap")


def run_seeds(description: str | None, scenario: Callable[[int], str | None], events: Counter[str]) -> NoReturn:
    """Runs the scenarios that the command line asks for; see `run_each`."""
    run_each(seeds_parser(description).parse_args(), scenario, events)


def seeds_parser(description: str | None) -> argparse.ArgumentParser:
    """What the command line of every campaign takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seed", type=int, default=1, help="seed of the first run; each next run has the next one")
    parser.add_argument("--runs", type=int, default=500)
    return parser


def run_each(options: argparse.Namespace, scenario: Callable[[int], str | None], events: Counter[str]) -> NoReturn:
    """Runs the scenarios that were asked for, says what is wrong with each and counts them.

    A scenario gives None when all is well; `events` are what it counted of its disturbances. The exit code is 1 when
    any run was wrong. Now and then a line on stderr says how far it is.
    """
    began, wrong = time.monotonic(), 0
    for number, seed in enumerate(range(options.seed, options.seed + options.runs)):
        if number and not number % EACH:
            print(f"{number} of {options.runs} runs in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        complaint = scenario(seed)
        if complaint is not None:
            wrong += 1
            print(f"seed {seed}, {complaint}", flush=True)
    counts = ", ".join(f"{number} {event}" for event, number in events.most_common())
    print(f"{options.runs} runs in {time.monotonic() - began:.0f} s, {wrong} wrong; disturbances: {counts}")
    raise SystemExit(1 if wrong else 0)


def picture(sandbox: Sandbox, left_out: Mapping[str, Collection[str]] | None = None) -> dict[str, list[str]]:
    """What Optiply holds, a text per object: without what the server owns, with remote ids in place of its own.

    `left_out`: resource -> attributes that are not compared.
    """
    dump = sandbox.optiply.dump()
    names = {row["id"]: f"{resource} {name_of(row)}" for resource, rows in dump.items() for row in rows}
    result = {}
    for resource, rows in dump.items():
        ignored = {*SERVER_OWNED, *(left_out or {}).get(resource, ())}
        texts = []
        for row in rows:
            kept = {name: value for name, value in row.items() if name not in ignored}
            kept |= {name: names.get(row[name], "?") for name in kept if name.endswith("Id") and name != "accountId"}
            texts.append(json.dumps(kept | {"remoteId": name_of(row)}, sort_keys=True, default=str))
        result[resource] = sorted(texts)
    return result


def name_of(row: dict[str, Any]) -> str:
    """Under which remote ids Optiply knows an object."""
    return ",".join(sorted(row["remoteIdMap"].values()))


def difference(calm: dict[str, list[str]], disturbed: dict[str, list[str]]) -> str | None:
    """What a disturbed account lacks and has too much, beside a calm one; None when they hold the same."""
    for resource, wanted in calm.items():
        lost, extra = Counter(wanted), Counter(disturbed[resource])
        if lost != extra:
            lost, extra = lost - extra, extra - Counter(wanted)
            return f"{resource}: {lost.total()} lost {list(lost)[:2]}, {extra.total()} surplus {list(extra)[:2]}"
    return None
