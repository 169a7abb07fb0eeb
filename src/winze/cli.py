"""The verbs at the shell. Exit codes: 0 done, 1 errors in the data, 2 refused, 3 usage, 4 a bug of ours; 130, as shells
have it, where a person stopped the verb before it was done."""

from __future__ import annotations

import json
import os
import sys
import traceback
import unicodedata
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, CycloptsError, Parameter

DONE, DATA, REFUSED, USAGE, BUG, STOPPED = 0, 1, 2, 3, 4, 130
Language = Literal["en", "fr", "es", "zh-hans"]
Audience = Literal["partner", "internal", "public"]
HOME = Path(os.environ.get("WINZE_HOME", "winze-home"))

app = App(name="winze", help="Mineral supply chain due diligence that keeps working through a crisis.", version="0.1.0")
rules_app = App(name="rules", help="The rules Winze follows: list them, show one, check a folder of them.")
app.command(rules_app)
plan_app = App(name="plan", help="Mitigation plans and responses: what stands, what is due, what may happen next.")
app.command(plan_app)


class Stop(Exception):
    """Ends a verb with a sentence on standard error and an exit code."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@app.command
def check(
    files: Annotated[list[Path], Parameter(negative=())],
    *,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    lang: Language = "en",
    rejected: Path | None = None,
) -> int:
    """Reads files or folders and says what they are, what they hold and what is wrong with them.

    Parameters
    ----------
    files: The files, or folders of files.
    json_: Print one JSON array instead of lines.
    lang: The language of the sentences.
    rejected: Where to write the rows of one file that were not loaded, as a workbook (or .csv) to mend and send back.
    """
    from winze.formats import reading

    paths = [found for path in files for found in (reading.case_files(path) if path.is_dir() else [path])]
    absent = [path for path in paths if not path.exists()]
    if absent:
        raise Stop(USAGE, f"There is no file {absent[0]}.")
    if rejected and len(paths) != 1:
        raise Stop(USAGE, f"Rejected rows are written for one file at a time, not for {len(paths)}.")
    today = datetime.now(UTC).date()
    readings = [reading.after(reading.read(path), today) for path in paths]
    if rejected:
        _write_rejected(paths[0], readings[0], rejected, lang)
    if json_:
        text = json.dumps([_checked(found, lang) for found in readings], ensure_ascii=False, indent=1)
        print("\n".join(_shown(line) for line in text.split("\n")))
    else:
        for found in readings:
            _print_reading(found, lang)
    return DATA if any(found.failed for found in readings) else DONE


def _write_rejected(path: Path, found: Any, out: Path, lang: str) -> None:
    from winze.formats import rejected
    from winze.formats.whole import write_whole

    if out.exists() and out.samefile(path):
        raise Stop(REFUSED, "The rejected rows may not be written over the file they come from.")
    if not out.parent.is_dir():
        raise Stop(USAGE, f"There is no folder {out.parent}.")
    form = rejected.rejected_csv if out.suffix.lower() == ".csv" else rejected.rejected
    write_whole(out, form(path, found, lang))


def _checked(found: Any, lang: str) -> dict[str, Any]:
    from collections import Counter

    from winze.formats.cycle_json import problem

    return {
        "file": found.name,
        "sha256": found.sha256,
        "format": found.format,
        "version": found.version,
        "records": dict(sorted(Counter(s.kind for s in found.statements).items())),
        "problems": [
            {key: value for key, value in problem(item, lang).items() if key != "input"} for item in found.problems
        ],
    }


def _print_reading(found: Any, lang: str) -> None:
    from winze.engine.texts import hint, sentence

    kinds = _checked(found, lang)["records"]
    counted = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items()) or "–"
    _print(f"{found.name}: {found.format or '?'} {found.version or ''} {counted}")
    for same in _grouped(found.problems):
        first = same[0]
        where = ", ".join(_where(problem.origin) for problem in same[:5]) + (" …" if len(same) > 5 else "")
        times = f" ({len(same):,} times)" if len(same) > 1 else ""
        where = f" [{where}]" if where else ""
        _print(f"  {first.severity}{times}: {sentence(first, lang)} {hint(first, lang)}{where}")


def _grouped(problems: Any) -> list[list[Any]]:
    """Problems of one code together, in the order in which the code first occurs."""
    groups: dict[str, list[Any]] = {}
    for problem in problems:
        groups.setdefault(problem.code, []).append(problem)
    return list(groups.values())


def _where(origin: Any) -> str:
    return " ".join(str(part) for part in (origin.sheet, origin.row, origin.cell) if part is not None)


@app.command
def run(
    case: Path,
    *,
    as_of: date,
    out: Path,
    lang: Language = "en",
    audience: Audience = "partner",
) -> int:
    """Runs one due diligence cycle on a folder of files as of a day, and writes the report.

    Parameters
    ----------
    case: A folder of files as people send them.
    as_of: The day; nothing that became known later is used.
    out: Where to write report.html, risks.xlsx, problems.csv and cycle.json.
    lang: The language of the report.
    audience: Who will read it; decides what is shown.
    """
    from winze import cycle
    from winze.engine import rules
    from winze.engine.texts import say
    from winze.formats import case as cases
    from winze.formats import cycle_json, report
    from winze.formats.whole import write_whole

    if not case.is_dir():
        raise Stop(USAGE, f"There is no folder {case}.")
    if out.resolve() == case.resolve() or case.resolve() in out.resolve().parents:
        raise Stop(REFUSED, "The results may not go into the case folder: they would be read as its files.")
    rulebook = rules.load()
    told = cases.load(case, lambda found: _tell(say("run.read", lang, name=found.name, count=len(found.statements))))
    _tell(say("run.think", lang))
    weights = _weights(told.statements, as_of, lang)
    result = cycle.run(told.statements, rulebook, weights, as_of, inputs=told.inputs, problems=told.problems)
    _tell(say("run.write", lang, folder=out))
    out.mkdir(parents=True, exist_ok=True)
    written = report.write(result, out, lang, audience)
    write_whole(out / "cycle.json", cycle_json.dump(result))
    for line in report.summary(result, lang, audience):
        _print(line)
    names = ", ".join(sorted(["cycle.json", *(path.name for path in written)]))
    _print(say("run.written", lang, files=names, folder=out))
    failed = any(problem.severity == "error" for problem in result.problems)
    return DATA if failed else DONE


def _weights(statements: Any, as_of: date, lang: str) -> Any:
    """The newest learnt weights not later than the day; before the first of them, weights fitted to what the case
    itself knew. None where it holds too few answers, or the extra `learn` is not there: an expert's then speak."""
    from importlib.util import find_spec

    from winze.engine import models
    from winze.engine.texts import say

    learnt = models.in_force(as_of)
    if learnt or find_spec("scipy") is None:
        return learnt
    from winze.learn import backtest, training

    with suppress(backtest.TooFew):
        found = training.fit_all([s for s in statements if s.known(as_of)], as_of)
        _tell(say("run.refitted", lang, day=as_of.isoformat()))
        return found.models
    return {}


