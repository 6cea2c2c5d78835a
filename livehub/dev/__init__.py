"""What is there in `demo` alone, so that a day can be played in minutes."""
