"""The command ``quantperf``: the before/after report, the gallery, compiling ahead, and a look at the installation.

===========  =======================================================================================
``report``   measure every indicator before and after, and write HTML, JSON and Markdown
``warmup``   compile every kernel now, so that no first call has to
``gallery``  draw every indicator on real prices, and write a page and a table
``doctor``   show versions, processor and compiled kernels, and check results; say what to do
===========  =======================================================================================

Exit codes: 0 all well, 1 a result differs or something is wrong, 2 wrong usage, 3 measuring failed, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from quantperf import __version__
from quantperf.errors import MeasurementError, ParameterError, QuantperfError, UnknownIndicator

if TYPE_CHECKING:
    from quantperf.reports import Report, Step

WELL, WRONG, USAGE, FAILED, INTERRUPTED = 0, 1, 2, 3, 130
WIDTH = 120  # of tables that go to a file or a pipe


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; those of this process by default.
    """
    given = _parser().parse_args(arguments)
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        code: int = given.run(given)
    except (UnknownIndicator, ParameterError) as error:
        errors.print(f"quantperf {given.command}: {escape(str(error))}")
        return USAGE
    except MeasurementError as error:
        errors.print(f"quantperf {given.command}: {escape(str(error))}")
        return FAILED
    except (QuantperfError, OSError) as error:
        errors.print(f"quantperf {given.command}: {escape(str(error))}")
        return WRONG
    except KeyboardInterrupt:
        errors.print(f"quantperf {given.command}: interrupted; nothing was written")
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quantperf", description="Indicators as compiled kernels, proved equal to their plain versions."
    )
    parser.add_argument("--version", action="version", version=f"quantperf {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    _report_parser(_command(commands, "report", "measure every indicator before and after", _report))
    warmup = _command(commands, "warmup", "compile every kernel now, so that no first call has to", _warmup)
    warmup.add_argument("--force", action="store_true", help="compile anew what is compiled already")
    warmup.add_argument("--jobs", type=int, default=None, metavar="N", help="processes (default: one a processor)")
    gallery = _command(
        commands, "gallery", "draw every indicator on real prices, and write a page and a table", _gallery
    )
    gallery.add_argument("names", metavar="NAME", nargs="*", help="these indicators alone")
    gallery.add_argument("--out", metavar="DIR", type=Path, default=Path("gallery"), help="where to write (./gallery)")
    doctor = _command(commands, "doctor", "show what this installation has, check it, and say what to do", _doctor)
    doctor.add_argument("--store", metavar="DIR", type=Path, help="look at this store instead, every chunk of it")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    said: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=said, description=f"{said[0].upper()}{said[1:]}.")
    made.set_defaults(run=run)
    return made


def _report_parser(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Exit code 0: all results equal; 1: a result differs; 2: wrong usage; 3: measuring failed."
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("report"), help="where to write (./report)")
    parser.add_argument("--budget", metavar="SECONDS", type=float, help="of timed runs in all (60; quick: 9)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--only", metavar="NAME", nargs="+", help="these indicators alone")
    which.add_argument("--all", action="store_true", help="every indicator of the catalogue; takes a while")
    parser.add_argument("--processes", metavar="N", type=int, default=2, help="fresh processes for each row (2)")
    parser.add_argument("--no-cold", action="store_true", help="leave out first calls in fresh processes")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of the data and the order of runs (0)")
    parser.add_argument("--quick", action="store_true", help="a smoke run on little data: not for figures")


def _report(given: argparse.Namespace) -> int:
    from quantperf.config import settings
    from quantperf.indicators import CATALOG
    from quantperf.reports import before_after

    _check_folder(given.out)
    console = _console()
    quick = given.quick or settings().fast
    with _progress(console) as progress:
        report = before_after(
            list(CATALOG) if given.all else given.only,
            budget=given.budget,
            processes=given.processes,
            quick=quick,
            cold=not given.no_cold,
            custom=False,
            seed=given.seed,
            progress=progress,
        )
    paths = report.save(given.out)
    _show(console, report)
    for path in paths.values():
        console.print(f"  {escape(str(path))}", soft_wrap=True, highlight=False)
    return WELL if report.equal else WRONG


