"""What every other folder stands on: configuration, errors, the database, authentication, jobs, HTTP, metrics, ids."""
