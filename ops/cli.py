"""The `consultline` command. Each command's work lies in a module of its own, imported only when it runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ops.errors import explained
from ops.serve import Server
from runtime.settings import load
from schema.delivery import State
from schema.scopes import Scope

app = typer.Typer(help="The consultation phone line.", no_args_is_help=True, pretty_exceptions_enable=False)
db = typer.Typer(help="The database.", no_args_is_help=True)
asterisk = typer.Typer(help="Asterisk.", no_args_is_help=True)
token = typer.Typer(help="Tokens for the API.", no_args_is_help=True)
audit = typer.Typer(help="Who did what: written down so that nobody can alter it unseen.", no_args_is_help=True)
outbox = typer.Typer(help="What the platform and providers are told.", invoke_without_command=True)
app.add_typer(db, name="db")
app.add_typer(token, name="token")
app.add_typer(asterisk, name="asterisk")
app.add_typer(outbox, name="outbox")
app.add_typer(audit, name="audit")

out = Console(highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


def main() -> None:
    """Run a command. What an operator can mend ends as one message and exit code 1, never as a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        message = explained(error)
        if message is None:
            raise
        Console(stderr=True, highlight=False, soft_wrap=True).print(message, style="red", markup=False)
        raise SystemExit(1) from None


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("not an instant; for example 2026-11-23T09:00:00-05:00") from None
    if instant.tzinfo is None:
        raise typer.BadParameter("no offset; for example 2026-11-23T09:00:00-05:00, or end it with Z for UTC")
    return instant


@app.command()
def up() -> None:
    """Bring the whole line up on this machine and keep it up; Ctrl-C stops all of it."""
    from ops.up import stay_up  # noqa: PLC0415

    stay_up(load(), out)


@app.command()
def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the demo's folder with every log and SIP message.")
    ] = False,
) -> None:
    """Bring up a line of its own, place one real call through it, and show the call as a timeline."""
    from ops.demo.story import tell  # noqa: PLC0415

    tell(load(), out, keep=keep)


