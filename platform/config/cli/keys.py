"""`kayun rotate-keys`: what is encrypted, moved to the newest keys."""

import click

from config.cli.starting import start_django


@click.command("rotate-keys")
@click.option("--schema", "schemas", multiple=True, help="Only this schema; may be repeated. All by default.")
@click.option("--check", is_flag=True, help="Only count what is not under the newest keys; exit code 1 if anything is.")
@click.option(
    "--prove", is_flag=True, help="Only decrypt every text and compare its index; nothing is changed or shown."
)
def rotate_keys(schemas: tuple[str, ...], check: bool, prove: bool) -> None:
    """Encrypt and index every stored secret of persons anew, and every private file, under the newest keys of the
    settings.

    \b
    1. add a higher version to KAYUN_DATA_KEYS or KAYUN_INDEX_KEYS, restart
    2. kayun rotate-keys            beside the running business; may be broken off and run again
    3. kayun rotate-keys --check    reports 0: the older version may leave the settings
    """
    start_django()
    from kernel.crypto import rotation
    from kernel.db import PUBLIC_SCHEMA
    from kernel.files import rotation as files
    from kernel.files.sealing import SealBroken
    from kernel.files.services import FileGone
    from tenants.chains.versions import schemas_with_migrations

    texts = rotation.prove_schema if prove else rotation.stale_count if check else rotation.rotate_schema
    stored = files.prove_files if prove else files.stale_files if check else files.rotate_files
    said = "proved" if prove else "not under the newest keys" if check else "moved"
    chosen = schemas or tuple(schemas_with_migrations())
    total = 0
    for schema in chosen:
        try:
            # Files are a chain's: the platform's own schema has none.
            counts = (texts(schema), stored(schema) if schema != PUBLIC_SCHEMA else 0)
        except (rotation.Undecryptable, SealBroken, FileGone) as error:
            raise click.ClickException(
                f"{schema}: cannot be decrypted with the keys of the settings: {error}"
            ) from None
        total += sum(counts)
        if any(counts):
            click.echo(f"{schema}: {counts[0]} texts, {counts[1]} files {said}")
    click.echo(f"{total} texts and files {said} in {len(chosen)} schemas.")
    if check and total:
        raise click.exceptions.Exit(1)
