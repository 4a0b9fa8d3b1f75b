"""Bookmarks of listings."""

from dsac.emulator.bookmarks import MOST_LISTINGS, MOST_MARKS, Bookmarks, Mark


def test_the_nearest_mark_is_the_last_at_or_before_an_offset():
    marks = Bookmarks()
    for offset in (300, 100, 200, 100):
        marks.add("listing", Mark(offset, f"name {offset}"))
    assert marks.nearest("listing", 99) is None
    assert marks.nearest("listing", 100) == Mark(100, "name 100")
    assert marks.nearest("listing", 299) == Mark(200, "name 200")
    assert marks.nearest("listing", 9999) == Mark(300, "name 300")
    assert marks.nearest("another", 9999) is None


def test_the_listings_that_were_read_last_are_remembered():
    marks = Bookmarks()
    for number in range(MOST_LISTINGS + 1):
        marks.add(number, Mark(1, "a"))
        marks.add(0, Mark(1, "a"))
    assert marks.nearest(0, 1)
    assert marks.nearest(1, 1) is None
    assert marks.nearest(MOST_LISTINGS, 1)


def test_a_listing_has_so_many_marks_and_no_more():
    marks = Bookmarks()
    for offset in range(1, MOST_MARKS + 2):
        marks.add("listing", Mark(offset, "a"))
    assert marks.nearest("listing", MOST_MARKS + 9) == Mark(MOST_MARKS, "a")
