"""One digest, many forms; a room per form."""
