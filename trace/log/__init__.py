"""The transparency log: an append-only Merkle tree that anyone can check, by the formats of C2SP."""
