"""One scenario under load: many virtual users at once, and the figures of it all."""
