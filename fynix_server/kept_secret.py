"""A secret that is made once and kept in a file that only its owner may read."""

import os
import secrets
from pathlib import Path


def kept_secret(path: Path) -> str:
    """The secret in `path`; made there where the file is missing.

    Raises: OSError (the file can neither be read nor made).
    """
    try:
        # O_EXCL: of two first starts at once one makes the secret and the other reads it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret
