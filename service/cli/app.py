"""The command tree. A command's own module is imported when the command is asked for: of forty, one is."""

from __future__ import annotations

from collections.abc import Callable, Container
from copy import copy
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer

from service.cli.statuses import exit_status_section

_CONTEXT = {"help_option_names": ["-h", "--help"]}
_ELSEWHERE: dict[Callable[..., Any], str] = {}
"""Where the command stands, by what stands in its place until it is asked for."""

app = typer.Typer(
    name="holdfast",
    no_args_is_help=True,
    add_completion=False,
    # Rich's help costs 0.1 s, and text that can be diffed is worth more than its frames.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_CONTEXT,
    epilog=exit_status_section(no="the answer is no; the command's own help says which"),
)


def _group(name: str, short: str, text: str) -> typer.Typer:
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings=_CONTEXT,
        epilog=exit_status_section(no="the answer is no; the command's own help says which"),
    )
    app.add_typer(group, name=name, short_help=short, help=text)
    return group


def _add(group: typer.Typer, name: str, command: str, short: str, *, no: str) -> None:
    """One more command.

    command : `module:function`, of this folder.
    short : its line in the list of commands.
    no : what status 1 means.
    """

    def elsewhere() -> NoReturn:
        raise AssertionError(f"{command} was called before it was imported")

    _ELSEWHERE[elsewhere] = command
    group.command(name, short_help=short, epilog=exit_status_section(no=no), context_settings=_CONTEXT)(
        elsewhere
    )


def _imported(callback: Callable[..., Any]) -> Callable[..., int]:
    module, _, function = _ELSEWHERE[callback].partition(":")
    found: Callable[..., int] = getattr(import_module(f"service.cli.{module}"), function)
    return found


def command_line(words: Container[str] | None = None) -> typer.Typer:
    """The tree, with those commands imported whose names are among `words`; None means all of them."""
    return _grown(app, words)


def _grown(group: typer.Typer, words: Container[str] | None) -> typer.Typer:
    grown = copy(group)
    grown.registered_commands = [copy(command) for command in group.registered_commands]
    grown.registered_groups = [copy(below) for below in group.registered_groups]
    for command in grown.registered_commands:
        if command.callback is not None and _is_among(words, command.name):
            command.callback = _imported(command.callback)
    for below in grown.registered_groups:
        assert below.typer_instance is not None
        below.typer_instance = _grown(below.typer_instance, words if _is_among(words, below.name) else ())
    return grown


def _is_among(words: Container[str] | None, name: str | None) -> bool:
    return words is None or name in words


def _version(asked: bool) -> None:
    if asked:
        from service.version import version

        typer.echo(f"holdfast {version()}")
        raise typer.Exit


@app.callback()
def holdfast(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show where in the code an error arose (also: HOLDFAST_DEBUG=1)."),
    ] = False,
) -> None:
    """Package, tier and plan the storage of digital natural history collections.

    \b
    EXAMPLES
      holdfast init
      holdfast deposit photos --collection nhmuk-pinned
      holdfast tier plan --now +400d -o plan.json
      holdfast tier apply plan.json
      holdfast verify
      holdfast capacity run scenario.toml -o projection.zarr
      holdfast report capacity projection.zarr -o report.html
    """


_add(app, "init", "init:init", "Write commented settings to begin with.", no="never")
_add(
    app,
    "deposit",
    "deposit:deposit",
    "Bag images, store the bags and read them back.",
    no="part of the source is in no bag (it is named), or a store gave back other bytes than it should",
)
_add(
    app,
    "find",
    "find:find",
    "List the images that are held.",
    no="never: finding nothing is an answer without rows",
)
_add(
    app,
    "get",
    "get:get",
    "Read one image back, and check it.",
    no="there is no such image, or no copy of it is what was recorded",
)
_add(app, "verify", "verify:verify", "Read every copy again, and compare.", no="a copy is damaged or missing")
_add(
    app,
    "withdraw",
    "withdraw:withdraw",
    "Take images out of what is found and given out.",
    no="there is no such package or image, or what was to be undone is not withdrawn",
)
_add(
    app,
    "export",
    "export:export",
    "Write a package as a plain BagIt folder.",
    no="there is no such package, or no copy of it is what was recorded",
)
_add(
    app,
    "receipt",
    "receipt:receipt",
    "Write the receipt of a deposit again: a page and JSON.",
    no="there is no such package",
)
_add(app, "validate", "validate:validate", "Check any BagIt bag, ours or not.", no="a bag is not valid")

_tier = _group(
    "tier",
    "Make the stores what the policy says: plan, apply, status.",
    """Make the stores what the policy says.

    A plan is made and shown, then applied, exactly as it was shown.

    \b
    EXAMPLES
      holdfast tier plan --now +400d -o plan.json
      holdfast tier apply plan.json
      holdfast tier status
    """,
)
_add(
    _tier,
    "plan",
    "tier:plan",
    "Show the moves that the policy asks for, with bytes, money and hours.",
    no="something that the policy wants cannot be done; it is listed as refused",
)
_add(
    _tier,
    "apply",
    "tier:apply",
    "Make exactly the moves of a plan.",
    no="the plan no longer fits, or a move did not succeed; nothing was lost",
)
_add(
    _tier,
    "status",
    "tier:status",
    "Say what each store holds, and what is below the policy.",
    no="a package has fewer copies than the policy wants",
)

_collection = _group(
    "collection",
    "Pixels and specimens ready for analysis: build, look, open.",
    """Pixels and specimens ready for analysis: OME-Zarr or TileDB, and one Parquet table.

    A collection is made of the originals in bags, and can be made again from them.

    \b
    EXAMPLES
      holdfast collection build --collection nhmuk-pinned
      holdfast collection open nhmuk-pinned-zarr-0f3a52c1d9e4.1
    """,
)
_add(
    _collection,
    "build",
    "collection:build",
    "Make a collection of the images in bags.",
    no="some images could not be built; they are named, the others are held",
)

_add(
    _collection,
    "window",
    "collection_window:window",
    "Read part of an image, by the tiles it touches.",
    no="there is no such image, or no copy of it is what was recorded",
)
_add(
    _collection,
    "open",
    "collection_open:open_",
    "Print the lines of Python that open an image.",
    no="there is no such image",
)
_add(
    _collection,
    "rebuild",
    "collection_rebuild:rebuild",
    "Prove that a collection can be made again from its bags.",
    no="an image that was made again is not what is held",
)
_policy = _group(
    "policy",
    "Check a policy, explain what it decides, compare two.",
    """Check a policy, explain what it decides, compare two.

    \b
    EXAMPLES
      holdfast policy check policy.toml
      holdfast policy explain nhmuk-pinned-0f3a52c1d9e4
      holdfast policy diff policy.toml policy-2027.toml
    """,
)
_add(
    _policy,
    "check",
    "policy:check",
    "Read a policy file and say what it does.",
    no="a rule can never match, or wants a tier that no store is in",
)
_add(
    _policy,
    "explain",
    "policy:explain",
    "Say why a package lies where it does.",
    no="there is no such package",
)
_add(
    _policy,
    "diff",
    "policy:diff",
    "Say what another policy would change, with bytes and money.",
    no="packages would be placed otherwise",
)
_add(
    app,
    "audit",
    "audit:audit",
    "Read the copies again that were read longest ago.",
    no="a copy is damaged or missing, or there are objects that nobody knows",
)
_add(
    app,
    "repair",
    "audit:repair",
    "Mend copies that are damaged or missing.",
    no="a copy could not be mended",
)
_add(
    app,
    "recall",
    "recall:recall",
    "Wake packages that sleep, once their price is known.",
    no="something still sleeps, or cannot be had",
)
_add(
    app,
    "hold",
    "hold:hold",
    "Keep every copy of a package; or list what is held so.",
    no="there is no such package, or a copy of it is being removed",
)
_add(app, "release", "hold:release", "Take a hold away.", no="there is no such hold")
_stores = _group(
    "stores",
    "Try what a store claims before it is believed.",
    """Try what a store claims before it is believed.

    \b
    EXAMPLES
      holdfast stores probe cold
    """,
)
_add(
    _stores,
    "probe",
    "stores:probe",
    "Break every promise of a store on purpose, and look.",
    no="the store does not keep a promise, or lacks a protection that is asked for",
)
_add(
    _stores,
    "make",
    "stores:make",
    "Make the folder of a store that was added to the settings.",
    no="the catalogue knows of copies there, so that the store is not new",
)
_access = _group(
    "access",
    "Take in the stores' access logs, so that rules may speak of use.",
    """Take in the stores' access logs, so that rules may speak of use.

    \b
    EXAMPLES
      holdfast access import logs/2026-11-21-*
    """,
)
_add(_access, "import", "access:import_logs", "Take in S3 or CloudFront access logs.", no="never")

