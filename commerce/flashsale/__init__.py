"""Flash sales: units reserved in the room."""
