"""What moderators do about messages and conversations."""
