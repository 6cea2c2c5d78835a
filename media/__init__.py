"""Live video: cameras in over WHIP, the programme out over HLS and WHEP, recordings and clips."""
