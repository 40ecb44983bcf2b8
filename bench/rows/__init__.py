"""One file per question asked of our speed."""
