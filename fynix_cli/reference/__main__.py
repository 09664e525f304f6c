"""`python -m fynix_cli.reference FILE`: write the reference of all commands into FILE."""

import sys
from pathlib import Path

from fynix_cli.reference.page import reference

Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
