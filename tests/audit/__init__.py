"""The audit log: written, read, and checked for tampering."""
