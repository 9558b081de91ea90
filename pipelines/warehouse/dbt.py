"""dbt as this project calls it: no downloads, no telemetry, and no file beside the sources.

The profile is written into the data folder from the builder's address, where `target` and logs are too.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from domain.kernel import database
from domain.kernel.database import Role
from domain.kernel.settings import PROJECT, SILENT, put_into_environment, settings
from domain.reports import asset_words
from pipelines.quality import incoming_orders
from pipelines.warehouse import runs
from pipelines.warehouse.runs import Asset, Build

_Parents = dict[str, tuple[str, tuple[str, ...]]]
PROJECT_FOLDER = PROJECT / "dbt_project"


def folder() -> Path:
    """Where dbt writes: in the data folder, a folder for each database."""
    return settings().folder(f"dbt/{make_url(database.url(Role.BUILDER)).database}")


def target_folder() -> Path:
    return folder() / "target"


def write_profile() -> None:
    """Write profiles.yml for the builder. It holds a password, so only we may read it."""
    address = make_url(database.url(Role.BUILDER))
    profile = {
        "wholesale": {
            "target": "warehouse",
            "outputs": {
                "warehouse": {
                    "type": "postgres",
                    "host": address.host or address.query.get("host", "localhost"),
                    "port": address.port or 5432,
                    "user": address.username,
                    "password": address.password or "",
                    "dbname": address.database,
                    "schema": "staging",
                    "threads": 2,
                    "connect_timeout": 10,
                    "keepalives_idle": 60,
                }
            },
        }
    }
    path = folder() / "profiles.yml"
    path.touch(mode=0o600)
    path.write_text(json.dumps(profile, indent=1))  # JSON is YAML


def arguments(build: Build) -> list[str]:
    """The command line of a build."""
    variables = {"slot": build.slot, "as_of": build.as_of.isoformat()}
    return ["build", "--vars", json.dumps(variables)]


def places() -> list[str]:
    """Where dbt finds the project and puts its files."""
    return [
        "--project-dir", str(PROJECT_FOLDER),
        "--profiles-dir", str(folder()),
        "--target-path", str(target_folder()),
        "--log-path", str(folder() / "logs"),
        "--log-level-file", "info",
        "--no-use-colors",
    ]  # fmt: skip


def prepare() -> None:
    """Silence telemetry and write the profile; before anything of dbt runs."""
    put_into_environment({**SILENT, "DBT_LOG_PATH": str(folder() / "logs")})
    write_profile()


def manifest() -> Path:
    """The parsed project, made anew when a source has changed.

    A file of our own, put in place whole: dbt writes its manifest anew with every build, and leaves half of it when
    it is killed meanwhile. Raises: RuntimeError when dbt cannot read the project.
    """
    path = _project()
    if not path.exists() or not any(_kept(slot).exists() for slot in runs.SLOTS):
        _parse(runs.SLOTS[0])
    return path


def _parsed(slot: str) -> Any:
    """The project as dbt works with it, its tables in a slot. Raises: RuntimeError when dbt cannot read it.

    Kept, because dbt would read the whole project again whenever a variable has another value, and the instant of a
    build always has one. What is built is compiled with the build's own variables.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    if not _kept(slot).exists():
        _parse(slot)
    parsed = Manifest.from_msgpack(_kept(slot).read_bytes(), decoder=extended_mashumuro_decoder)
    parsed.build_parent_and_child_maps()
    parsed.build_group_map()
    parsed.build_flat_graph()
    return parsed


def _parse(slot: str) -> None:
    from dbt.parser.manifest import extended_mashumaro_encoder

    prepare()
    kept = _kept(slot)
    parsed = _invoke(["parse", "--vars", json.dumps({"slot": slot}), "--quiet"], [])
    if not parsed.success:
        raise RuntimeError(f"dbt cannot read the project: {sentence(parsed.exception)}")
    with tempfile.TemporaryDirectory(dir=folder()) as beside:
        whole = Path(beside) / "whole"
        parsed.result.writable_manifest().write(str(whole))
        whole.replace(_project())
        whole.write_bytes(parsed.result.to_msgpack(extended_mashumaro_encoder))
        whole.replace(kept)
    for old in folder().glob(f"project-{slot}-*"):
        if old != kept:
            old.unlink(missing_ok=True)


def _kept(slot: str) -> Path:
    """Where the project is kept that was parsed for a slot: by what its sources say, and who has read them."""
    digest = hashlib.sha256()
    for package in ("dbt-core", "dbt-adapters", "dbt-postgres"):  # each brings macros
        digest.update(f"{package} {version(package)} ".encode())
    for file in sorted(path for path in PROJECT_FOLDER.rglob("*") if path.is_file()):
        digest.update(f"{file} ".encode() + hashlib.sha256(file.read_bytes()).digest())
    return folder() / f"project-{slot}-{digest.hexdigest()[:16]}.msgpack"


def run(build: Build, report: Callable[[Asset], None]) -> str | None:
    """Build every model and run every test; `report` hears of each as it ends. The answer says what went wrong."""
    prepare()
    parsed = _parsed(build.slot)
    manifest()
    parents = _parents()
    heard: set[str] = set()

    def listen(event: Any) -> None:
        if event.info.name != "NodeFinished":
            return
        node, result = event.data.node_info, event.data.run_result
        if node.resource_type in KINDS and node.unique_id not in heard:
            heard.add(node.unique_id)
            rows = dict(result.adapter_response).get("rows_affected")
            report(_asset(node.unique_id, parents, result.status, result.execution_time, rows, result.message))

    result = _invoke([*arguments(build), "--quiet"], [listen], parsed)
    problem = take_results(build, target_folder())
    if result.success:
        return None
    return problem or sentence(result.exception or "dbt could not build or test everything.")


