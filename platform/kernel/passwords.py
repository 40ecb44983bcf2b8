"""Hashing the passwords of staff and owners, within the host's bound on slow work (``kernel.slots``)."""

from django.contrib.auth.hashers import Argon2PasswordHasher

from kernel.slots import password_slots


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """Django's argon2id, of which only so many run on the host at once.

    Whoever checks or sets a password may meet ``kernel.slots.Busy``: nothing was compared, and nothing stored.
    """

    # A slot stands for one processor: more lanes would take those of the tills.
    parallelism = 1
    # OWASP's 19 MiB and two passes. Django's 100 MiB on one lane kept a cashier waiting for seconds on a busy host.
    memory_cost = 19 * 1024
    time_cost = 2

    def encode(self, password: str, salt: str) -> str:
        """The text to store for a password.

        Raises:
            Busy
        """
        return password_slots().run(lambda: super(BoundedArgon2PasswordHasher, self).encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Whether this is the password.

        Raises:
            Busy
        """
        return password_slots().run(lambda: super(BoundedArgon2PasswordHasher, self).verify(password, encoded))
