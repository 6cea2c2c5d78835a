"""Ways to sign in: each proves a subject (persons.py), and sign_in.py makes a person and a session of it."""
