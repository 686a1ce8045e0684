"""A made-up fourth system, to prove that the rooms are general."""
