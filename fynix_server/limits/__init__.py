"""Rate limits that admins set by hand, and forgetting what was counted."""
