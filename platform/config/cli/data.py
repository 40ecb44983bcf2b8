"""Commands that work on the data: migrate, demo, audit, prepare-database, shell."""

import os

import click

from config.cli.starting import start_django


@click.command()
def migrate() -> None:
    """Bring public, the template, the spares and every chain up to date.

    Can be broken off and run again: what is done stays done. Chains go on working while it runs.
    """
    start_django()
    click.echo(migrate_all())


def migrate_all() -> str:
    """Migrate every schema, and say what was done; Django must be set up.

    Raises click.ClickException naming the chains that could not be migrated; they are as they were.
    """
    from tenants.chains.migrating import ChainsNotMigrated, migrate_everything

    try:
        outcome = migrate_everything()
    except ChainsNotMigrated as error:
        failed = "\n".join(f"  {schema}: {reason}" for schema, reason in error.outcome.failed.items())
        raise click.ClickException(
            f"These chains are as they were, all others are up to date:\n{failed}\n"
            "Mend the cause and run `kayun migrate` again."
        ) from error
    steps = sum(map(len, outcome.applied.values()))
    return f"{steps} migrations in {len(outcome.applied)} schemas" if steps else "nothing to migrate"


@click.command()
def demo() -> None:
    """Load the demo chain 云杉汽车生活 through the real services: six stores, staff, members, a year of activity.

    Does nothing when it is there already; prints the log-ins either way.
    """
    start_django()
    migrate_all()
    click.echo(load_demo())


@click.command("demo-code")
def demo_code() -> None:
    """Print the second factor of the demo's platform staff, whom `kayun demo` names: the six digits that are asked for
    after the password. Each works once and for half a minute. There is none in production.
    """
    start_django(servers=False)
    from config.demo.office import NoDemoHere, code_now

    try:
        click.echo(code_now())
    except NoDemoHere as error:
        raise click.ClickException(str(error)) from error


def load_demo() -> str:
    """Load the demo where it is not there yet, and say where to log in; Django must be set up and migrated."""
    from config.demo import load

    return str(load())


@click.command()
@click.option("--schema", "schemas", multiple=True, help="Only this schema; may be repeated. All by default.")
def audit(schemas: tuple[str, ...]) -> None:
    """Prove every balance from its entries and lots, in public and in every chain, and tie them to chains and cards.

    Prints each finding and ends with exit code 1 when there is any.
    """
    start_django()
    from billing.auditing import audit_platform
    from kernel.db import PUBLIC_SCHEMA
    from ledger.audit import audit_schema
    from membership.auditing import audit_chain

    count = 0
    checked = schemas or _schemas_with_a_ledger()
    for schema in checked:
        holders = audit_platform() if schema == PUBLIC_SCHEMA else audit_chain(schema)
        for finding in (*audit_schema(schema), *holders):
            click.echo(f"{schema}: {finding}")
            count += 1
    click.echo(f"{len(checked)} ledgers proved, {count} findings.")
    if count:
        raise click.exceptions.Exit(1)


def _schemas_with_a_ledger() -> tuple[str, ...]:
    """From the database's own catalog, so that no ledger escapes by missing in a list of chains."""
    from django.db import connections

    from kernel.db import qualified

    with qualified(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relname = 'ledger_posting' AND c.relkind IN ('r', 'p') ORDER BY n.nspname <> 'public', n.nspname"
        )
        return tuple(name for (name,) in cursor.fetchall())


@click.command("prepare-database")
@click.option(
    "--admin-url",
    envvar="DATABASE_ADMIN_URL",
    required=True,
    help="Address of a role that may create roles and databases, as postgresql://admin@host/postgres. "
    "Its password is best left to PGPASSWORD or ~/.pgpass.",
)
@click.option("--name", default="kayun", show_default=True, help="The database to create.")
def prepare_database(admin_url: str, name: str) -> None:
    """Create the two roles, the database and its rights on a real PostgreSQL server. Can be repeated.

    \b
    kayun_owner  owns schemas and tables; used by `kayun migrate` (DATABASE_OWNER_URL)
    kayun_app    reads and writes; used by web and worker (DATABASE_URL)

    Passwords come from KAYUN_OWNER_PASSWORD and KAYUN_APP_PASSWORD; where one is not set, that role's password stays
    as it is. On this machine none of this is needed: `kayun up` does it.
    """
    from kernel import localservers

    localservers.prepare_database(
        admin_url,
        name=name,
        owner_password=os.environ.get("KAYUN_OWNER_PASSWORD"),
        app_password=os.environ.get("KAYUN_APP_PASSWORD"),
    )
    click.echo(f"The database {name} is ready for kayun_owner and kayun_app. Next: kayun migrate")


@click.command()
def shell() -> None:
    """A Python shell with Django set up, in the public schema. Choose a chain with kernel.db.in_chain(...)."""
    start_django()
    from django.core.management import call_command

    call_command("shell")
