"""The livestream commerce server: its roof (app, loop, supervise, the command line) over base, room and hub."""
