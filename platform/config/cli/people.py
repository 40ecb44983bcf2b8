"""`kayun platform-user`: the platform's own staff, whom no page can make."""

import click

from config.cli.starting import start_django


@click.command("platform-user")
@click.argument("email")
@click.argument("name")
def platform_user(email: str, name: str) -> None:
    """Open an account for somebody who works for the platform: EMAIL is the log-in, NAME is what pages call her.

    The password is asked for, twice, and never stands on the command line; where nobody sits at a terminal it is read
    from standard input, as two lines. She logs in at /accounts/login/ of the base host, is sent to set up a second
    factor, and sees nothing before she has one; her own password she sets there too, or by "forgot password".
    """
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    start_django()
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    from kernel.db import in_public
    from tenants.people.services import AccountTaken, PasswordTooWeak, create_platform_user

    try:
        validate_email(email)
        with in_public():
            create_platform_user(email=email, name=name, password=password)
    except ValidationError as error:
        raise click.ClickException(f"{email} is no e-mail address.") from error
    except (AccountTaken, PasswordTooWeak) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{name} logs in as {email}, and sets up a second factor first.")
