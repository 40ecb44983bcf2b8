"""Stands in for a later release of tenants.stores."""
