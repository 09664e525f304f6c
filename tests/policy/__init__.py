"""What may be sent."""
