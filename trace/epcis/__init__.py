"""EPCIS 2.0: what happened to goods, where, when and why, as the standard's events; captured, queried, traced and exported."""
