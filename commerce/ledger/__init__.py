"""The ledger: double entry of all money, append-only, balanced by PostgreSQL."""
