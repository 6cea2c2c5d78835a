"""Connections of clients: WebSocket and long-polling, Socket.IO, admission, heartbeats, routing of events."""
