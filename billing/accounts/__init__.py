"""What a chain has with the platform and what it owes: its two accounts in the public ledger."""
