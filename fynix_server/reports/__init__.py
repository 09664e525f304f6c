"""Reports of messages and people, and the cases that moderators make of them."""
