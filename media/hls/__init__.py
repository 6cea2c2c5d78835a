"""The programme out by low-latency HLS: packaging, playlists, and the origin that serves them."""
