"""How long a chain's account lasts, and telling its owner in time."""
