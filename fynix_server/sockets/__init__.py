"""WebSockets: the endpoint, what clients may say, and how events reach them."""
