"""HTTP, WebSocket, SSE and the command line: who are you, how much may you send, where do you go."""
