"""The streams of an account, as declarations."""
