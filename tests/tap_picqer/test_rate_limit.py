"""One pace for all requests: Picqer's limit is kept to, whatever it is and whoever else uses it; a 429 is obeyed."""

import pytest

from connector.http.budget import Budget
from connector.http.pace import Pace
from sandbox.picqer.account import Size
from sandbox.systems import Sandbox
from tests.tap_picqer.reading import read

SIZE = Size(products=600, compositions=120, suppliers=8, purchase_orders=250, orders=400)


def refused(sandbox: Sandbox) -> int:
    return sum(entry.status == 429 for entry in sandbox.requests.select(api="picqer"))


@pytest.mark.parametrize("limit", [20, 60, 500])
def test_nothing_is_refused_where_the_limit_is_known(limit):
    with Sandbox(magento=False, picqer=SIZE) as sandbox:
        sandbox.picqer.settings.rate_limit = limit
        reading = read(sandbox)
        assert reading.error is None
        assert not reading.failures
        assert refused(sandbox) == 0
        assert sorted(reading.ids("orders", "idorder")) == sorted(sandbox.picqer.orders.rows)


@pytest.mark.parametrize("tells", [True, False])
def test_a_limit_that_falls_while_it_is_read_is_obeyed(tells):
    with Sandbox(magento=False, picqer=SIZE) as sandbox:
        sandbox.picqer.settings.retry_after = tells
        sandbox.account.changes.after_page("products", 2, lambda store, _rows: setattr(store.settings, "rate_limit", 9))
        reading = read(sandbox)
        assert reading.error is None
        assert not reading.failures
        assert sorted(reading.ids("products", "idproduct")) == sorted(sandbox.picqer.products.rows)
        assert len(reading.records["product_parts"]) >= 120
        assert refused(sandbox) <= 5


def test_another_program_that_uses_the_limit_up_only_makes_it_wait():
    with Sandbox(magento=False, picqer=SIZE) as sandbox:
        limiter = sandbox.account.limiter
        sandbox.picqer.settings.rate_limit = 40

        def use(_store: object, _rows: object) -> None:
            for _ in range(40):
                limiter.take("other")

        for page in range(1, 40, 4):
            sandbox.account.changes.after_page("orders", page, use)
        reading = read(sandbox, "orders")
        assert reading.error is None
        assert reading.complete("orders")


class Clocked(Pace):
    moment = 0.0

    def now(self) -> float:
        return self.moment


def rest(pace: Clocked) -> float:
    return max(0.0, pace._not_before - pace.moment)


def test_a_budget_holds_everybody_until_its_window_is_over():
    pace = Clocked(4)
    budget = Budget(pace, "Limit", "Left", 60.0)
    pace.moment = 100.0
    for left in range(499, 10, -1):
        budget.observe({"Limit": "500", "Left": str(left)})
    assert rest(pace) == 0
    pace.moment = 130.0
    budget.observe({"Limit": "500", "Left": "10"})
    assert rest(pace) == 30.0
    pace.moment = 160.5
    budget.observe({"Limit": "500", "Left": "499"})
    assert rest(pace) == 0


@pytest.mark.parametrize("headers", [{}, {"Left": ""}, {"Left": "many"}, {"Left": "-1"}, {"Left": "9" * 40}])
def test_without_a_usable_header_there_is_no_budget(headers):
    pace = Clocked(4)
    Budget(pace, "Limit", "Left", 60.0).observe(headers)
    assert rest(pace) == 0


def test_a_window_that_is_used_up_again_at_once_is_waited_for_in_steps():
    pace = Clocked(4)
    budget = Budget(pace, "Limit", "Left", 60.0)
    budget.observe({"Limit": "500", "Left": "0"})
    assert rest(pace) == 60.0
    pace.moment = 59.0
    budget.observe({"Limit": "500", "Left": "0"})
    assert rest(pace) == 6.0
