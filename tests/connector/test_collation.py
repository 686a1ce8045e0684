"""Names as the database compares them: many at once are folded as each one is."""

from hypothesis import given
from hypothesis import strategies as st

from connector.collation import folded, folded_each

NAMES = st.lists(st.one_of(st.text(), st.text("aB \n", max_size=4), st.sampled_from(["SKU ", "Straße", "K", " a"])))


@given(NAMES)
def test_many_names_are_folded_as_each_one_is(names: list[str]) -> None:
    assert folded_each(names) == [folded(name) for name in names]
