"""The audit log: acts are recorded in their own transaction, in a chain that shows tampering.

An entry goes last into its transaction: it locks the end of the log until the commit.
"""

from fynix_server.audit.acts import Act, Actor, host_actor
from fynix_server.audit.recording import record_act
from fynix_server.audit.redacting import redact_details

__all__ = ["Act", "Actor", "host_actor", "record_act", "redact_details"]