@app.command()
def explain(
    caller: Annotated[
        str | None,
        typer.Option(
            help="The number that dials, as the trunk would send it; if not given it is asked for, and stands in no "
            "list of processes."
        ),
    ] = None,
    line_number: Annotated[
        str | None, typer.Option(help="The number of the line that is dialled; asked for as well.")
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(parser=_instant, metavar="INSTANT", help="With its offset; without: now.")
    ] = None,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="As if the caller number failed verification (A8).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Which consultation this caller would reach, and why each other candidate would not be it."""
    from ops.explain import explain as tell  # noqa: PLC0415

    caller = caller or typer.prompt("The number that dials", err=True)
    line_number = line_number or typer.prompt("The line's number", err=True)
    tell(load(), out, caller=caller, line_number=line_number, at=at, verified=not unverified, as_json=as_json)


@app.command()
def settings(as_json: Json = False) -> None:
    """Every setting with its value and where that comes from. Secrets are hidden."""
    from ops.show_settings import show  # noqa: PLC0415

    show(load(), out, as_json=as_json)


@app.command()
def run(server: Annotated[Server, typer.Argument(help="Which server.")]) -> None:
    """Run one of the line's servers in the foreground, for a supervisor or a container."""
    from ops.serve import run as serve  # noqa: PLC0415

    serve(server, load())


@outbox.callback()
def outbox_list(
    context: typer.Context,
    state: Annotated[
        list[State] | None, typer.Option(help="Only these; may be repeated. Without: waiting, failing, given up.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most, oldest first.")] = 100,
    as_json: Json = False,
) -> None:
    """What waits to be told, what fails and why, and what was given up."""
    if context.invoked_subcommand is None:
        from ops.outbox import show  # noqa: PLC0415

        show(load(), out, states=state or [], most=most, as_json=as_json)


@outbox.command()
def resend(
    effect_id: Annotated[int | None, typer.Argument(metavar="[ID]", help="As `consultline outbox` shows it.")] = None,
    all_failed: Annotated[bool, typer.Option("--all-failed", help="All that failed or were given up.")] = False,
) -> None:
    """Send webhooks on their way again, now and for another three days. A text message only if it never went out."""
    from ops.outbox import resend as send_again  # noqa: PLC0415

    send_again(load(), out, effect_id=effect_id, all_failed=all_failed)


@app.command()
def rotate_key(
    check: Annotated[bool, typer.Option("--check", help="Change nothing: say what is under which key.")] = False,
) -> None:
    """Bring every phone number in the database under the newest key, while the line runs (docs/operating.md)."""
    from ops.rotate_key import rotate_key as rotate  # noqa: PLC0415

    if not rotate(load(), out, check=check):
        raise SystemExit(1)


@app.command()
def retention(
    now: Annotated[
        bool, typer.Option("--now", help="Take away all that is over, now and not within the hour.")
    ] = False,
    as_json: Json = False,
) -> None:
    """What is kept how long, and how much of it is over (docs/privacy.md). Takes nothing without --now."""
    from ops.retention import carry_out, show  # noqa: PLC0415

    (carry_out if now else show)(load(), out, as_json=as_json)


@db.command()
def upgrade() -> None:
    """Bring the database of LINE_DATABASE_URL to the newest shape, and add the line numbers of LINE_NUMBERS."""
    from ops.database import upgrade as bring_up_to_date  # noqa: PLC0415

    bring_up_to_date(load(), out)


@token.command()
def create(
    name: Annotated[str, typer.Option(help="What it is for; stands in the audit.")],
    scope: Annotated[
        list[Scope],
        typer.Option(
            help="read: what holds no phone number; portal: also lets providers in; texts: hands in texts, no more; "
            "platform: all. May be repeated."
        ),
    ] = [Scope.READ],  # noqa: B006 - typer reads it, nobody writes it
    expires: Annotated[
        str, typer.Option(metavar="DAYS|INSTANT|never", help="For example 90d, or 2027-01-31T00:00:00Z.")
    ] = "365d",
    as_json: Json = False,
) -> None:
    """Make a token for the API, and print it: this once. Without more it may read, for a year."""
    from ops.tokens import create as make  # noqa: PLC0415

    make(load(), out, name=name, scopes=set(scope), expires=expires, as_json=as_json)


@token.command("list")
def list_(as_json: Json = False) -> None:
    """Every token with its scopes and whether it is good; never the token itself."""
    from ops.tokens import show  # noqa: PLC0415

    show(load(), out, as_json=as_json)


@token.command()
def revoke(name: Annotated[str, typer.Argument(help="The token's name.")]) -> None:
    """Make a token good for nothing, from its next request on."""
    from ops.tokens import revoke as end  # noqa: PLC0415

    end(load(), out, name)


@audit.command("verify")
def audit_verify(
    since_head: Annotated[
        str | None,
        typer.Option(metavar="ID:HASH", help="A head that was printed earlier: the audit must still lead through it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Whether the audit is as it was written: no row altered, none missing, none added. Exit code 1 if it is not.

    Prints the head. Note it where nobody of this database can reach: it proves the audit up to there.
    """
    from ops.audit import verify  # noqa: PLC0415

    if not verify(load(), out, since_head=since_head, as_json=as_json):
        raise SystemExit(1)


@audit.command("list")
def audit_list(
    action: Annotated[
        list[str] | None, typer.Option(help="Only these, for example provider.changed; may be repeated.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(parser=_instant, metavar="INSTANT", help="Only from then on; with its offset.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most: the newest.")] = 100,
    as_json: Json = False,
) -> None:
    """Who did what, and when, oldest first."""
    from ops.audit import show  # noqa: PLC0415

    show(load(), out, actions=action or [], since=since, most=most, as_json=as_json)


@asterisk.command()
def install() -> None:
    """Have an Asterisk ready: the machine's own, or one from Debian unstable in LINE_CACHE_DIR."""
    from ops.up import install_asterisk  # noqa: PLC0415

    install_asterisk(load(), out)


@asterisk.command()
def console(command: Annotated[str, typer.Argument(help="For example: core show channels")]) -> None:
    """What the console of this machine's running line says to a command."""
    from ops.asterisk.console import say  # noqa: PLC0415

    say(load(), command)


@asterisk.command()
def config(
    target: Annotated[Path, typer.Argument(help="The folder to write into.")],
    home: Annotated[Path, typer.Option(help="Where Asterisk keeps its files at run time.")] = Path(
        "/var/lib/consultline"
    ),
    modules: Annotated[Path, typer.Option(help="Where Asterisk's modules are.")] = Path("/usr/lib/asterisk/modules"),
    sounds: Annotated[Path | None, typer.Option(help="Write the recordings, too, into this folder.")] = None,
) -> None:
    """Write Asterisk's configuration for these settings, for an Asterisk that is run elsewhere."""
    from ops.asterisk.configuration import write, write_sounds  # noqa: PLC0415

    settings = load()
    write(settings, target, home=home, modules=modules)
    if sounds is not None:
        write_sounds(settings, sounds)


if __name__ == "__main__":
    main()
