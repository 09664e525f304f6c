"""Scenarios written by tests."""

from pathlib import Path
from textwrap import dedent, indent

HEAD = "fynix: 1\nname: {}\n"
TWO = "actors: {alice: {}, bob: {}}\n"


def scenario(folder: Path, steps: str, *, head: str = TWO, name: str = "a") -> Path:
    """A file with these steps, called and titled `name`; `head`: what else stands above them."""
    file = folder / f"{name}.fynix.yaml"
    body = indent(dedent(steps).strip(), "  ")
    file.write_text(f"{HEAD.format(name)}{dedent(head)}steps:\n{body}\n")
    return file
