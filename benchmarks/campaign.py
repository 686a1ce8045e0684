"""A seeded campaign against the target: kills, lost answers, bursts of errors, ended tokens, lost and old snapshots.

Each run loads a small shop in two steps, every step disturbed several times and then repeated undisturbed; at its end
Optiply must hold exactly what undisturbed runs leave: nothing doubled, nothing lost, nothing wrong. A run is told by
its seed alone: `python benchmarks/campaign.py --seed 7 --runs 1` repeats run 7. With `--database` the stores lie in a
PostgreSQL of the campaign's own, which at times closes every connection.
"""

from __future__ import annotations

import copy
import io
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.systems import Sandbox

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.campaign_stores import Database, Stores
from benchmarks.seeds import LOGIN, difference, name_of, picture, run_each, seeds_parser
from sandbox.postgres import postgres

WAIT = 1.5  # seconds before an unanswered create is looked up; longer than any fault below lets the server work
SETTINGS = {
    **LOGIN,
    "unanswered_wait": WAIT,
    "retry_wait": 0.005,
    "retry_time": 20,
    "request_timeout": 0.4,
}
LOST = (
    {"cut": "after"},
    {"cut": "before"},
    {"cut": "during"},
    {"status": 500, "acts": True},
    {"status": 504, "acts": True},
    {"status": 503},
    {"status": 200, "body": "html", "acts": True},
    {"act_after_cut": 0.05},
    {"delay": 0.5},  # longer than the target waits, and then the server acts
)
BURSTS = (
    {"status": 429, "headers": {"Retry-After": "0"}},
    {"status": 502},
    {"status": 503},
    {"status": 401, "body": '{"error":"invalid_token"}'},
)
Message = dict[str, Any]


def stream(name: str, records: list[Message]) -> list[Message]:
    """SCHEMA and RECORD messages."""
    schema = {"properties": {"remoteId": {"type": "string"}}}
    head = {"type": "SCHEMA", "stream": name, "schema": schema, "key_properties": ["remoteId"]}
    return [head, *({"type": "RECORD", "stream": name, "record": record} for record in records)]


class Shop:
    """What is to be in Optiply after each of two steps."""

    def __init__(self, dice: random.Random) -> None:
        """Draws a shop."""
        self.dice = dice
        self.products = {str(number): self._product(number) for number in range(1, dice.randint(6, 30))}
        self.orders = {str(number): self._order(number) for number in range(1, dice.randint(4, 30))}
        parts = dice.sample(sorted(self.products), 4)
        self.compositions = {f"{parts[0]}-{part}": self._part(parts[0], part) for part in parts[1:]}
        self.removed: list[tuple[str, str]] = []
        self.purchases = dice.randint(1, 3)

    def _product(self, number: int) -> Message:
        return {
            "remoteId": str(number),
            "name": f"Product {number}",
            "skuCode": f"SKU-{number}",
            "price": self.dice.randint(100, 9999) / 100,
            "stockLevel": self.dice.randint(-5, 90),
            "unlimitedStock": False,
            "status": "enabled",
        }

    def _order(self, number: int) -> Message:
        # Several orders share a second and a value: only the remote id tells them apart.
        chosen = self.dice.sample(sorted(self.products), self.dice.randint(1, 3))
        lines = [{"productRemoteId": one, "quantity": 1, "subtotalValue": 10} for one in sorted(chosen)]
        placed = f"2026-01-14T10:00:{number % 7:02}Z"
        return {"remoteId": str(number), "placed": placed, "totalValue": 10 * len(lines), "orderLines": lines}

    def _part(self, parent: str, part: str) -> Message:
        return {
            "remoteId": f"{parent}-{part}",
            "composedProductRemoteId": parent,
            "partProductRemoteId": part,
            "partQuantity": self.dice.randint(1, 4),
        }

    def _purchasing(self) -> dict[str, list[Message]]:
        """Suppliers, their offers and orders, and promotions: where Optiply shows no remote id, natural keys differ."""
        streams: dict[str, list[Message]] = {}
        for number in range(1, self.purchases + 1):
            one, name, day = str(number), f"P{number}", f"2026-01-{number:02}T08:00:00Z"
            line = {"productRemoteId": one, "quantity": number, "subtotalValue": 2 * number}
            records: dict[str, Message] = {
                "suppliers": {"name": f"Supplier {number}", "deliveryTime": number},
                "supplierProducts": {"name": "Offer", "productRemoteId": one, "supplierRemoteId": name, "lotSize": 2},
                "sellOrderLines": {**line, "sellOrderRemoteId": "1", "quantity": 50 + number},
                "buyOrders": {"placed": day, "totalValue": number, "supplierRemoteId": name, "completed": None},
                "buyOrderLines": {**line, "buyOrderRemoteId": name},
                "receiptLines": {"buyOrderLineRemoteId": name, "occurred": day, "quantity": number},
                "promotions": {"name": f"Promotion {number}", "startDate": day, "endDate": "2026-03-01T00:00:00Z"},
                "promotionProducts": {"promotionRemoteId": name, "productRemoteId": one},
            }
            for stream_name, record in records.items():
                streams.setdefault(stream_name, []).append({"remoteId": name, **record})
        return streams

    def as_it_was_for_a_moment(self) -> list[Message]:
        """The shop with other stocks and without a part of a product, all of which is taken back later."""
        moment = copy.deepcopy(self)
        for product in moment.products.values():
            if self.dice.random() < 0.3:
                product["stockLevel"] += 1000
        moment.removed = [*self.removed, ("productCompositions", self.dice.choice(sorted(self.compositions)))]
        return moment.messages()

    def next_step(self) -> None:
        """Changes prices and stock, removes a few records and adds some."""
        for remote_id in self.dice.sample(sorted(self.products), 3):
            self.products[remote_id] |= {"stockLevel": self.dice.randint(100, 200), "price": None}
        gone = self.dice.choice(sorted(self.products))
        for number in range(100, 100 + self.dice.randint(1, 5)):
            self.products[str(number)] = self._product(number)
            self.orders[str(number)] = self._order(number)
        self.purchases += 1
        self.products[gone] |= {"deleted_at": "2026-01-15T09:00:00Z", "status": "disabled"}
        self.removed = [("productCompositions", self.dice.choice(sorted(self.compositions)))]

    def messages(self) -> list[Message]:
        """The whole shop as Singer messages."""
        compositions = {**self.compositions}
        for _, remote_id in self.removed:
            compositions[remote_id] = compositions[remote_id] | {"deleted_at": "2026-01-15T09:00:00Z"}
        return [
            *stream("products", list(self.products.values())),
            *stream("productCompositions", list(compositions.values())),
            *stream("sellOrders", list(self.orders.values())),
            *(message for name, records in self._purchasing().items() for message in stream(name, records)),
            {"type": "STATE", "value": {"bookmarks": {"orders": len(self.orders)}}},
        ]


