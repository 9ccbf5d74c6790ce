"""HTTP, WebSocket and server-sent events: who asks, how much may be sent, and how answers and errors are written."""
