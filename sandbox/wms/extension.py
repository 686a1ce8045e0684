"""The OrderFlow extension in the Magento sandbox's shop: queues messages and works them off, strictly or as shipped.

Its tables are those of `realtimedespatch/magento2-orderflow`, in SQLite, with two of our own that only the strict mode
needs: the body's hash of a request and the last sequence of each SKU and source.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sandbox.magento.call import Server
from sandbox.magento.search import MagentoError
from sandbox.magento.source_items import save
from sandbox.shop.products import stamp_text
from sandbox.shop.source_items import write_stock_item
from sandbox.shop.world import Json
from sandbox.wms.extension_settings import Settings
from sandbox.wms.extension_stock import Calculation, LineError, quantity_of
from sandbox.wms.extension_tables import RESULTS, TABLES, CrashError, Judged, RefusedError


class Extension:
    """The extension installed in one shop.

    Attributes:
        settings: Its configuration and its defects; may be changed at any time.
        db: Its tables.
        saves: How many calls wrote stock.
    """

    def __init__(self, server: Server, settings: Settings | None = None) -> None:
        """Install it with empty tables."""
        self.server, self.settings, self.saves = server, settings or Settings(), 0
        self.db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(TABLES)

    def _now(self) -> str:
        return stamp_text(self.server.clock.now().replace(tzinfo=None))

    def receive(self, arguments: Mapping[str, Any]) -> str:
        """Queue the arguments of a call (`productQtys`, `productSeqs`, `messageSeqId`) and return its answer.

        Raises RefusedError: 500 where a SKU has no sequence; 409 where another message has the number (strict only).
        """
        number, body = str(arguments.get("messageSeqId", "")), json.dumps(arguments, sort_keys=True)
        answer, digest = f"Success - Message {number} Received", hashlib.sha256(body.encode()).hexdigest()
        before = self.db.execute("SELECT body_hash FROM rtd_requests WHERE message_id = ?", (number,)).fetchone()
        if before is not None and not self.settings.has("anonymous"):
            if before["body_hash"] != digest:
                raise RefusedError(409, f"Message {number} was received with another body")
            return answer
        turns = {turn.get("sku"): turn for turn in arguments.get("productSeqs") or ()}
        lines = [(line, turns.get(line.get("sku"))) for line in arguments.get("productQtys") or ()]
        if any(turn is None and "sku" in line for line, turn in lines):
            raise RefusedError(500, "Internal Error. Details are available in Magento log file.")
        now = self._now()
        row = (number, "Import", "Inventory", "Update", body.encode(), now, digest)
        fields = "message_id, type, entity, operation, request_body, created_at, body_hash"
        insert = f"INSERT INTO rtd_requests ({fields}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # nosec B608
        request = self.db.execute(insert, row).lastrowid
        for line, turn in lines:
            turn = turn or {}
            exported = turn.get("last_order_exported", turn.get("lastOrderExported"))
            held = json.dumps({**line, "lastOrderExported": exported})
            insert = "INSERT INTO rtd_request_lines (request_id, sequence_id, body, created_at) VALUES (?, ?, ?, ?)"
            self.db.execute(insert, (request, turn.get("seq"), held, now))
        return answer

    def pending(self) -> list[str]:
        """Return the numbers of the messages that wait, in the order in which they will be processed."""
        order = "message_id" if self.settings.has("messages_in_text_order") else "CAST(message_id AS INTEGER)"
        query = f"SELECT message_id FROM rtd_requests WHERE processed_at IS NULL ORDER BY {order}"  # nosec B608
        rows = self.db.execute(query)
        return [row["message_id"] for row in rows]

    def process(self, at_most: int | None = None, *, crash: bool = False) -> int:
        """Work off messages and return how many are done; with `crash` die after the first stock was written.

        Raises CrashError: With `crash`.
        """
        done = 0
        limit = at_most or self.settings.batch_size
        for number in self.pending()[:limit]:
            query = "SELECT * FROM rtd_requests WHERE message_id = ? AND processed_at IS NULL ORDER BY request_id"
            request = self.db.execute(query, (number,)).fetchone()
            try:
                done += self._request(request, crash)
            except KeyError:
                continue  # as shipped, nobody observes what went wrong here, and the request stays pending
        return done

    def _request(self, request: sqlite3.Row, crash: bool) -> int:
        query = "SELECT * FROM rtd_request_lines WHERE request_id = ? AND processed_at IS NULL ORDER BY line_id"
        judged = [self._judge(line) for line in self.db.execute(query, (request["request_id"],)).fetchall()]
        self._write(judged)
        if crash:
            raise CrashError(f"died before message {request['message_id']} was noted as processed")
        again = any(line.result == "Failure" for line in judged) and not self.settings.has("failures_final")
        counts = [sum(line.result == name for line in judged) for name in RESULTS]
        now, number = self._now(), request["message_id"]
        with self.db:
            self.db.execute("BEGIN")
            columns = "request_id, message_id, successes, duplicates, superseded, failures, created_at"
            values = (request["request_id"], number, *counts, now)
            insert = f"INSERT INTO rtd_imports ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # nosec B608
            key = self.db.execute(insert, values).lastrowid
            for line in judged:
                self._note(key, line)
            if not again:
                done = "UPDATE rtd_requests SET processed_at = ? WHERE request_id = ?"
                self.db.execute(done, (now, request["request_id"]))
        return int(not again)

    def _note(self, key: int | None, judged: Judged) -> None:
        now, sequence = self._now(), judged.line["sequence_id"]
        row = (key, sequence, judged.result, "_".join(judged.reference), "Inventory", judged.told, now)
        columns = "import_id, sequence_id, result, reference, entity, message, created_at"
        self.db.execute(f"INSERT INTO rtd_import_lines ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)  # nosec B608
        if judged.result != "Failure":
            done = "UPDATE rtd_request_lines SET processed_at = ? WHERE line_id = ?"
            self.db.execute(done, (now, judged.line["line_id"]))
        if judged.result == "Success":
            upsert = "INSERT OR REPLACE INTO last_sequences (sku, source, sequence_id) VALUES (?, ?, ?)"
            self.db.execute(upsert, (*judged.reference, sequence))

    def _judge(self, line: sqlite3.Row) -> Judged:
        """Say what is to become of a line."""
        body = json.loads(line["body"])
        if "sku" not in body and not self.settings.has("poison_for_ever"):
            return Judged(line, ("", ""), "Failure", "The line has no SKU")
        reference = (body["sku"], body.get("source") or "default")
        try:
            verdict = self._verdict(line["sequence_id"], reference)
            row = self._row(body, *reference) if verdict is None else None
        except LineError as error:
            return Judged(line, reference, "Failure", str(error))
        return Judged(line, reference, verdict or "Success", str(body.get("qty")), row)

    def _verdict(self, sequence: object, reference: tuple[str, str]) -> str | None:
        if sequence is None:
            raise LineError("The line has no sequence")
        if not isinstance(sequence, int):
            raise LineError(f"{sequence!r} is not a sequence")
        last = self._last(reference)
        repeated = last is not None and last == sequence
        if self.settings.has("duplicates_of_any_sku"):
            query = "SELECT 1 FROM rtd_import_lines WHERE sequence_id = ? AND result = 'Success'"
            repeated = self.db.execute(query, (sequence,)).fetchone() is not None
        if repeated:
            return "Duplicate"
        stale = last is not None and last > sequence
        return "Superseded" if stale and not self.settings.has("stale_never_found") else None

    def _last(self, reference: tuple[str, str]) -> int | None:
        if self.settings.has("short_memory"):
            query = "SELECT MAX(sequence_id) FROM rtd_import_lines WHERE reference = ? AND result = 'Success'"
            found = self.db.execute(query, ("_".join(reference),)).fetchone()
        else:
            query = "SELECT sequence_id FROM last_sequences WHERE sku = ? AND source = ?"
            found = self.db.execute(query, reference).fetchone()
        return None if found is None else found[0]

    def _row(self, body: Mapping[str, Any], sku: str, source: str) -> Json:
        product, msi = self.server.shop.product(sku), self.server.settings.msi
        if product is None and (not msi or not self.settings.has("orphans_succeed")):
            raise LineError(f"The shop has no product with the SKU {sku}")
        calculation = Calculation(self.server, self.settings, sku, body.get("lastOrderExported"))
        quantity, status = calculation.written(quantity_of(str(body.get("qty")), self.settings), source)
        return {"sku": sku, "source_code": source, "quantity": quantity, "status": status}

    def _write(self, judged: list[Judged]) -> None:
        """Write what is to be applied: in one call, and each by itself where that fails or as shipped."""
        applied = [line for line in judged if line.row is not None]
        whole = [] if self.settings.has("one_save_a_line") or not applied else [applied]
        for group in whole or [[line] for line in applied]:
            try:
                self._save([line.row for line in group if line.row is not None])
            except MagentoError as error:
                if len(group) > 1:
                    for line in group:
                        self._write([line])
                    continue
                group[0].result, group[0].told = "Failure", error.message

    def _save(self, rows: list[Json]) -> None:
        self.saves += 1
        if self.server.settings.msi:
            save(self.server, rows)
            return
        for row in rows:
            product = self.server.shop.product(row["sku"])
            if product is None:
                continue
            values = {"qty": row["quantity"], "is_in_stock": bool(row["status"])}
            write_stock_item(self.server.shop, product, values)
            if self.settings.has("saves_products"):
                self.server.shop.edit_product(product["id"], self._now())

    def clean(self) -> None:
        """Delete what is older than the retention; strictly only what is finished, and never the sequences."""
        days = self.settings.retention_days - 1
        midnight = self.server.clock.now().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        before = stamp_text(midnight - timedelta(days=days))
        kept = "" if self.settings.has("short_memory") else " AND processed_at IS NOT NULL"
        self.db.execute(f"DELETE FROM rtd_requests WHERE created_at <= ?{kept}", (before,))  # nosec B608
        self.db.execute("DELETE FROM rtd_request_lines WHERE request_id NOT IN (SELECT request_id FROM rtd_requests)")
        self.db.execute("DELETE FROM rtd_imports WHERE created_at <= ?", (before,))
        self.db.execute("DELETE FROM rtd_import_lines WHERE import_id NOT IN (SELECT import_id FROM rtd_imports)")

    def results(self) -> list[tuple[str, int, str]]:
        """Return each import line in order: reference, sequence, result."""
        rows = self.db.execute("SELECT reference, sequence_id, result FROM rtd_import_lines ORDER BY line_id")
        return [(row["reference"], row["sequence_id"], row["result"]) for row in rows]
