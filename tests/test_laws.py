"""The laws of the house, each checked by enumerating the code. Every exemption stands here with its reason."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from deliberation.phases import ALLOWED, NEXT_PHASES, READING, STATES, TEMPLATES, Action, Phase
from tests.inventory import (
    PROJECT,
    SAFE,
    action_functions,
    called_names,
    python_files,
    routes,
    writes_by_itself,
)

BIN = Path(sys.executable).parent
AUDITED = {"change", "site_change", "append_event", "_edited"}

WITHOUT_BY = {
    "accounts.change_details": "the account changes itself; nobody else can",
    "accounts.erase": "the account empties itself; nobody else can",
    "alerts.keep_figures": "derived figures, computed anew from the votes by a job",
    "summaries.announce": "a job tells the participants of what two persons signed",
    "replies.announce": "a job tells the participants of what a convenor published",
    "staff.add": "the command line: whoever may run it owns the installation",
    "staff.grant": "the command line",
    "staff.reset_password": "the command line",
    "staff.disable": "the command line",
    "staff.remove_factor": "the command line",
    "sessions.end": "the account ends its own session; nobody else can",
    "sessions.end_others": "the account ends its own sessions; nobody else can",
    "sessions.renew": "a step of changing one's password, inside its transaction",
    "factors.begin": "the account secures itself; nobody else can",
    "factors.confirm": "the account secures itself; nobody else can",
    "factors.give": "nobody is wholly signed in yet",
    "factors.renew_codes": "the account secures itself; nobody else can",
    "factors.switch_off": "the account changes itself; nobody else can",
    "factors.forget": "a step of switching off and of the command line, inside their transaction",
    "accounts.request_code": "nobody is signed in yet",
    "accounts.sign_in_with_code": "nobody is signed in yet",
    "accounts.sign_in_with_password": "nobody is signed in yet",
    "accounts.account_for": "a step of signing in, inside its transaction",
    "oidc.begin": "nobody is signed in yet",
    "oidc.finish": "nobody is signed in yet",
    "accounts.open_session": "signs in whoever has just proved who they are",
    "accounts.sign_out": "the token itself is the proof",
    "participants.organisation_named": "a step of joining, inside its transaction",
    "proposals.next_number": "a step of every action that adds a proposal, inside its transaction",
    "consultations.save_rounds": "a step of creating a consultation and of changing its rounds, inside the transaction",
    "moderation.let_stand_for": "a step of a merge and of an amendment, inside their transaction",
    "moderation.end_merges": "a step of every decision on a statement, inside its transaction",
    "assemblies.keep_progress": "a job says how far it is",
    "coalitions.seat": "a step of drafting and revising a line-up, inside their transaction",
    "escalations.escalate": "a job tells moderators and convenors of what is late",
    "retention.tidy": "a job deletes what nobody may keep for longer",
    "unsent.keep": "nobody is signed in any more; the ended session's own token is the proof",
    "unsent.discard": "the account throws away what it alone can see",
    "messages.choose": "the account says how it wants its messages; nobody else can",
    "messages.stop": "the address in the message is the proof",
    "messages.send_digests": "a job bundles what waits",
    "messages.give_up": "a job records that a mail server does not take a message",
    "messages.try_again": "an administrator, whom the site's door has checked",
    "notices.tell_rounds": "a job tells participants what the clock caused",
    "notices.remind_invited": "a job asks once more",
    "notices.tell_statements": "a job tells who asked for it",
    "news.tell": "a job tells authors what became of what they wrote",
    "news.ask_voters": "a job asks voters whose votes wait for an answer",
}
VOTES_ARE_NOT_LOGGED = "votes have no audit event: a chained copy would serialise votes and reveal their order"
WITHOUT_EVENT = {
    "unsent.keep": "a form that has not been sent has changed nothing",
    "unsent.discard": "a form that has not been sent has changed nothing",
    "messages.send_digests": "what was held goes out; the messages' rows record it",
    "messages.give_up": "the message's row records it",
    "notices.remind_invited": "the invitation's row records it",
    "notices.tell_statements": "the message's row records it",
    "charters.freeze_if_signed": "a step of signing and of leaving a coalition, which have the event",
    "votes.cast": VOTES_ARE_NOT_LOGGED,
    "votes.withdraw": VOTES_ARE_NOT_LOGGED,
    "votes.withdraw_all": VOTES_ARE_NOT_LOGGED,
    "votes.set_aside": VOTES_ARE_NOT_LOGGED,
    "votes.show_next": VOTES_ARE_NOT_LOGGED,
    "carrying.answer": VOTES_ARE_NOT_LOGGED,
    "carrying.carry_all": VOTES_ARE_NOT_LOGGED,
    "carrying.keep": VOTES_ARE_NOT_LOGGED,
    "news.ask_voters": VOTES_ARE_NOT_LOGGED,
    "votes.pack": "a second copy of votes, made by a job",
    "participants.object_to_use": VOTES_ARE_NOT_LOGGED,
    "responses.withdraw": VOTES_ARE_NOT_LOGGED,
    "responses.answer_item": VOTES_ARE_NOT_LOGGED,
    "responses.answer_overall": VOTES_ARE_NOT_LOGGED,
    "objections.make": "an event would tell the minute in which somebody objected; the signed summary has all answers",
    "alerts.keep_figures": "derived figures, computed anew from the votes by a job",
    "accounts.request_code": "signing in is no act on a consultation; the code's own row records it",
    "accounts.sign_in_with_code": "signing in is no act on a consultation; the session's row records it",
    "accounts.sign_in_with_password": "signing in is no act on a consultation; the session's row records it",
    "accounts.account_for": "signing in is no act on a consultation; the account's row records it",
    "oidc.begin": "a request that lapses",
    "oidc.finish": "signing in is no act on a consultation; the session's row records it",
    "accounts.open_session": "the session's row is the record",
    "accounts.sign_out": "ends the session's row",
    "sessions.renew": "a step of changing one's password, which has the event",
    "factors.begin": "a secret that nothing has confirmed yet counts for nothing",
    "factors.forget": "a step of switching off and of the command line, which have the event",
    "assemblies.keep_progress": "how far a job is; its answer has the event",
    "coalitions.add": "a step of drafting a coalition and of taking up a line-up, which have the event",
    "coalitions.seat": "a step of drafting and revising a line-up, which have the event",
    "participants.organisation_named": "a step of joining, which has the event",
    "proposals.next_number": "a step of adding a proposal, which has the event",
    "consultations.save_rounds": "a step of creating a consultation or changing its rounds, which has the event",
    "curation.restore_undecidable": "a step of recusal and of removing a curator, which have the event",
    "proposals.reword": "a step of an amendment, which has the event",
    "moderation.let_stand_for": "a step of a merge or an amendment, which has the event",
    "moderation.end_merges": "a step of a decision on a statement, which has the event",
}
READS_THOUGH_POST = {
    "POST /sign-out": "ends the visitor's own session, which anybody may",
    "POST /csp-reports": "a browser says what the policy refused; it is logged and changes nothing",
    "POST /me": "changes the account of who is signed in and nothing else",
    "POST /unsent/{number:uuid}/discard": "throws away a form of who is signed in that was never sent",
    "POST /me/messages": "how who is signed in wants their messages, and nobody else's",
    "POST /me/factor": "begins a second factor for the account of who is signed in",
    "POST /me/factor/confirm": "switches on the second factor of who is signed in",
    "POST /me/factor/change": "new recovery codes for who is signed in, or no second factor any more",
    "POST /me/sessions/{session_id:uuid}/end": "ends a session of who is signed in and nobody else's",
    "POST /me/sessions/end-others": "ends sessions of who is signed in and nobody else's",
    "POST /me/password": "changes the password of who is signed in and nothing else",
    "POST /me/data": "a form, so that no link and no prefetch starts a download; changes nothing",
    "POST /me/erase": "empties the account of who is signed in and nobody else's",
    "POST /c/{slug:str}/export": "a form, so that no link and no prefetch starts a download; changes nothing",
}
LONG_FILES = {
    "app/analysis/my_data.py": "one list of every column that leads to a person, read from top to bottom",
    "app/charts.py": "the geometry of eight charts, one after the other",
}
MARKUP = {
    "app/markdown.py": "what nh3 has cleaned, and our own handbook",
    "app/controllers/results.py": "what the templates rendered, escaped, kept for the next reader",
    "app/documents/handbook.py": "the type of what markdown.py made of our own files",
    "app/documents/pdf.py": "what standalone.py wrote as XML, escaped by ElementTree",
    "app/rendering.py": "the type of what markdown.py has cleaned",
    "app/language.py": "<bdi> around escaped text",
    "app/documents/wording.py": "citations around escaped text",
}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=180, check=False)


# -------- what other programs check


def test_imports_point_down_and_every_module_has_a_layer() -> None:
    done = run(str(BIN / "lint-imports"), "--no-cache")
    assert done.returncode == 0, done.stdout[-3000:]


def test_style_and_format_are_the_house_s() -> None:
    for words in (["check"], ["format", "--check", "--quiet"]):
        done = run(str(BIN / "ruff"), *words)
        assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.slow
def test_both_packages_are_strictly_typed() -> None:
    done = run(str(BIN / "mypy"), "--strict", "app", "deliberation")
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_web_application_loads_no_scikit_learn_and_no_scipy() -> None:
    code = (
        "import sys, app.main, app.controllers; app.controllers.routes(is_demo=True); "
        "heavy = {'sklearn', 'scipy', 'procrastinate', 'faker', 'weasyprint', 'dask', 'distributed'} & "
        "{name.split('.')[0] for name in sys.modules}; sys.exit(str(sorted(heavy)) if heavy else 0)"
    )
    done = run(sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr


async def test_migrations_are_in_step_with_the_tables(database: None) -> None:
    from piccolo.apps.migrations.commands.new import AutoMigrationManager

    from app.piccolo_app import APP_CONFIG

    statements = await AutoMigrationManager(auto_input="y").get_alter_statements(APP_CONFIG)
    assert [line for part in statements for line in part.statements] == []


# -------- actions


def test_an_action_takes_keywords_only_and_says_who_acts() -> None:
    for name, function in action_functions():
        if name in WITHOUT_BY or not (writes_by_itself(function) or called_names(function) & AUDITED):
            continue
        parameters = inspect.signature(function).parameters
        assert "by" in parameters, f"{name} does not say who acts: `by`"
        kinds = {parameter.kind for parameter in parameters.values()}
        assert kinds <= {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}, f"{name}: keywords only"


def test_an_action_writes_an_audit_event() -> None:
    for name, function in action_functions():
        audited = called_names(function) & AUDITED
        if name in WITHOUT_EVENT:
            assert not audited, f"{name}: the exemption is out of date"
        elif writes_by_itself(function):
            assert audited, f"{name}: what changes rows goes through change(), site_change() or append_event()"


def test_no_exemption_outlives_its_action() -> None:
    known = {name for name, _ in action_functions()}
    assert set(WITHOUT_BY) <= known
    assert set(WITHOUT_EVENT) <= known


def test_only_actions_the_queue_and_the_demo_change_rows() -> None:
    """Pages and analyses read. What they may write stands here: nothing."""
    for file in python_files("app/controllers", "app/analysis", "app/documents"):
        text = file.read_text()
        assert not re.search(r"\b(insert into|delete from|update \w+ set)\b", text, re.IGNORECASE), file
        assert ".save()" not in text, file


# -------- routes


def test_every_route_declares_an_action() -> None:
    known = set(Action)
    for route in routes():
        assert route.action in known, route.name


def test_a_route_that_changes_something_declares_no_action_that_only_reads() -> None:
    wrong = {route.name for route in routes() if route.method not in SAFE and Action(route.action) in READING}
    assert wrong == set(READS_THOUGH_POST)


def test_nothing_is_changed_by_following_a_link() -> None:
    """GET handlers call no action that writes an audit event, but for the desk that opens itself."""
    allowed = {"GET /c/{slug:str}/desk": "the first curator who comes finds the participants' slate laid out"}
    audited = {name for name, function in action_functions() if called_names(function) & AUDITED}
    for route in routes():
        if route.method in SAFE and route.name not in allowed:
            called = {re.sub(r"^.*\b(\w+\.\w+)$", r"\1", name) for name in called_names(route.function)}
            assert not called & audited, route.name


def test_every_action_of_the_table_is_carried_out_somewhere() -> None:
    """A right that no route, action or page uses would be a promise nobody keeps."""
    used = " ".join(file.read_text() for file in python_files("app"))
    waiting = {
        Action.ANALYSE: "analyses are asked for by votes and by the clock",
        Action.ARCHIVE: "a published consultation is archived by a later version",
    }
    for action in Action:
        if action not in waiting:
            assert f"Action.{action.name}" in used, action


# -------- the process


def test_every_phase_appears_in_both_tables() -> None:
    for phase in Phase:
        assert phase in NEXT_PHASES
        assert any(phase in following for following in NEXT_PHASES.values()), f"nothing leads to {phase}"
        state = f"{phase}:open"
        assert state in STATES
        assert any(state in states for row in ALLOWED.values() for states in row.values())
        assert any(phase in sequence for sequence in TEMPLATES.values())


# -------- words


FORBIDDEN = {
    "repness": "representativeness",
    "shortlist": "slate",
    "convener": "convenor",
    "convenings": "consultations",
    "facilitator": "moderator",
    "faction": "opinion group",
    "rating": "vote",
}
FORBIDDEN_IN_APP = FORBIDDEN | {"ideation": "proposal"}
FORBIDDEN_IN_TEMPLATES = FORBIDDEN_IN_APP | {
    "cluster": "opinion group",
    "camp": "opinion group",
    "embedding": "opinion space",
    "alliance": "coalition",
    "conversation": "consultation",
    "voter": "participant",
    "user": "participant",
    "comment": "proposal or statement",
}


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower()))


def test_one_word_for_each_thing() -> None:
    for file in python_files("app"):
        # Polis has words of its own, and what people of the demo say is theirs.
        if "polis" in file.stem or file.stem == "imports" or "demo" in file.parts:
            continue
        for word, right in FORBIDDEN_IN_APP.items():
            assert word not in words_of(file.read_text()), f"{file}: {word}, say {right}"


def test_pages_use_the_words_of_the_house() -> None:
    for file in templates():
        if file.parent.name == "method":
            continue  # the specs, word for word, with the words of the literature they cite
        text = re.sub(r"{#.*?#}", "", file.read_text(), flags=re.DOTALL)
        for word, right in FORBIDDEN_IN_TEMPLATES.items():
            assert word not in words_of(text), f"{file}: {word}, say {right}"


# -------- templates


def templates() -> list[Path]:
    return sorted((PROJECT / "templates").rglob("*.html"))


@pytest.mark.parametrize("file", templates(), ids=lambda file: str(file.relative_to(PROJECT / "templates")))
def test_a_template_has_no_inline_style_script_or_handler(file: Path) -> None:
    text = re.sub(r"{#.*?#}", "", file.read_text(), flags=re.DOTALL)
    assert not re.search(r"<style|\sstyle\s*=", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text)
    assert "javascript:" not in text
    assert "hx-on" not in text
    assert "|safe" not in text.replace(" ", "")
    assert not re.search(r"(src|href)=\"(https?:)?//", text), "nothing from elsewhere"


@pytest.mark.parametrize("file", templates(), ids=lambda file: str(file.relative_to(PROJECT / "templates")))
def test_every_form_that_changes_something_carries_its_token(file: Path) -> None:
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", file.read_text(), flags=re.DOTALL):
        assert "form_fields(" in form or "csrf()" in form, form[:200]


# -------- files


def test_files_stay_readable() -> None:
    for file in python_files("app", "deliberation"):
        name = file.relative_to(PROJECT).as_posix()
        n = len(file.read_text().splitlines())
        is_data = "/demo/" in name or "/taxonomies/" in name
        assert n <= 450 or name in LONG_FILES or is_data, f"{name} has {n} lines: split it, or say why not"


@cache
def nodes_of(file: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(file.read_text())))


def test_nine_functions_in_ten_are_short() -> None:
    lengths = [
        node.end_lineno - node.lineno + 1
        for file in python_files("app", "deliberation")
        for node in nodes_of(file)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]
    assert sum(length < 40 for length in lengths) > 0.9 * len(lengths)


def test_nothing_is_loaded_that_could_run_code() -> None:
    for file in python_files("app", "deliberation"):
        for node in nodes_of(file):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                assert not {"pickle", "joblib", "marshal", "shelve", "dill"} & {n.split(".")[0] for n in names}, file
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"np.load", "numpy.load"}:
                given = {word.arg: ast.unparse(word.value) for word in node.keywords}
                assert given.get("allow_pickle") == "False", file


def test_unescaped_text_comes_from_reviewed_modules_only() -> None:
    found = {
        file.relative_to(PROJECT).as_posix()
        for file in python_files("app", "deliberation")
        if re.search(r"\bMarkup\b", file.read_text())
    }
    assert found <= set(MARKUP), found - set(MARKUP)


def test_what_is_written_by_hand_is_where_the_list_says() -> None:
    text = (PROJECT / "docs" / "own-code.md").read_text()
    named = set(re.findall(r"`((?:app|deliberation|tests)/[\w/]+\.py)`", text))
    assert named
    for name in named:
        assert (PROJECT / name).is_file(), name


def test_no_exception_to_a_rule_is_bare() -> None:
    for file in python_files("app", "deliberation", "tests"):
        for line in file.read_text().splitlines():
            assert not re.search(r"# noqa(?!:)|# type: ignore(?!\[)", line) or "re.search" in line, f"{file}: {line}"


def test_nothing_is_left_for_later() -> None:
    for file in python_files("app", "deliberation"):
        marks = "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3 + r"\b"))
        assert not re.search(rf"\b({marks})", file.read_text()), file
