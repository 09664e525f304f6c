"""Every shape on the wire, REST and WebSocket. Pydantic only: clients import this package too."""
