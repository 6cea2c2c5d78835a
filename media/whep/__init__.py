"""WHEP: the picture within a fraction of a second, by WebRTC, for those who need it. Packets are made once for all viewers."""
