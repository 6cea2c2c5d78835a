"""`python -m loadtest kill`: a sale goes on while its servers are killed, frozen and cut off, and every answer is kept."""