def _show(console: Console, report: Report) -> None:
    from quantperf.reports.tables import cells_of_start, terminal

    for table in terminal(report):
        console.print()
        console.print(table)
    console.print()
    for start in report.starts:
        what, cache, imported, called, both = cells_of_start(start)
        console.print(
            f"first call, {what}: import {imported} + call {called} = {both} (kernel cache: {cache})", highlight=False
        )
    console.print()
    console.print(f"[bold]{escape(report.sentence)}[/bold]", soft_wrap=True, highlight=False)
    if report.quick:
        console.print("quick: not for figures", style="yellow")


def _warmup(given: argparse.Namespace) -> int:
    from quantperf.indicators import CATALOG
    from quantperf.kernels._jit import JIT_ENABLED, cache_folder
    from quantperf.reports import Step
    from quantperf.reports.research import FIRST_CALLS
    from quantperf.reports.warmup import forget_idle, warm_up

    if not JIT_ENABLED:
        raise MeasurementError("kernels must be compiled to be kept, but NUMBA_DISABLE_JIT is set; unset it")
    console = _console()
    compiled = 0
    with _progress(console) as progress:
        total = len(CATALOG) + len(FIRST_CALLS)
        progress(Step(0, total, "compiling"))
        for place, (name, count) in enumerate(warm_up(force=given.force, jobs=given.jobs), start=1):
            compiled += count
            progress(Step(place, total, f"{name}: {count} compiled" if count else f"{name}: there already"))
    gone = forget_idle()
    folder = cache_folder()
    console.print(
        f"{len(CATALOG)} indicators, signals and patterns are ready; {compiled} kernels were compiled.", highlight=False
    )
    if folder is None:
        console.print(
            "Nothing was kept: the cache folder cannot be written; point QUANTPERF_CACHE_DIR to one that can."
        )
        return WRONG
    console.print(f"Kept in {escape(str(folder))}", soft_wrap=True, highlight=False)
    if gone:
        console.print(f"Removed {len(gone)} folders that nothing has used for 30 days.", highlight=False)
    return WELL


def _gallery(given: argparse.Namespace) -> int:
    from quantperf.reports import gallery

    _check_folder(given.out)
    console = _console()
    with _progress(console) as progress:
        drawn = gallery(given.names or None, progress=progress)
    table = given.out / "catalogue.md"
    paths = [drawn.save(given.out / "gallery.html"), table]
    table.write_text(drawn.markdown(), encoding="utf-8")
    console.print(f"{len(drawn)} indicators in {len(drawn.groups)} groups", highlight=False)
    for path in paths:
        console.print(f"  {escape(str(path))}", soft_wrap=True, highlight=False)
    return WELL


def _check_folder(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise ParameterError(f"--out must be a folder, but {str(path)!r} is a file")


def _doctor(given: argparse.Namespace) -> int:
    from quantperf.reports.doctor import examine, examine_store

    console = _console()
    problems = []
    for finding in examine() if given.store is None else examine_store(given.store):
        sign = "ok  " if finding.healthy else "[bold red]FAIL[/bold red]"
        console.print(f"{sign} {finding.what:<17} {escape(finding.said)}", soft_wrap=True, highlight=False)
        if not finding.healthy:
            problems.append(finding)
    for finding in problems:
        console.print(
            f"{escape(finding.what)}: {escape(finding.remedy)}", style="bold", soft_wrap=True, highlight=False
        )
    console.print("all well" if not problems else f"{len(problems)} to mend", highlight=False)
    return WRONG if problems else WELL


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=WIDTH)


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[Step], None]]:
    """Give a function that shows steps: a bar on a terminal, else a line for each tenth of the way."""
    if not console.is_terminal:
        shown = -1

        def line(step: Step) -> None:
            nonlocal shown
            tenth = 10 * step.done // max(step.total, 1)
            if tenth > shown:
                shown = tenth
                console.print(f"{step.done}/{step.total} {escape(step.text)}", soft_wrap=True, highlight=False)

        yield line
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda step: bar.update(task, completed=step.done, total=step.total, description=escape(step.text))
