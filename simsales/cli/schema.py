"""``simsales schema``."""

from __future__ import annotations

import json

import click

from simsales.cli import options


@click.command()
@options.debug
def schema() -> None:
    """Print the JSON Schema of scenario files.

    By it an editor completes and checks them: the example scenarios name it in their first line, which
    editors with YAML support understand.

    \b
    Examples:
      simsales schema > scenario.schema.json
      head -1 scenarios/pod.yaml
    """
    from simsales.scenario import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
