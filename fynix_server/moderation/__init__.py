"""What moderators do about people, messages and conversations."""
