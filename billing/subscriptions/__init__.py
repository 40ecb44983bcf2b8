"""What a chain has subscribed to, what a change of it costs, and what its periods are charged."""
