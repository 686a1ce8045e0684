"""Writes the Singer lines of a large made-up shop, as a tap with trimmed records would: at most 400 bytes a record."""

from collections.abc import Iterator
from pathlib import Path

ORDER_ROWS = 3
_BASE = 1_700_000_000


def write_shop(path: Path, products: int, order_rows: int, run_id: str) -> int:
    """Products with their stock statuses and orders of three rows; returns the number of records."""
    records = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for stream, key in (("products", "id"), ("product_stock_statuses", "sku"), ("orders", "entity_id")):
            file.write(f'{{"type":"SCHEMA","stream":"{stream}","schema":{{}},"key_properties":["{key}"]}}\n')
        for lines in (_products(products), _stock(products), _orders(order_rows // ORDER_ROWS, products)):
            for line in lines:
                file.write(line)
                records += 1
        file.write(
            f'{{"type":"STATE","value":{{"run_id":"{run_id}","bookmarks":'
            f'{{"product_stock_statuses":{{"complete":true,"run_id":"{run_id}"}}}}}}}}\n'
        )
    return records


def _time(number: int) -> str:
    return f"2025-{number % 12 + 1:02}-{number % 28 + 1:02} {number % 24:02}:{number % 60:02}:{number * 7 % 60:02}"


def _products(count: int) -> Iterator[str]:
    for number in range(1, count + 1):
        kind = "simple" if number % 10 else "virtual"
        yield (
            f'{{"type":"RECORD","stream":"products","record":{{"id":{number},"sku":"SKU-{number:07}-{number % 97}",'
            f'"name":"Product {number} of the large shop","price":{number % 5000}.{number % 90 + 10},'
            f'"status":{1 if number % 20 else 2},"type_id":"{kind}","created_at":"{_time(number)}",'
            f'"updated_at":"{_time(number * 3)}","extension_attributes":{{"website_ids":[1]}}}}}}\n'
        )


def _stock(count: int) -> Iterator[str]:
    for number in range(1, count + 1):
        product = str(number) if number % 20 else "null"
        yield (
            f'{{"type":"RECORD","stream":"product_stock_statuses","record":{{"sku":"SKU-{number:07}-{number % 97}",'
            f'"product_id":{product},"stock_id":1,"qty":{number % 400 - 3},"stock_status":1,"stock_item":'
            f'{{"item_id":{number},"qty":{number % 400},"is_in_stock":true,"manage_stock":true,"min_qty":0}}}}}}\n'
        )


def _orders(count: int, products: int) -> Iterator[str]:
    for number in range(1, count + 1):
        first = number * 13 % products + 1
        rows = []
        for place in range(ORDER_ROWS):
            units = place + 1
            product = (first + place * 7 - 1) % products + 1
            rows.append(
                f'{{"item_id":{number * ORDER_ROWS + place},"product_id":{product},"product_type":"simple",'
                f'"qty_ordered":{units},"base_row_total":{units * 9}.95}}'
            )
        yield (
            f'{{"type":"RECORD","stream":"orders","record":{{"entity_id":{number},"state":"complete",'
            f'"status":"complete","created_at":"{_time(number)}","updated_at":"{_time(number + 1)}",'
            f'"subtotal":56.85,"base_currency_code":"EUR","order_currency_code":"EUR","items":[{",".join(rows)}]}}}}\n'
        )
