"""Stripe as it looks from here, for machines without an account there: beneath Stripe's own library, so that nothing
above it knows. It is the outside world: it knows nothing of the product, and the product reaches it only as it would
reach Stripe. Not installed in production.
"""
