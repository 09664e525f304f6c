"""The full-screen chat: what is shown (desk), what is fetched and sent (courier), how it looks."""
