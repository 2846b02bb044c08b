"""`tailrace run`: a blueprint, from here to Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tailrace.cli.blueprints import plan_of, read_blueprint, sources_of
from tailrace.cli.exits import exit_codes
from tailrace.cli.options import Config, FinalJson, Metrics, Quiet, Sets
from tailrace.cli.places import database_of
from tailrace.cli.running import Run, run_plan
from tailrace.runtime.application import Options


def run(
    blueprint: Annotated[str, typer.Argument(help="A blueprint's file, or the name of a packaged one: alerts.")],
    sets: Sets = [],  # noqa: B006
    config: Config = None,
    only: Annotated[list[str], typer.Option("--only", help="Run this streamlet and no other; repeat.")] = [],  # noqa: B006
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End when all that stands now is worked off.")
    ] = False,
    db: Annotated[str | None, typer.Option(help="The database; else .tailrace/APP.db.")] = None,
    memory: Annotated[
        bool, typer.Option("--memory", help="Keep everything in memory and forget it at the end.")
    ] = False,
    metrics: Metrics = None,
    quiet: Quiet = False,
    as_json: FinalJson = False,
) -> None:
    """Run a blueprint until Ctrl-C.

    Settings come, the strongest first, from --set, the environment (TAILRACE_STREAMLET_SETTING), --config, the
    blueprint, and the streamlet's default. Relative paths in volumes start where the blueprint's file is.

    Examples:

    \b
      tailrace run alerts --set source.paths=/var/log/app --set mailer.to=ops@example.com
      tailrace run blueprint.yaml --until-idle
      tailrace run blueprint.yaml --config prod.yaml --metrics 9464
      tailrace run blueprint.yaml --only split

    Exit code: 0 stopped or idle, 1 a streamlet has given up, 2 a fault in what was asked.
    """
    with exit_codes():
        text, name = read_blueprint(blueprint)
        plan = plan_of(text, name, sources_of(sets, config))
        base = Path(name).parent if Path(name).is_file() else Path()
        options = Options(exhaust=until_idle, only=frozenset(only) or None, base=base)
        database = None if memory else database_of(plan.app, db)
        code = run_plan(plan, Run(database, until_idle, quiet, as_json, metrics), options)
    raise typer.Exit(code)
