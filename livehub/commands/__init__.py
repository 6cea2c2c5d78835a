"""The commands of `python -m livehub`, a module each with `run(options, environ) -> exit status`; imported when asked for."""
