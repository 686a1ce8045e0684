"""Records of the sandbox's shop that cannot be read for some runs, with an error or with an empty answer."""

import requests


def test_a_record_may_make_its_answers_empty_until_it_is_healed(own_magento, criteria):
    url = f"{own_magento.sandbox.magento_url}/_sandbox/poison"
    for key, status in ((3, 200), (5, 500)):
        assert requests.post(url, json={"entity": "orders", "key": key, "status": status}, timeout=20).ok
    empty = own_magento.ask("orders", criteria([("entity_id", "eq", "3")]))
    assert (empty.status_code, empty.content) == (200, b"")
    assert own_magento.ask("orders", criteria([("entity_id", "eq", "5")])).status_code == 500
    assert own_magento.ask("orders", criteria([("entity_id", "eq", "4")])).json()["total_count"] == 1
    assert requests.delete(url, json={"entity": "orders", "key": 3}, timeout=20).ok
    assert own_magento.ask("orders", criteria([("entity_id", "eq", "3")])).json()["total_count"] == 1
    assert own_magento.ask("orders", criteria([("entity_id", "eq", "5")])).status_code == 500
    assert requests.delete(url, timeout=20).ok
    assert own_magento.ask("orders", criteria([("entity_id", "eq", "5")])).status_code == 200