def load(config: Message, messages: list[Message], folder: str) -> None:
    """Runs the target in this process, which was made for it; ends with its exit code."""
    os.chdir(folder)
    import logging

    logging.disable(logging.CRITICAL)
    from store.errors import SnapshotError
    from target_optiply.target import TargetOptiply

    sys.stdout = open("state.jsonl", "a")  # noqa: SIM115 - the process ends with it
    target = TargetOptiply(config=config)
    try:
        code = target.run(io.StringIO("".join(json.dumps(message) + "\n" for message in messages)))
    except SnapshotError:  # as the program itself ends, with a sentence
        code = 1
    sys.stdout.flush()
    os._exit(code)


class Campaign:
    """Runs scenarios and says what was wrong with them."""

    def __init__(self, stores: Stores) -> None:
        """Starts a process that has the target loaded and forks quickly. `stores` says where the stores lie."""
        self.stores = stores
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["target_optiply.target"])
        self.events: Counter[str] = Counter()

    def scenario(self, seed: int) -> str | None:
        """None when all is well, else what differs."""
        from sandbox.systems import Sandbox  # not above: each forked child would import it

        dice = random.Random(seed)
        with tempfile.TemporaryDirectory(prefix="campaign-") as name, Sandbox(magento=False) as disturbed:
            shop, folder = Shop(dice), Path(name)
            config = SETTINGS | {"max_concurrency": dice.choice((1, 3, 8)), "coupling_id": dice.choice((77, None))}
            with Sandbox(magento=False) as calm:
                for step in (1, 2):
                    if step == 2:
                        shop.next_step()
                    self._attempt(calm, config, shop.messages(), folder / "calm")
                    wrong = self._disturbed_step(disturbed, config, shop, folder / "disturbed", dice)
                    wrong = wrong or difference(picture(calm), picture(disturbed))
                    if wrong is not None:
                        return f"step {step}: {wrong}\n{_doubles(disturbed)}"
        return None

    def _disturbed_step(
        self, sandbox: Sandbox, config: Message, shop: Shop, folder: Path, dice: random.Random
    ) -> str | None:
        in_a_moment = dice.random() < 0.5
        for attempt in range(dice.randint(1, 3)):
            # What an older snapshot folder does not know was changed for a moment, it cannot know is to be taken back.
            taken_back = in_a_moment and not attempt
            if not in_a_moment:
                self._forget(folder, dice)
            self.events["values taken back later"] += taken_back
            self._arm(sandbox, dice)
            messages = shop.as_it_was_for_a_moment() if taken_back else self._some_of(shop.messages(), dice)
            self._attempt(sandbox, config, messages, folder, dice)
            sandbox.faults_optiply.clear()
            if dice.random() < 0.3:
                sandbox.clock.advance(1)
                self.events["a day passed"] += 1
        process = self._attempt(sandbox, config, shop.messages(), folder)
        if process.exitcode != 0:
            return f"the undisturbed run ended with {process.exitcode}"
        failed = json.loads((folder / "target-state.json").read_text())["summary"]
        failures = {name: counts["fail"] for name, counts in failed.items() if counts["fail"]}
        return f"the undisturbed run left failures: {failures}" if failures else None

    def _some_of(self, messages: list[Message], dice: random.Random) -> list[Message]:
        """All messages, or what an incremental run would offer: some records of each stream, and no STATE."""
        if dice.random() < 0.7:
            return messages
        self.events["partial input"] += 1
        return [message for message in messages if message["type"] == "SCHEMA" or dice.random() < 0.4]

    def _arm(self, sandbox: Sandbox, dice: random.Random) -> None:
        rules = []
        for _ in range(dice.randint(0, 4)):
            nth = sorted(dice.sample(range(1, 40), dice.randint(1, 4)))
            rules.append({"method": "POST", "path": "/v1/", "nth": nth, **dice.choice(LOST)})
        if dice.random() < 0.3:
            nth = sorted(dice.sample(range(1, 12), 3))
            rules.append(
                {"method": dice.choice(("PATCH", "DELETE")), "path": "/v1/", "nth": nth, **dice.choice(LOST[:6])}
            )
        for _ in range(dice.randint(0, 2)):
            first = dice.randint(1, 40)
            rules.append({"path": "/v1/", "nth": list(range(first, first + dice.randint(1, 6))), **dice.choice(BURSTS)})
        if dice.random() < 0.2:
            rules.append({"path": "oauth/token", "nth": 1, "status": 503})
        if dice.random() < 0.2:
            sandbox.tokens.expire_all()
            self.events["tokens ended"] += 1
        sandbox.faults_optiply.add(*rules)
        self.events.update(next(iter(set(rule) & {"cut", "status", "act_after_cut", "delay"})) for rule in rules)

    def _attempt(
        self,
        sandbox: Sandbox,
        config: Message,
        messages: list[Message],
        folder: Path,
        dice: random.Random | None = None,
    ) -> BaseProcess:
        """One run of the target; with dice it may be killed or asked to stop at some request."""
        folder.mkdir(parents=True, exist_ok=True)
        addresses = {"api_url": sandbox.optiply_url, "auth_url": sandbox.auth_url}
        config = config | addresses | self.stores.settings(folder)
        process = self.context.Process(target=load, args=(config, messages, str(folder)))
        before = len(sandbox.requests.entries)
        process.start()
        event = dice.choice(("kill", "kill", "term", "none", *self.stores.trouble)) if dice is not None else "none"
        if dice is not None and event != "none":
            self._interrupt(sandbox, process, before + dice.randint(1, 70), event, dice)
        process.join(60)
        if process.is_alive():
            process.kill()
            process.join()
            raise SystemExit(f"a run of the target in {folder} hung")
        return process

    def _interrupt(self, sandbox: Sandbox, process: BaseProcess, count: int, event: str, dice: random.Random) -> None:
        while process.is_alive() and len(sandbox.requests.entries) < count:
            time.sleep(0.001)
        if process.is_alive() and process.pid is not None:
            self.events[event] += 1
            if event in self.stores.trouble:
                self.stores.disturb()
                return
            os.kill(process.pid, signal.SIGKILL if event == "kill" else signal.SIGTERM)
            if event == "term" and dice.random() < 0.3:
                time.sleep(0.005)
                os.kill(process.pid, signal.SIGTERM)

    def _forget(self, folder: Path, dice: random.Random) -> None:
        """Sometimes brings an older snapshot back, or loses it; keeps a copy for later."""
        stores, older = self.stores, folder / "older"
        chance = dice.random()
        if chance < 0.1 and stores.exists(folder):
            self.events["snapshot lost"] += 1
            stores.lose(folder)
        elif chance < 0.25 and older.exists():
            self.events["older snapshot"] += 1
            stores.bring_back(folder, older)
        elif chance < 0.6 and stores.exists(folder):
            shutil.rmtree(older, ignore_errors=True)
            stores.copy(folder, older)


def _doubles(sandbox: Sandbox) -> str:
    """For each remote id that is there twice: its requests and the lists in between, in the order of acting."""
    lines = []
    for resource, rows in sandbox.optiply.dump().items():
        counted = Counter(name_of(row) for row in rows if row["remoteIdMap"])
        for doubled in (name for name, count in counted.items() if count > 1):
            trail = [
                f"{entry.method} {entry.status}{' by a fault' if entry.fault else ''}"
                for entry in sandbox.requests.select(path=f"/{resource}$")
                if entry.method == "GET" or (isinstance(entry.sent, dict) and entry.sent.get("remoteId") == doubled)
            ]
            lines.append(f"  {resource} {doubled}: {', '.join(trail)}")
    return "\n".join(lines)


def main() -> None:
    """Runs the campaign."""
    parser = seeds_parser(__doc__)
    parser.add_argument("--database", action="store_true", help="keep the stores in a PostgreSQL of its own")
    options = parser.parse_args()
    with ExitStack() as stack:
        stores = Database(stack.enter_context(postgres())) if options.database else Stores()
        campaign = Campaign(stores)
        run_each(options, campaign.scenario, campaign.events)


if __name__ == "__main__":
    main()
