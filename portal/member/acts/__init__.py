"""What a member does by herself: one module for each matter, and the page from which they are reached."""
