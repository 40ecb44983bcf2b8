"""The same consumption as one writes it with Django REST framework's serializers and the ORM: the peer of our API.

The same tables, constraints, middleware and server; only the way of writing differs.
"""
