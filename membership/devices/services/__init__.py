"""What members' devices do. Each requires a transaction of the chain."""