_catalogue = _group(
    "catalogue",
    "Check, rebuild or back up the ledger of what is held.",
    """Check, rebuild or back up the ledger of what is held.

    The catalogue can be lost: everything in it is in the stores, too.

    \b
    EXAMPLES
      holdfast catalogue check
      holdfast catalogue rebuild
      holdfast catalogue backup /mnt/safe/catalogue-2026-11-22
      holdfast catalogue restore /mnt/safe/catalogue-2026-11-22
    """,
)
_add(_catalogue, "check", "catalogue:check", "Compare the catalogue with the stores.", no="they disagree")
_add(
    _catalogue,
    "rebuild",
    "catalogue:rebuild",
    "Make the catalogue again from the stores alone.",
    no="something in the stores could not be understood; the rest was taken in",
)
_add(
    _catalogue,
    "backup",
    "catalogue:backup",
    "Copy the catalogue away, whole.",
    no="never",
)
_add(
    _catalogue,
    "restore",
    "catalogue:restore",
    "Bring a backup back where there is no catalogue.",
    no="there is a catalogue, the backup is damaged or of other holdings, or it lacks image indexes",
)

_capacity = _group(
    "capacity",
    "Project what the coming decades will need.",
    """Project what the coming decades will need, with the doubt shown.

    \b
    EXAMPLES
      holdfast capacity check scenario.toml
      holdfast capacity run scenario.toml -o projection.zarr
      holdfast capacity sensitivity scenario.toml
      holdfast capacity compare scenario.toml lossy.toml
    """,
)
_add(_capacity, "run", "capacity:run", "Project a scenario: bytes and money over the years.", no="never")
_add(
    _capacity,
    "rerun",
    "capacity:rerun",
    "Make a result again from what lies inside it.",
    no="the draws are others than those that were kept",
)
_add(
    _capacity,
    "check",
    "capacity_check:check",
    "Say what a scenario rests on, and what in it is old.",
    no="a number is old or has no source; the scenario can be run",
)
_add(
    _capacity,
    "compare",
    "capacity_compare:compare",
    "Say how two scenarios differ, and which inputs make it so.",
    no="never",
)
_add(
    _capacity,
    "sensitivity",
    "capacity_sensitivity:sensitivity",
    "Say which assumption moves the answer.",
    no="never",
)
_add(
    _capacity,
    "optimise",
    "capacity_optimise:optimise",
    "Find the cheapest policy that loses little enough.",
    no="no policy keeps the limits",
)
_add(
    _capacity,
    "calibrate",
    "capacity_calibrate:calibrate",
    "Measure the holdings, for a scenario.",
    no="never",
)
_add(
    _capacity,
    "backtest",
    "capacity_backtest:backtest",
    "Forecast from the past, and judge by what came after.",
    no="the band did not hold nine days in ten, or an exponential fit was better",
)
_add(
    _capacity,
    "actuals",
    "capacity_actuals:actuals",
    "Hold what happened against a plan.",
    no="something came outside the plan's 90 % band",
)

_report = _group(
    "report",
    "Write a report for those who decide: a page, a text.",
    """Write a report for those who decide: one file that opens anywhere and asks no server for anything.

    \b
    EXAMPLES
      holdfast report capacity projection.zarr -o report.html
      holdfast report holdings -o holdings.html
      holdfast report verify report.html
    """,
)
_add(
    _report,
    "capacity",
    "report_capacity:capacity",
    "Tell what will be needed, with the doubt shown.",
    no="never",
)
_add(
    _report,
    "holdings",
    "report_holdings:holdings",
    "Tell what is held, how well, and what is below the policy.",
    no="never",
)
_add(
    _report,
    "deposit",
    "report_deposit:deposit",
    "Tell of one deposit, with a sheet of its pictures.",
    no="there is no such deposit",
)
_add(
    _report,
    "plan-vs-actual",
    "report_plan_vs_actual:plan_vs_actual",
    "Hold a plan against what came, and against the plan before it.",
    no="never",
)
_add(
    _report,
    "tiering",
    "report_tiering:tiering",
    "Tell what a plan moves, for what money, and what was done.",
    no="never",
)
_add(
    _report,
    "verify",
    "report_verify:verify",
    "Make a page again from the data inside it, and compare.",
    no="the page does not say what its data say",
)

_terraform = _group(
    "terraform",
    "Hand plan and settings to the modules that make buckets.",
    """Hand the plan and the settings to the modules that make buckets.

    \b
    EXAMPLES
      holdfast terraform vars projection.zarr --year 2029
    """,
)
_add(
    _terraform,
    "vars",
    "terraform:write_vars",
    "Write a plan's quotas, days and alarms for Terraform.",
    no="never",
)

_add(
    app,
    "demo",
    "demo:demo",
    "Make the whole journey on a few made-up specimens.",
    no="a copy that the demo made does not verify",
)
