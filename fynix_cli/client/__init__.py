"""The REST and WebSocket client of every command. Of the server it knows only the shapes."""
