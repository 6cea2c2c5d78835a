"""What H.264, Opus, AAC, JPEG and CMAF are made of, for all who send, take, store or cut them."""
