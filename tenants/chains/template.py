"""The script from which chains' schemas are made: a dump of the migrated template, to be renamed and replayed.

Never django-tenants' ``clone_schema``, which renames constraints and loses foreign keys.
"""

import hashlib
import re
from typing import Final

from django.conf import settings
from django.db import connections

from kernel import clock
from kernel.db import in_public, qualified, quote_schema
from tenants.chains.domain import TEMPLATE_SCHEMA
from tenants.chains.dumps import belongs_to_session, pg_dump
from tenants.chains.models import SchemaTemplate
from tenants.chains.versions import OWNER, wanted

# Part of the fingerprint: raise it when the making of the script changes.
_SCRIPT_VERSION: Final = 2

_FIRST_ACL: Final = re.compile(r"^-- Name: .*; Type: ACL;", re.MULTILINE)


class TemplateMissing(Exception):
    """There is no template yet: ``kayun migrate`` has not been run."""


def fingerprint() -> str:
    """Names the template that the migrations on disk make."""
    names = ",".join(sorted(wanted(TEMPLATE_SCHEMA).names))
    return hashlib.sha256(f"{_SCRIPT_VERSION}:{names}".encode()).hexdigest()


def dump() -> str:
    """The template's script, with everything in it: tables, keys, triggers, rights, and the rows that come with it."""
    with pg_dump(f"--schema={TEMPLATE_SCHEMA}", "--rows-per-insert=200") as dumped:
        script = dumped.read().decode()
    # Rights are dumped as what is granted beyond none, but a new table starts with the owner's default privileges:
    # they are taken back first, or the application could change the books.
    script = _FIRST_ACL.sub(lambda header: _take_back_rights() + header[0], script, count=1)
    return "".join(line for line in script.splitlines(keepends=True) if not belongs_to_session(line))


def _take_back_rights() -> str:
    """By name: ``ON ALL TABLES IN SCHEMA`` would look through the tables of all schemas, in every replay."""
    with in_public(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute(
            """
            SELECT format('REVOKE ALL ON %%s %%I.%%I FROM %%I;',
                          CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname, relname, %s::text)
            FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
            WHERE nspname = %s AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') ORDER BY relname
            """,
            [settings.APP_ROLE, TEMPLATE_SCHEMA],
        )
        return "".join(f"{statement}\n" for (statement,) in cursor.fetchall())


def replace(script: str) -> None:
    """Keep this script; whoever is making a schema from the old one is waited for.

    Needs an open transaction in public, as the owner.
    """
    kept = SchemaTemplate.objects.using(OWNER)
    list(kept.select_for_update())
    kept.all().delete()
    kept.create(fingerprint=fingerprint(), script=script, made_at=clock.now())


def hold() -> SchemaTemplate:
    """The template, held against replacement until the transaction ends. Its script is read only when it is asked for.

    Raises:
        TemplateMissing
    """
    found = SchemaTemplate.objects.using(OWNER).raw(
        "SELECT id, fingerprint FROM public.chains_schematemplate FOR SHARE"
    )
    for template in found:
        return template
    raise TemplateMissing("run `kayun migrate` first")


def replay(template: SchemaTemplate, *, schema_name: str) -> None:
    """Make a schema from the script, in the caller's transaction."""
    script = template.script.replace(TEMPLATE_SCHEMA, quote_schema(schema_name).strip('"'))
    with qualified(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute(script)


def is_current() -> bool:
    """Whether the kept script is that of the migrations on disk."""
    with in_public(using=OWNER):
        return SchemaTemplate.objects.using(OWNER).filter(fingerprint=fingerprint()).exists()
