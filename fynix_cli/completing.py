"""Completion by the shell: at once, and without a server."""

import os
import sys

SHELL_ASKS = "_FYNIX_COMPLETE"
"""Set where a shell runs `fynix` to complete a line, and not to do what it says."""


def prepare_to_complete() -> None:
    """Call it before anything else where SHELL_ASKS is set."""
    # Typer would load it, for a tenth of a second, to take markup out of help texts that have
    # none. None in this place says that there is no such package.
    sys.modules["rich"] = None  # type: ignore[assignment]  # typed as if it always were a module
    if "COMP_WORDS" in os.environ:
        _join_equals_signs()


def profile_names() -> list[str]:
    """The logins of this machine."""
    from fynix_cli.errors import CommandError
    from fynix_cli.profiles import Profiles

    try:
        return Profiles().names()
    except CommandError:
        # The command itself will say so; here it would stand in the middle of a prompt.
        return []


def _join_equals_signs() -> None:
    """Bash makes three words of `--output=json`; Typer expects a value right after its option."""
    words = os.environ["COMP_WORDS"].split("\n")
    current = int(os.environ["COMP_CWORD"])
    signs = {
        index
        for index in range(1, min(current, len(words)))
        if words[index] == "=" and words[index - 1].startswith("--")
    }
    kept = [word for index, word in enumerate(words) if index not in signs]
    os.environ["COMP_WORDS"] = "\n".join(kept)
    os.environ["COMP_CWORD"] = str(current - len(signs))