def fences() -> dict[str, list[str]]:
    """By model, the columns with the organisations that may read its rows (`meta: {fence: [...]}`)."""
    nodes = json.loads(manifest().read_text())["nodes"].values()
    meta = {node["name"]: node["config"].get("meta", {}) for node in nodes}
    return {name: about["fence"] for name, about in meta.items() if "fence" in about}


def waiting() -> list[Asset]:
    """Every model as one that was left out, for a build that the gate has stopped."""
    manifest()
    parents = _parents()
    return [_asset(node, parents, "skipped", 0, None, "") for node in parents if node.startswith("model.")]


def asset_of_line(event: Mapping[str, Any]) -> Asset | None:
    """The model or test that a line of dbt's log says has ended; rows and messages come with the results."""
    if event["info"]["name"] not in ("LogModelResult", "LogTestResult"):
        return None
    node = event["data"]["node_info"]
    status, seconds = node["node_status"], event["data"].get("execution_time", 0)
    return _asset(node["unique_id"], _parents(), status, seconds, None, "")


def take_results(build: Build, target: Path) -> str | None:
    """Write down all that dbt says in its results of this build, with the rows of checks that failed.

    The answer is a sentence that names what failed; None when nothing did.
    """
    results = _results(target / "run_results.json")
    if results is None or _is_of_another(results, build):
        return None
    parents, failed, wrong = _parents(), [], {}
    for result in results["results"]:
        if result["unique_id"].split(".", 1)[0] not in KINDS:
            continue
        rows = (result.get("adapter_response") or {}).get("rows_affected")
        asset = _asset(
            result["unique_id"], parents, result["status"], result["execution_time"], rows, result["message"]
        )
        runs.note(build, asset)
        if asset.status == "failed":
            failed.append(asset)
            wrong[asset.name] = int(result.get("failures") or 0)
            if result.get("failures") and result.get("relation_name"):
                runs.copy_failing_rows(build, asset.name, *_schema_and_table(result["relation_name"]))
    return _what_failed(failed, wrong)


def sentence(problem: object) -> str:
    """The first lines of what went wrong."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return " ".join(lines[:3])[:500]


KINDS = {"model": "model", "test": "test", "unit_test": "test"}
_STATUS = {"success": "ok", "pass": "ok", "warn": "ok", "skipped": "skipped"}


def _invoke(command: list[str], callbacks: list[Callable[[Any], None]], parsed: Any = None) -> Any:
    from dbt.cli.main import dbtRunner

    return dbtRunner(manifest=parsed, callbacks=callbacks).invoke([*command, *places()])


def _asset(node: str, parents: _Parents, status: str, seconds: float, rows: object, message: object) -> Asset:
    name, above = parents.get(node, (node.split(".")[2], ()))
    kind = KINDS[node.split(".", 1)[0]]
    outcome = _STATUS.get(status, "failed")
    count = int(float(str(rows))) if rows is not None and kind == "model" else -1
    return Asset(
        name=name,
        kind=kind,
        status=outcome,
        seconds=float(seconds),
        rows=count if count >= 0 else None,
        message=sentence(message) if outcome == "failed" and message else "",
        parents=above,
    )


def _parents() -> _Parents:
    """Every model and test by its id: its name, and the names of what it hangs on. Sources stand for the gate.

    As the project was last parsed: this is asked for each line of dbt's log, and a source that somebody changes
    meanwhile is none of that build's.
    """
    path = _project()
    return _parents_at(path, path.stat().st_mtime)


def _project() -> Path:
    return folder() / "project.json"


@lru_cache(maxsize=2)
def _parents_at(path: Path, _: float) -> _Parents:
    project = json.loads(path.read_text())
    nodes = project["nodes"] | project.get("unit_tests", {})
    known = {}
    for node, about in nodes.items():
        if node.split(".", 1)[0] in KINDS:
            above = (
                incoming_orders.SUITE if one.startswith("source.") else nodes[one]["name"]
                for one in about["depends_on"]["nodes"]
                if one.startswith("source.") or one in nodes
            )
            known[node] = about["name"], tuple(sorted(set(above)))
    return known


def _results(path: Path) -> Any:
    """What dbt says of its last run; None when it said nothing, or was killed while it wrote."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _is_of_another(results: Mapping[str, Any], build: Build) -> bool:
    return bool(results["args"].get("vars", {}).get("as_of") != build.as_of.isoformat())


def _schema_and_table(relation: str) -> tuple[str, str]:
    """The last two parts of `"database"."schema"."table"`."""
    parts = relation.strip('"').split('"."')
    return parts[-2], parts[-1]


def _what_failed(failed: list[Asset], rows: Mapping[str, int]) -> str | None:
    """What a person should know who is no engineer; what dbt said stands with the table or check."""
    if not failed:
        return None
    first = failed[0]
    wrong, name = rows.get(first.name), asset_words(first.name, first.parents if first.kind == "test" else ())
    if first.kind == "model":
        what = f"The table “{name}” could not be built"
    elif wrong:
        found = f"{wrong:,} {'row that is' if wrong == 1 else 'rows that are'} wrong"
        what = f"The check “{name}” found {found}"
    else:
        what = f"The check “{name}” could not be made"
    return f"{what}{f', and {len(failed) - 1} more went wrong' if len(failed) > 1 else ''}."
