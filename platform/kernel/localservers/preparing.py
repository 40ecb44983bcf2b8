"""Roles, databases and rights, the same on a developer's machine and on a real server.

Two roles: `kayun_owner` owns schemas and tables, and runs migrations; `kayun_app` serves requests and owns nothing.
What the owner creates, the application may read and write; the books are narrowed by their own migrations.
"""

from typing import Final

import psycopg
from psycopg import sql

from kernel.localservers.errors import ServersError
from kernel.localservers.places import ADMIN_ROLE, APP_ROLE, OWNER_ROLE, Servers, with_database

_OWNER, _APP = sql.Identifier(OWNER_ROLE), sql.Identifier(APP_ROLE)

# In the database itself, as an administrator who is a member of the owner's role.
_RIGHTS: Final = """
CREATE SCHEMA IF NOT EXISTS ext AUTHORIZATION {owner};
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO {owner};
GRANT USAGE ON SCHEMA public, ext TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SCHEMAS TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SEQUENCES TO {app};
"""


def prepare_database(
    admin_url: str,
    *,
    name: str,
    owner_password: str | None = None,
    app_password: str | None = None,
    owner_creates_databases: bool = False,
    template: str | None = None,
) -> None:
    """Create or correct the two roles and the database `name`; can be repeated.

    `admin_url` names a role that may create roles and databases (superuser or not) and any database of the server.
    Passwords are set where given and left alone where not. `template` names a database to copy.
    Raises psycopg.Error as the server says it.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        _prepare_role(connection, OWNER_ROLE, password=owner_password)
        _prepare_role(connection, APP_ROLE, password=app_password)
        # What is prepared is the ledger's, by primary keys: its plan never depends on the values, but is made anew five
        # times for each connection and chain before PostgreSQL would believe that.
        connection.execute(sql.SQL("ALTER ROLE {} SET plan_cache_mode = force_generic_plan").format(_APP))
        if owner_creates_databases:
            connection.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(_OWNER))
        _prepare_database(connection, name, template=template)
    with psycopg.connect(with_database(admin_url, name), autocommit=True) as connection, connection.transaction():
        connection.execute(sql.SQL(_RIGHTS).format(owner=_OWNER, app=_APP))


def create_database(servers: Servers, name: str, *, template: str | None = None) -> Servers:
    """Create the database `name` on the local servers, rights and all; its addresses.

    `template` names a database to copy, for instance one that is already migrated. Raises psycopg.Error where the
    template is in use.
    """
    prepare_database(_admin(servers), name=name, template=template)
    return servers.for_database(name)


def drop_database(servers: Servers, name: str) -> None:
    """Drop the database `name` and whoever is connected to it; it need not exist."""
    with psycopg.connect(with_database(_admin(servers), ADMIN_ROLE), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _admin(servers: Servers) -> str:
    if servers.admin_url is None:
        raise ServersError(
            "Creating databases needs an administrator: set DATABASE_ADMIN_URL beside DATABASE_URL, "
            "or unset DATABASE_URL to use the local servers."
        )
    return servers.admin_url


def _prepare_role(connection: psycopg.Connection, role: str, *, password: str | None) -> None:
    name = sql.Identifier(role)
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if not exists:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    if password is not None:
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))
    connection.execute(sql.SQL("ALTER ROLE {} SET search_path = public, ext").format(name))


def _prepare_database(connection: psycopg.Connection, name: str, *, template: str | None) -> None:
    # An administrator who is no superuser must be a member of the owner's role to hand a database to it.
    superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if superuser != (True,):
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(_OWNER))
    database = sql.Identifier(name)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        source = sql.Identifier(template or "template0")
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} ENCODING 'UTF8'").format(database, _OWNER, source)
        )
    # No TEMPORARY for the application: a temporary table is looked up before every schema and could stand in for one.
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, _APP))
