"""Members that the chain's own software keeps, filed here by its own numbers."""
