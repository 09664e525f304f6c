"""The certificate of an erasure, and its hash. No database."""

import hashlib
import json
from typing import Any

from fynix_server.protocol.privacy import ErasureCertificate


def certified(fields: dict[str, Any]) -> ErasureCertificate:
    """A certificate of these fields, with its hash."""
    unsigned = ErasureCertificate(**fields, hash="")
    return unsigned.model_copy(update={"hash": hash_of(unsigned)})


def hash_of(certificate: ErasureCertificate) -> str:
    """SHA-256, in hex, of all but the hash, as JSON with sorted keys and no white space."""
    fields = certificate.model_dump(mode="json", exclude={"hash"})
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
