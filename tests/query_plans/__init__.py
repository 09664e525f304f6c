"""Whether what we ask a database is found by an index: on many rows, by EXPLAIN, on both."""
