"""PostgreSQL and Valkey as child processes, out of wheels: real servers for the default run and for tests."""
