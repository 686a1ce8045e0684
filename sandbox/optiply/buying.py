"""What people do in Optiply's web app: make, place, change and close buy orders, and book, edit and delete receipts."""

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.optiply.errors import ApiError
from sandbox.optiply.store import OptiplyStore, Settings, Stored
from sandbox.optiply.values import Json
from sandbox.optiply.writes import create, delete, update
from sandbox.server.state import SandboxError
from sandbox.server.verbs import Verb


class Buying:
    """The verbs of one account. What they make has `createdFromPublicApi` false, unless `by_api` says otherwise."""

    def __init__(self, store: OptiplyStore) -> None:
        """Act upon an account."""
        self.store = store

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by name."""
        names = (
            "supplier order place complete reopen add_line edit_line receive receive_rest edit_receipt delete "
            "same_moment configure"
        )
        return {name: getattr(self, name) for name in names.split()}

    def supplier(self, name: str = "Sandbox Supplies", delivery_time: int = 5, by_api: bool = False) -> int:
        """Make a supplier and return its id."""
        return self._make("suppliers", {"name": name, "deliveryTime": delivery_time}, by_api)

    def order(
        self,
        lines: Mapping[str, int],
        supplier_id: int | None = None,
        draft: bool = False,
        assembly: bool = False,
        by_api: bool = False,
        remote_id: str | None = None,
        price: str = "1.00",
    ) -> int:
        """Make a buy order of units by SKU (or by product id) and return its id; a draft is not placed yet.

        Without a supplier the first one of the account is taken, or a new one made.

        Raises SandboxError if a product is not there.
        """
        if supplier_id is None:
            known = self.store.tables["suppliers"].ids
            supplier_id = known[0] if known else self.supplier()
        products = {self._product(key): quantity for key, quantity in lines.items()}
        total = sum(float(price) * quantity for quantity in products.values())
        values: dict[str, Any] = {
            "placed": self.store.timestamp(),
            "totalValue": f"{total:.2f}",
            "supplierId": supplier_id,
            "assembly": assembly,
        }
        if remote_id is not None:
            values["remoteId"] = remote_id
        unplaced = {"placed": None, "expectedDeliveryDate": None} if draft else {}
        order = self._make("buyOrders", values, by_api, **unplaced)
        for product, quantity in products.items():
            self._line(order, product, quantity, price, by_api)
        return order

    def place(self, order_id: int) -> None:
        """Place a draft with its supplier."""
        self._change("buyOrders", order_id, {"placed": self.store.timestamp()})

    def complete(self, order_id: int) -> None:
        """Close an order: nothing more is expected of it, whatever has been received."""
        self._change("buyOrders", order_id, {"completed": self.store.timestamp()})

    def reopen(self, order_id: int) -> None:
        """Take a completion back."""
        self._change("buyOrders", order_id, {"completed": None})

    def add_line(
        self,
        order_id: int,
        product: str,
        quantity: int,
        price: str = "1.00",
        by_api: bool = False,
        expected: str | None = None,
    ) -> int:
        """Add a line to an order that exists and return its id; `expected` is a delivery date of its own."""
        return self._line(order_id, self._product(product), quantity, price, by_api, expected)

    def edit_line(self, line_id: int, **values: Json) -> None:
        """Change attributes of a line."""
        self._change("buyOrderLines", line_id, values)

    def receive(self, line_id: int, quantity: int, occurred: str | None = None, by_api: bool = False) -> int:
        """Book a receipt on a line and return its id: part, more than ordered, or less than nothing for a return."""
        moment = occurred or self.store.timestamp()
        return self._make(
            "receiptLines", {"buyOrderLineId": line_id, "quantity": quantity, "occurred": moment}, by_api
        )

    def receive_rest(self, order_id: int, by_api: bool = False) -> list[int]:
        """Book what is still missing of each line of an order, close it, and return the receipts' ids."""
        made = []
        for line in list(self.store.tables["buyOrderLines"].where("buyOrderId", order_id)):
            booked = self.store.tables["receiptLines"].where("buyOrderLineId", line.id)
            rest = line.attributes["quantity"] - sum(receipt.attributes["quantity"] for receipt in booked)
            if rest > 0:
                made.append(self.receive(line.id, rest, by_api=by_api))
        self.complete(order_id)
        return made

    def edit_receipt(self, receipt_id: int, **values: Json) -> None:
        """Change `quantity` or `occurred` of a receipt."""
        self._change("receiptLines", receipt_id, values)

    def delete(self, type: str, id: int) -> None:
        """Delete an object and what hangs on it."""
        self._known(type)
        try:
            delete(self.store, type, str(id))
        except ApiError as error:
            raise SandboxError(str(error)) from error

    def same_moment(self, on: bool = True) -> str | None:
        """Let all that is written carry the present stamp until it is switched off; return the stamp."""
        self.store.settings.stamp = None
        if on:
            self.store.settings.stamp = self.store.timestamp()
        return self.store.settings.stamp

    def configure(self, **settings: Json) -> None:
        """Change settings of the account.

        Raises SandboxError if there is no such setting or its value has another type.
        """
        present = msgspec.to_builtins(self.store.settings)
        unknown = sorted(set(settings) - set(present))
        if unknown:
            raise SandboxError(f"The Optiply sandbox has no setting {unknown[0]}.")
        try:
            changed = msgspec.convert({**present, **settings}, Settings)
        except msgspec.ValidationError as error:
            raise SandboxError(str(error)) from error
        for name in settings:
            setattr(self.store.settings, name, getattr(changed, name))

    def _line(
        self, order: int, product: int, quantity: int, price: str, by_api: bool, expected: str | None = None
    ) -> int:
        values: dict[str, Any] = {
            "buyOrderId": order,
            "productId": product,
            "quantity": quantity,
            "subtotalValue": f"{float(price) * quantity:.2f}",
        }
        if expected is not None:
            values["expectedDeliveryDate"] = expected
        return self._make("buyOrderLines", values, by_api)

    def _product(self, key: str) -> int:
        table = self.store.tables["products"]
        if key.isdigit() and int(key) in table.objects:
            return int(key)
        found = table.lookup("skuCode", key)
        if not found:
            raise SandboxError(f"The account has no product {key}.")
        return min(found)

    def _make(self, type_: str, values: Mapping[str, Any], by_api: bool, **besides: Json) -> int:
        """Create an object as the API would, then give it what only people can."""
        try:
            made = create(self.store, type_, values, None)
        except ApiError as error:
            raise SandboxError(str(error)) from error
        if not by_api or besides:
            attributes = {**made.attributes, **besides, "createdFromPublicApi": by_api}
            self.store.commit([("put", type_, Stored(made.id, attributes, made.remote_ids))])
        return made.id

    def _change(self, type_: str, id_: int, values: Mapping[str, Any]) -> None:
        try:
            update(self.store, type_, str(id_), values, None)
        except ApiError as error:
            raise SandboxError(str(error)) from error

    def _known(self, type_: str) -> None:
        if type_ not in self.store.tables:
            raise SandboxError(f"Optiply has no {type_}.")
