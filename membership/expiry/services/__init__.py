"""What ends by itself. Each act requires a transaction of the chain, except ``daily.run``, which opens its own."""
