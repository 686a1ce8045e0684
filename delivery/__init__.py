"""Exactly once: announce, send, record, park, look up, adopt; over what a destination declares."""
