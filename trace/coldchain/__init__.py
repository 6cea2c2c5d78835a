"""The cold chain: what sensors measured, what it means for the goods that were beside them, and who has to know."""
