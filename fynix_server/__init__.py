"""The Fynix server: accounts, conversations, messages and their live delivery."""
