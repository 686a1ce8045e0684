"""HTTP with patience: one request at a time or many in order, judged by a table of answers."""
