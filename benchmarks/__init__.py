"""Benchmarks: figures anyone can print again with `make bench`; nothing here is a test."""
