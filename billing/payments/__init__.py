"""How money reaches the chains' accounts: top-ups, saved cards, automatic top-ups, refunds."""