def _print(line: str) -> None:
    print(_shown(line))


def _tell(line: str) -> None:
    print(_shown(line), file=sys.stderr, flush=True)


def _shown(line: str) -> str:
    """One line as a terminal may show it: what a file smuggled in to steer the terminal, break the line or turn its
    direction is written out (in the form that JSON also reads)."""
    return "".join(
        f"\\u{ord(c):04x}" if c == "\x7f" else json.dumps(c)[1:-1] if unicodedata.category(c) in _STEERING else c
        for c in line
    )


_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@app.command(name="backtest")
def backtest_(
    files: Annotated[list[Path], Parameter(negative=())],
    *,
    from_: Annotated[date, Parameter(name="--from")],
    to: date,
    lead: int = 0,
    target: Literal["armed_interference", "non_state_interference", "state_interference"] = "armed_interference",
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Judges the likelihood on visits it never saw, each by what was known before it, beside plain peers.

    Parameters
    ----------
    files: Files or folders with visits, and conflict counts where there are any.
    from_: The first day of the visits to judge.
    to: The last day.
    lead: How many days before a visit a statement must be dated; 0 takes what is dated strictly before its day.
    target: Which question.
    json_: Print one JSON object instead of tables.
    """
    _needs_learn()
    from winze.formats import judged
    from winze.learn import backtest

    if to < from_:
        raise Stop(USAGE, f"The period ends on {to}, before it starts on {from_}.")
    if lead < 0:
        raise Stop(USAGE, "A lead counts days before the visit: it cannot be negative.")
    told = _told(files)
    try:
        expert = _expert_of(target, from_)
        found = backtest.backtest([s for _, s in told.statements], target, from_, to, lead, expert)
    except backtest.TooFew as few:
        raise Stop(REFUSED, str(few)) from few
    if json_:
        print(json.dumps(judged.document(found, told.inputs), ensure_ascii=False, indent=1))
    else:
        for line in judged.lines(found, told.inputs):
            _print(line)
    return DONE


@app.command
def train(files: Annotated[list[Path], Parameter(negative=())], *, to: date, out: Path) -> int:
    """Fits the weights of the likelihood to visits known on a day and writes them as a dated file; refuses weights that
    are not better than plain peers on visits they had not seen.

    Parameters
    ----------
    files: Files or folders with visits, and conflict counts where there are any.
    to: The day whose knowledge to train on.
    out: The folder to write DAY.yaml into.
    """
    _needs_learn()
    from winze.engine import models
    from winze.formats.whole import write_whole
    from winze.learn import backtest, training

    target = out / f"{to.isoformat()}.yaml"
    try:
        found = training.train([s for _, s in _told(files).statements], to)
    except backtest.TooFew as few:
        raise Stop(REFUSED, str(few)) from few
    for sentence in found.refused:
        _tell(sentence)
    out.mkdir(parents=True, exist_ok=True)
    write_whole(target, models.write(found.models, found.answers, found.sources, to))
    print(target)
    return DONE


def _expert_of(target: str, day: date) -> Any:
    """The expert's weights of a target in force on a day; None for the source's own column, which no rule speaks of."""
    from winze.engine import rules
    from winze.engine.likelihood import FORCES, Model
    from winze.learn.backtest import TARGETS

    name = TARGETS[target]
    return Model.expert(f"likelihood/{name}", rules.load(), day) if name in FORCES else None


def _needs_learn() -> None:
    from importlib.util import find_spec

    if find_spec("scipy") is None:
        raise Stop(USAGE, "This verb needs the extra `learn`: install Winze as '.[learn]'.")


def _told(files: list[Path]) -> Any:
    """What files or folders tell, with the name of each; a file that cannot be read ends the verb."""
    from types import SimpleNamespace

    from winze.formats import case as cases
    from winze.formats import reading

    statements, inputs = [], []
    for path in files:
        if not path.exists():
            raise Stop(USAGE, f"There is no file {path}.")
        for each in reading.case_files(path) if path.is_dir() else [path]:
            found = reading.read(each, name=each.name)
            inputs.append(cases.as_input(found))
            statements += [(found.id, statement) for statement in found.statements]
    return SimpleNamespace(statements=statements, inputs=inputs)


@app.command
def explain(folder: Path, risk: str, *, lang: Language = "en") -> int:
    """Prints why a risk stands where it stands: its rule, its response, and every reason with its source.

    Parameters
    ----------
    folder: A folder that `winze run` wrote.
    risk: A rank ("1") or a risk's id.
    lang: The language of the sentences.
    """
    from winze.formats import explaining

    path = folder / "cycle.json"
    if not path.exists():
        raise Stop(USAGE, f"There is no cycle.json in {folder}: run `winze run` first.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as wrong:
        raise Stop(USAGE, f"{path} is not what `winze run` wrote: run it again.") from wrong
    lines = explaining.explain(document, risk, lang)
    if lines is None:
        raise Stop(USAGE, f"There is no risk {risk!r} in {path}.")
    for line in lines:
        _print(line)
    return DONE


@app.command
def template(name: str, path: Path, *, lang: Language = "en") -> int:
    """Writes one of our own small templates, empty, as CSV or XLSX.

    Parameters
    ----------
    name: sites, chain, step1, acts, closures, quotes, facts, plans or judgements.
    path: Where to; the ending decides between CSV and XLSX.
    lang: The language of its headings.
    """
    from winze.formats import templates

    if name not in templates.TEMPLATES:
        raise Stop(USAGE, f"There is no template {name!r}. There are: {', '.join(templates.TEMPLATES)}.")
    templates.write_template(name, path, lang)
    print(path)
    return DONE


@app.command(name="map")
def map_(file: Path, *, out: Path | None = None) -> int:
    """Proposes how the columns of your own workbook fit our templates, as a YAML file to correct and keep beside it.

    Parameters
    ----------
    file: Your workbook or CSV.
    out: Where to write the proposal; by default beside the file, as FILE.map.yaml.
    """
    from winze.formats import mapping
    from winze.formats.whole import write_whole

    if not file.exists():
        raise Stop(USAGE, f"There is no file {file}.")
    target = out or file.with_name(file.name + ".map.yaml")
    if target.exists():
        raise Stop(REFUSED, f"{target} exists already; it is yours and is not overwritten.")
    text = mapping.to_yaml(mapping.propose(file))
    write_whole(target, text)
    print(text, end="")
    print(target, file=sys.stderr)
    return DONE


@app.command
def formats() -> int:
    """Lists the formats that are read, and our templates."""
    from winze.engine import rules
    from winze.formats import reading, templates

    rulebook = rules.load()
    for reader in reading.readers():
        try:
            card = rulebook.source(reader.source)
            print(f"{reader.format:20} {card.publisher}: {card.title['en']}")
        except KeyError:
            print(f"{reader.format:20}")
    print(f"{'templates':20} {', '.join(templates.TEMPLATES)}")
    return DONE


@app.command
def example(folder: Path, *, case: Literal["great-lakes", "andes"] = "great-lakes") -> int:
    """Writes a small example case: a synthetic chain over cited facts of 2020.

    Parameters
    ----------
    folder: Where to.
    case: Which region.
    """
    from winze import example as examples

    if folder.exists() and any(folder.iterdir()):
        raise Stop(REFUSED, f"{folder} is not empty; nothing was written.")
    for path in examples.write(folder, case):
        print(path)
    return DONE


@app.command
def serve(*, home: Path = HOME, port: int = 8000, host: str = "127.0.0.1") -> int:
    """Serves the workbench: one register for a team, with its jobs, until stopped.

    Parameters
    ----------
    home: The folder the register lives in; made where there is none.
    port: 0 takes any free one.
    host: The address to listen on; the default is reached from this machine only.
    """
    from winze.workbench import serving

    def began(supervisor: serving.Supervisor) -> None:
        if supervisor.first_link:
            _print(f"found your organisation here, once: {supervisor.first_link}")
        _print(f"ready {supervisor.url}")

    try:
        serving.serve(home, port, host, began=began)
    except serving.Refused as refused:
        raise Stop(REFUSED, str(refused)) from None
    return DONE


@app.command
def demo(folder: Path = Path("demo"), *, port: int = 8000, once: bool = False, data: Path | None = None) -> int:
    """Serves the workbench with both examples in it (and the real case, where there is one), to look around in.

    Parameters
    ----------
    folder: The folder the register lives in.
    port: 0 takes any free one.
    once: Stop after the page has answered.
    data: A folder of real files that holds cases/great-lakes-2020.
    """
    from winze.workbench import serving, starting

    try:
        starting.demo(folder, port, once=once, data=data, tell=_print)
    except serving.Refused as refused:
        raise Stop(REFUSED, str(refused)) from None
    return DONE


@app.command
def verify(*, home: Path = HOME, head: str | None = None) -> int:
    """Checks the journal from its first event to its head: prints how many events it holds, or the first that is
    missing, changed or out of order.

    Parameters
    ----------
    home: The folder the register lives in.
    head: A head printed earlier (or its first characters): is it still in the journal, or was its end cut off?
    """
    _enter(home)
    from winze.workbench import backups

    lines, well = backups.verify(head)
    for line in lines:
        _print(line)
    return DONE if well else DATA


@app.command
def backup(
    *, home: Path = HOME, out: Path | None = None, with_key: Annotated[bool, Parameter(negative=())] = False
) -> int:
    """Writes the whole register into one file, while it is served: database, files, and a manifest with their hashes.

    Parameters
    ----------
    home: The folder the register lives in.
    out: The file to write; by default into the home's folder `backups`, named by day and head of the journal.
    with_key: Put the home's secret key in too. Whoever has it can forge sessions: keep such a file locked away.
    """
    _enter(home)
    from winze.workbench import backups

    made = backups.backup(home, out, with_key=with_key)
    _print(f"{made.path}: {made.files} files, {made.events} events, head {made.head}")
    return DONE


@app.command
def restore(file: Path, *, home: Path) -> int:
    """Brings a backup back, into a new or empty folder only; checks every hash and the journal before it stands.

    Parameters
    ----------
    file: What `winze backup` wrote.
    home: The folder to make.
    """
    from winze.workbench import backups

    made = backups.restore(file, home)
    _print(f"{home}: {made.files} files, {made.events} events, head {made.head}")
    return DONE


@app.command
def doctor(*, home: Path = HOME, mend: Annotated[bool, Parameter(negative=())] = False) -> int:
    """Examines a home: database, migrations, journal, files, disk, worker, permissions, key, jobs, clock.

    Parameters
    ----------
    home: The folder the register lives in.
    mend: Also remove what a killed process left half written. Nothing else is ever changed.
    """
    _enter(home)
    from winze.workbench import doctor as examining

    found = examining.examine(home, mend=mend)
    for one in found:
        _print(f"{'well' if one.well else 'WRONG':5}  {one.what}: {one.said}")
    return DONE if all(one.well for one in found) else DATA


def _enter(home: Path) -> None:
    """Starts Django on a home that is there."""
    from winze.workbench import home as homes

    if not homes.is_home(home):
        raise Stop(USAGE, f"There is no register in {home}: `winze serve --home {home}` makes one.")
    homes.enter(home)
    import django

    django.setup()


@plan_app.command
def mitigation(
    case: Path,
    *,
    as_of: date,
    risk: str | None = None,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    lang: Language = "en",
    audience: Audience = "internal",
) -> int:
    """Shows the plans of a case as of a day, recorded and proposed: where each stands, what is due, what may happen
    next, what may not and by which rule, and the harm of leaving.

    Parameters
    ----------
    case: A folder of files as people send them.
    as_of: The day; nothing that became known later is used.
    risk: Only the plan of this risk (a rank or an id) or of this key.
    json_: Print one JSON array, as in cycle.json.
    lang: The language of the sentences.
    audience: Who will read it; decides what is shown.
    """
    from winze.engine.texts import say
    from winze.formats import cycle_json, planning

    result = _cycle(case, as_of, lang)
    shown = planning.lines(result, lang, audience, risk)
    if risk is not None and not shown:
        raise Stop(USAGE, f"There is no plan and no ranked risk {risk!r}.")
    if json_:
        kept = [cycle_json.plan(line.plan, as_of, lang) for line, _ in shown]
        text = json.dumps(kept, ensure_ascii=False, indent=1)
        print("\n".join(_shown(line) for line in text.split("\n")))
    else:
        for line in [said for _, told in shown for said in told] or [say("plan.nothing", lang)]:
            _print(line)
    return DATA if any(problem.severity == "error" for problem in result.problems) else DONE


def _cycle(case: Path, as_of: date, lang: str) -> Any:
    from winze import cycle
    from winze.engine import rules
    from winze.engine.texts import say
    from winze.formats import case as cases

    if not case.is_dir():
        raise Stop(USAGE, f"There is no folder {case}.")
    told = cases.load(case, lambda found: _tell(say("run.read", lang, name=found.name, count=len(found.statements))))
    weights = _weights(told.statements, as_of, lang)
    return cycle.run(told.statements, rules.load(), weights, as_of, inputs=told.inputs, problems=told.problems)


@plan_app.command
def record(
    case: Path,
    *,
    plan: str,
    day: date,
    act: str,
    role: str,
    person: str | None = None,
    concerns: str | None = None,
    figure: str | None = None,
    remark: str | None = None,
    lang: Language = "en",
) -> int:
    """Records one act on a plan in the case's own file, if the rules permit it; writes nothing if they do not.

    Parameters
    ----------
    case: The folder of the case.
    plan: The key of the plan, for example P-2020-01.
    day: The day of the act.
    act: What was done, for example propose, adopt, suspend; see docs/reference/workflows.md.
    role: owner, approver, outside or party.
    person: Who did or signed it.
    concerns: What or whom it concerns; to propose, a risk's id or its rank on that day.
    figure: The figure the act asks for.
    remark: The document it rests on, the words of a reply, or why a figure is unknown.
    lang: The language of the sentences.
    """
    from winze.engine.problems import Refusal
    from winze.engine.texts import hint, refusal, refuse, say, sentence
    from winze.formats import case as cases
    from winze.formats import recording

    if not case.is_dir():
        raise Stop(USAGE, f"There is no folder {case}.")
    if act == "propose" and concerns and concerns.isdigit():
        concerns = _ranked(_cycle(case, day, lang), concerns)
    cells = {"plan": plan, "date": day.isoformat(), "act": act, "person": person, "role": role, "concerns": concerns,
             "figure": figure, "remark": remark}  # fmt: skip
    drafted = recording.draft(case, cells, lang)
    if drafted.repeats:
        raise Stop(REFUSED, refusal(refuse("workflow/plan", "refused.recorded"), lang))
    if drafted.statement is None or drafted.problems:
        wrong = [f"{sentence(p, lang)} {hint(p, lang)}" for p in drafted.problems]
        raise Stop(USAGE, " ".join(wrong) or say("plan.unreadable", lang))
    refused = recording.judge(cases.load(case).statements, drafted.statement)
    if isinstance(refused, Refusal):
        raise Stop(REFUSED, refusal(refused, lang))
    recording.write(drafted)
    _print(say("plan.recorded", lang, file=drafted.path.name, row=drafted.row))
    return DONE


def _ranked(result: Any, rank: str) -> str:
    found = next((risk.id for risk in result.risks if str(risk.rank) == rank), None)
    if found is None:
        raise Stop(USAGE, f"There is no risk of rank {rank} on that day.")
    return str(found)


@rules_app.command(name="list")
def list_rules(*, lang: Language = "en") -> int:
    """Lists every rule: id, title, document, whether its wording was confirmed."""
    from winze.engine import rules

    for row in rules.load().as_table(lang):
        print("  ".join(row))
    return DONE


@rules_app.command(name="show")
def show_rule(rule: str, *, lang: Language = "en", as_of: date | None = None) -> int:
    """Shows one rule: its figures by date, its source, and whether it was confirmed.

    Parameters
    ----------
    rule: The rule's id, as `winze rules list` gives it.
    lang: The language of the texts.
    as_of: The day whose figures to mark as in force; today by default.
    """
    from winze.engine import rules

    try:
        print(rules.load().show(rule, lang, as_of or datetime.now(UTC).date()))
    except KeyError as wrong:
        raise Stop(USAGE, f"There is no rule {rule!r}; see `winze rules list`.") from wrong
    return DONE


@rules_app.command(name="check")
def check_rules(folder: Path | None = None) -> int:
    """Checks the rules for form and citations.

    Parameters
    ----------
    folder: A folder of rules; by default the ones Winze came with.
    """
    from winze.engine import models, rules

    found = [*rules.check(folder), *models.check(None if folder is None else folder / models.FOLDER)]
    for problem in found:
        print(problem)
    return DATA if found else DONE


def main(arguments: list[str] | None = None) -> None:
    """Runs one verb and exits with its code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(outcome(arguments))


def outcome(arguments: list[str] | None = None) -> int:
    """The exit code of one verb, after it printed what it had to say."""
    from winze.engine.problems import Refusal

    try:
        command, bound, _ = app.parse_args(arguments, exit_on_error=False, print_error=True)
        result = command(*bound.args, **bound.kwargs)
        return result if isinstance(result, int) else DONE
    except CycloptsError:
        return USAGE
    except Stop as stop:
        _tell(str(stop))
        return stop.code
    except Refusal as refusal:
        _tell(refusal.sentence)
        return REFUSED
    except BrokenPipeError:
        return DONE
    except KeyboardInterrupt:
        return STOPPED
    except OSError as wrong:
        _tell(f"{wrong.filename or ''}: {wrong.strerror or wrong}".removeprefix(": "))
        return USAGE
    except Exception:
        traceback.print_exc()
        _tell("This is a bug of ours. Please report it with the lines above.")
        return BUG


if __name__ == "__main__":
    main()
