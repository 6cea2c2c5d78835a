"""The sockets: transport, rosters, fan-out and the bus between workers; the I/O around the rooms."""
