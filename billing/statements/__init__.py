"""What moved on a chain's account in one calendar month, made once and never changed (账单)."""
