"""Talking from the terminal: the work behind the commands of `commands/chat.py` and `tail.py`."""
