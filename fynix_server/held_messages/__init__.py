"""The queue of held messages: looked at by moderators, who let each through or do not."""
