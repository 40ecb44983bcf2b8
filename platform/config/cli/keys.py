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
    """Encrypt and index every stored secret of persons anew, under the newest keys of the settings.

    \b
    1. add a higher version to KAYUN_DATA_KEYS or KAYUN_INDEX_KEYS, restart
    2. kayun rotate-keys            beside the running business; may be broken off and run again
    3. kayun rotate-keys --check    reports 0: the older version may leave the settings
    """
    start_django()
    from kernel.crypto import rotation
    from tenants.chains.versions import schemas_with_migrations

    act = rotation.prove_schema if prove else rotation.stale_count if check else rotation.rotate_schema
    said = "texts proved" if prove else "texts are not under the newest keys" if check else "texts moved"
    chosen = schemas or tuple(schemas_with_migrations())
    total = 0
    for schema in chosen:
        try:
            count = act(schema)
        except rotation.Undecryptable as error:
            raise click.ClickException(
                f"{schema}: cannot be decrypted with the keys of the settings: {error}"
            ) from None
        total += count
        if count:
            click.echo(f"{schema}: {count} {said}")
    click.echo(f"{total} {said} in {len(chosen)} schemas.")
    if check and total:
        raise click.exceptions.Exit(1)
