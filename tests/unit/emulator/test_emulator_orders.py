"""The order of listings, remembered."""

from dsac.emulator.orders import Orders


def test_listings_are_found_again():
    orders = Orders()
    assert orders.find("listing") is None
    assert list(orders.add("listing", iter([3, 1, 2]))) == [3, 1, 2]
    assert list(orders.find("listing") or ()) == [3, 1, 2]
    assert orders.find("another") is None


def test_the_listings_that_were_read_last_are_remembered():
    orders = Orders(most=6)
    orders.add("a", [1, 2, 3])
    orders.add("b", [1, 2, 3])
    orders.find("a")
    orders.add("c", [1])
    assert orders.find("b") is None
    assert orders.find("a")
    assert orders.find("c")


def test_a_listing_that_is_too_large_is_given_and_forgotten():
    orders = Orders(most=2)
    assert list(orders.add("a", [1, 2, 3])) == [1, 2, 3]
    assert orders.find("a") is None


def test_a_listing_that_two_sorted_at_once_counts_once():
    orders = Orders(most=3)
    for _ in range(2):
        orders.add("a", [1, 2, 3])
    assert orders.find("a")
