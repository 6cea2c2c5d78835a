"""WebRTC as a server speaks it: one UDP port, ICE lite, DTLS-SRTP, SDP answers, and the HTTP of WHIP and WHEP resources."""
