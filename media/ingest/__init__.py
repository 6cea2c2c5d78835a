"""Cameras: WebRTC publishers (WHIP), IP cameras (RTSP), files and a test picture; encoded frames out, nothing decoded."""
