"""How scenario files are called; light, for whoever only looks whether there are some."""

SUFFIXES = (".fynix.yaml", ".fynix.yml")
