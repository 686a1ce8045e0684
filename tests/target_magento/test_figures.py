"""Figures of stock: set absolutely by SKU and source, only where they differ, and read back."""

from decimal import Decimal

from tests.target_magento.conftest import Bench, stream

SKU = "ONLY-WAREHOUSE"  # 100 at ams


def test_figures_are_set_and_a_second_push_writes_nothing(bench: Bench):
    rows = [(SKU, 7), ("PART-A", 0), ("part-b", "3")]
    assert bench.put(*rows).count("source_items") == {"updated": 3}
    assert bench.shop.writes() == 1
    assert bench.shop.standing(SKU) == (7, True)
    assert bench.shop.standing("PART-A") == (0, False)
    assert bench.shop.standing("PART-B") == (3, True)
    assert bench.put(*rows).count("source_items") == {"existing": 3}
    assert bench.shop.writes() == 1


def test_what_was_changed_in_the_shop_is_set_again(bench: Bench):
    bench.put((SKU, 7))
    bench.shop("write", SKU, "ams", 3)
    assert bench.put((SKU, 7)).count("source_items") == {"updated": 1}
    assert bench.shop.standing(SKU) == (7, True)


def test_the_last_of_two_figures_for_one_key_stands(bench: Bench):
    assert bench.put((SKU, 7), (SKU.lower(), 9)).count("source_items") == {"updated": 2}
    assert bench.shop.standing(SKU) == (9, True)


def test_a_given_status_is_written_as_it_is(bench: Bench):
    record = {"sku": SKU, "source_code": "AMS", "quantity": 5, "status": 0}
    assert bench.run(*stream("source_items", record)).count("source_items") == {"updated": 1}
    assert bench.shop.standing(SKU) == (5, False)
    assert bench.run(*stream("source_items", {**record, "status": 1})).count("source_items") == {"updated": 1}
    assert bench.shop.standing(SKU) == (5, True)


def test_decimals_are_written_where_the_product_has_them_and_cut_elsewhere(bench: Bench):
    shop = bench.shop.sandbox.shop
    shop.stock.items[shop.by_sku["part-a"]]["is_qty_decimal"] = True
    run = bench.put(("PART-A", "2.75"), (SKU, "2.75"), ("PART-B", "-0.5"))
    assert run.count("source_items") == {"updated": 3}
    assert bench.shop.standing("PART-A") == (Decimal("2.75"), True)
    assert bench.shop.standing(SKU) == (2, True)
    assert bench.shop.standing("PART-B") == (0, False)
    assert "decimals are left out" in run.reasons()


def test_bad_rows_cost_themselves_alone(bench: Bench):
    bench.shop.sandbox.magento.settings.one_source_skus = {"PART-A"}
    run = bench.put(("PART-A", 5), (SKU, 1), ("GHOST", 4), ("PART-B", 2), ("PART-C", "x"), source="rtm")
    assert run.code == 0
    assert run.count("source_items") == {"updated": 2, "refused": 3}
    assert bench.shop.standing("GHOST", "rtm") is None, "no orphan row"
    assert (bench.shop.standing(SKU, "rtm"), bench.shop.standing("PART-B", "rtm")) == ((1, True), (2, True))
    for words in ("Not able to assign", "no product with this SKU", "quantity is not a number"):
        assert words in run.reasons()


def test_skus_that_look_like_numbers_are_names(bench: Bench):
    run = bench.run(*stream("source_items", *({"sku": sku, "source_code": "ams", "quantity": 1} for sku in ("0", 1.0))))
    assert run.count("source_items") == {"updated": 1, "refused": 1}
    assert bench.shop.standing("0") == (1, True)


def test_a_removed_figure_is_nothing_and_out_of_stock(bench: Bench):
    record = {"sku": SKU, "source_code": "ams", "quantity": 5, "deleted_at": "2026-01-01"}
    assert bench.run(*stream("source_items", record)).count("source_items") == {"disabled": 1}
    assert bench.shop.standing(SKU) == (0, False)


def test_a_shipment_between_look_and_write_does_not_come_back(bench: Bench):
    order = bench.shop("place", {SKU: 10})
    bench.shop.at("ship", order, method="POST", path="source-items")
    assert bench.put((SKU, 120)).count("source_items") == {"updated": 1}
    assert bench.shop.standing(SKU) == (110, True)


def test_a_lost_answer_is_settled_by_reading_back(bench: Bench):
    bench.shop.sandbox.faults_magento.add({"method": "POST", "path": "source-items", "cut": "after"})
    assert bench.put((SKU, 7)).count("source_items") == {"updated": 1}
    bench.shop.sandbox.faults_magento.clear()
    bench.shop.sandbox.faults_magento.add({"method": "POST", "path": "source-items", "cut": "before"})
    assert bench.put((SKU, 8)).count("source_items") == {"failed": 1}
    bench.shop.sandbox.faults_magento.clear()
    assert bench.put((SKU, 8)).count("source_items") == {"updated": 1}


def test_what_another_writer_changed_back_is_not_taken_for_set(bench: Bench):
    bench.shop.at("write", SKU, "ams", 42, method="GET", path="source-items", nth=2)
    run = bench.put((SKU, 7))
    assert run.count("source_items") == {"failed": 1}
    assert "what is read back is not what was sent" in run.reasons()


def test_a_figure_with_an_unsettled_change_is_left_alone(bench: Bench):
    bench.shop.at("write", SKU, "ams", 42, method="GET", path="source-items", nth=2)
    bench.change(("a", SKU, 5))
    assert bench.put((SKU, 7), ("PART-A", 1)).count("source_items") == {"refused": 1, "updated": 1}
    assert bench.shop.standing(SKU) == (42, True)


def test_batches_are_of_the_size_that_is_set(bench: Bench):
    skus = [p["sku"] for p in bench.shop.sandbox.shop.products.values() if p["type_id"] == "simple"][:20]
    assert bench.put(*((sku, 501) for sku in skus), batch_size=7).count("source_items") == {"updated": 20}
    assert bench.shop.writes() == 3


def test_a_shop_without_inventory_management(bench: Bench):
    bench.shop.sandbox.magento.settings.msi = False
    assert bench.put((SKU, 7), ("PART-A", 0), source="default").count("source_items") == {"updated": 2}
    assert bench.shop.standing(SKU, "default") == (7, True)
    assert bench.put((SKU, 7), ("PART-A", 0), source="default").count("source_items") == {"existing": 2}


def test_a_missing_right_ends_the_run_and_names_it(bench: Bench, caplog):
    bench.shop.sandbox.magento.settings.missing_acl = {"Magento_InventoryApi::stock_source_item_assign"}
    assert bench.put((SKU, 7)).code == 1
    assert "Magento_InventoryApi::stock_source_item_assign" in caplog.text
    assert bench.shop.standing(SKU) == (100, True)
