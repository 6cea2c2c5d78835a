"""Pictures that people upload: what comes is untrusted, what is kept is ours.

POST /api/uploads > file_body (bounds, a file without a name) > kinds (told by its content) > quotas
  > decoder.py in a process of its own (bounds before decoding, upright, no metadata, WebP in two sizes) > storage
PATCH a room, pin a card ... with that id > uses (marked as used: it stays) > /uploads/{id}/large.webp in what viewers get
"""
