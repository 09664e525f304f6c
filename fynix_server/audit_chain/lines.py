"""Entries as they come over the wire, or out of an export, as links of the chain."""

from fynix_server.audit_chain.link import Link
from fynix_server.audit_chain.verifying import Chained
from fynix_server.protocol.audit import AuditEntryLine


def chained_of(line: AuditEntryLine) -> Chained:
    """What is to be verified of it."""
    link = Link(**{name: getattr(line, name) for name in Link.__slots__})
    return Chained(link, line.hash, line.details, line.details_salt)
