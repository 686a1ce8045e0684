"""An Optiply of a few dictionaries: applies what the ETL offers, the way the contract says a target does, and answers.

It insists on the laws while it applies: a known record is never created again, a PATCH carries only what differs,
an order is never changed, nothing refers to a product that is not there.
"""

import json
from pathlib import Path
from typing import Any

from tests.oracle.ledger import ACCEPTED, Answers, decimals

LOAD_ORDER = ("products", "productCompositions", "sellOrders")
ENVELOPE = {"remoteId", "id", "_changed", "deleted_at"}


class ModelOptiply:
    """Objects by stream and remote id. `force_patch`: a PATCH may carry what Optiply already has."""

    def __init__(self, *, force_patch: bool = False) -> None:
        self.force_patch = force_patch
        self.objects: dict[str, dict[str, dict[str, Any]]] = {stream: {} for stream in LOAD_ORDER}
        self.ids: dict[tuple[str, str], str] = {}
        self.given = 5000  # the last id; none is ever given twice, also after its object is gone
        self.log: list[dict[str, Any]] = []

    def load(self, messages: list[dict[str, Any]], answers: Answers = ACCEPTED) -> list[dict[str, Any]]:
        """Apply the RECORD messages in their order and return the outcomes: none where the answer is missing."""
        records = [message for message in messages if message["type"] == "RECORD"]
        streams = [LOAD_ORDER.index(message["stream"]) for message in records]
        assert streams == sorted(streams), "records leave the load order"
        seen: set[tuple[str, str]] = set()
        outcomes = []
        for message in records:
            key = (message["stream"], message["record"]["remoteId"])
            assert key not in seen, f"{key} is offered twice in one run"
            seen.add(key)
            outcomes.append(self._apply(message["stream"], message["record"], answers.get(key)))
        left = [outcome for outcome in outcomes if outcome["status"] != "missing"]
        self.log += left
        return left

    def _apply(self, stream: str, record: dict[str, Any], fails: str | None) -> dict[str, Any]:
        remote_id = record["remoteId"]
        values = {name: value for name, value in record.items() if name not in ENVELOPE}
        held = self.objects[stream].get(remote_id)
        assert record.get("id") == self.ids.get((stream, remote_id)), f"{stream} {remote_id}: not the id Optiply gave"
        if record.get("deleted_at") is not None:
            return self._remove(stream, remote_id, fails)
        action = "create" if held is None else "update"
        missing = self._missing_products(values)
        if missing and held is None:
            return _outcome(stream, remote_id, action, "waiting", reason=f"product {missing[0]} is not in Optiply")
        if fails:
            return _outcome(stream, remote_id, action, fails, id=record.get("id"), reason="the test says so")
        if held is None:
            self.given += 1
            self.ids[stream, remote_id] = str(self.given)
            self.objects[stream][remote_id] = values
        else:
            values = self._changes(stream, remote_id, held, values, record.get("_changed"))
            held.update(values)
        return _outcome(stream, remote_id, action, "accepted", id=self.ids[stream, remote_id], sent=values)

    def _changes(
        self, stream: str, remote_id: str, held: dict[str, Any], values: dict[str, Any], changed: list[str] | None
    ) -> dict[str, Any]:
        assert stream != "sellOrders", f"order {remote_id} is offered again after it was created"
        if changed is None:
            assert self.force_patch, f"{stream} {remote_id}: every attribute is offered to an object that has them"
            return values
        assert changed == sorted(changed)
        assert changed or self.force_patch, f"{stream} {remote_id}: offered with nothing changed"
        patch = {name: values[name] for name in changed}
        if not self.force_patch:
            same = [name for name in patch if name in held and decimals(patch[name]) == decimals(held[name])]
            assert not same, f"{stream} {remote_id}: {same} offered although Optiply has that value"
        return patch

    def _remove(self, stream: str, remote_id: str, fails: str | None) -> dict[str, Any]:
        assert remote_id in self.objects[stream], f"{stream} {remote_id}: removed although Optiply does not hold it"
        assert stream != "sellOrders", f"order {remote_id} is removed"
        held_id = self.ids[stream, remote_id]
        action = "disable" if stream == "products" else "delete"
        if fails:
            return _outcome(stream, remote_id, action, fails, id=held_id, reason="the test says so")
        if stream == "products":
            assert self.objects[stream][remote_id]["status"] != "disabled", f"product {remote_id} is disabled twice"
            self.objects[stream][remote_id]["status"] = "disabled"
            return _outcome(stream, remote_id, action, "accepted", id=held_id, sent={"status": "disabled"})
        del self.objects[stream][remote_id]
        del self.ids[stream, remote_id]
        return _outcome(stream, remote_id, action, "accepted", id=held_id)

    def _missing_products(self, values: dict[str, Any]) -> list[str]:
        references = [values.get("composedProductRemoteId"), values.get("partProductRemoteId")]
        references += [line["productRemoteId"] for line in values.get("orderLines", [])]
        return [one for one in references if one is not None and one not in self.objects["products"]]


def _outcome(stream: str, remote_id: str, action: str, status: str, **more: Any) -> dict[str, Any]:
    blank = {"id": None, "reason": None, "sent": None, "hash": None, "at": "2026-02-01T06:00:00Z"}
    named = {"stream": stream, "remoteId": remote_id, "event": "answered", "action": action, "status": status}
    return {**named, **blank, **more}


def write_outcomes(path: Path, outcomes: list[dict[str, Any]]) -> None:
    """An outcomes file as the target leaves it."""
    path.write_text("".join(json.dumps(one) + "\n" for one in outcomes), encoding="utf-8")
