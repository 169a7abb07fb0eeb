"""Serves results to this machine only, and the demo: both examples, and the real case where its files are there."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
import urllib.request
from datetime import date
from pathlib import Path

from winze.engine.texts import LANGUAGES

DAY = date(2020, 5, 11)
REAL_CASE = "great-lakes-2020"


class _Results(http.server.SimpleHTTPRequestHandler):
    """A folder, read only, without a log line for each request."""

    def log_message(self, format: str, *args: object) -> None:
        return

    def end_headers(self) -> None:
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


def server(folder: Path, port: int) -> http.server.ThreadingHTTPServer:
    """A server of one folder on the loopback address; port 0 takes a free one."""
    handler = functools.partial(_Results, directory=str(folder))
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)


def forever(folder: Path, port: int) -> int:
    """Serves until stopped."""
    with server(folder, port) as serving:
        print(f"ready http://127.0.0.1:{serving.server_port}/", flush=True)
        serving.serve_forever()
    return 0


def demo(folder: Path, port: int, *, once: bool, data: Path | None) -> int:
    """Writes the example cases, runs them in four languages, and serves the results with a page that leads to each."""
    from winze import example
    from winze.formats import report

    results = folder / "results"
    shutil.rmtree(folder, ignore_errors=True)
    entries = []
    for name in ("great-lakes", "andes"):
        example.write(folder / "cases" / name, name)
        entries.append((name, _run(folder / "cases" / name, results / name, LANGUAGES)))
    real = data / "cases" / REAL_CASE if data else None
    if real and real.is_dir():
        entries.append((REAL_CASE, _run(real, results / REAL_CASE, ("en", "zh-hans"))))
    report.write_index(results, entries, DAY)
    with server(results, port) as serving:
        url = f"http://127.0.0.1:{serving.server_port}/"
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        with urllib.request.urlopen(url, timeout=30) as answer:
            answer.read()
        print(f"ready {url}", flush=True)
        if not once:
            thread.join()
        serving.shutdown()
    return 0


def _run(case: Path, out: Path, languages: tuple[str, ...]) -> dict[str, str]:
    """Runs one case once and writes its report in each language, into a folder of that name; gives their headlines."""
    from winze import cycle
    from winze.engine import models, rules
    from winze.formats import case as cases
    from winze.formats import cycle_json, report
    from winze.formats.whole import write_whole

    print(f"running {case.name} as of {DAY}", flush=True)
    told = cases.load(case)
    result = cycle.run(
        told.statements, rules.load(), models.in_force(DAY), DAY, inputs=told.inputs, problems=told.problems
    )
    for language in languages:
        folder = out / language
        folder.mkdir(parents=True, exist_ok=True)
        report.write(result, folder, language, "internal")
        write_whole(folder / "cycle.json", cycle_json.dump(result))
    print("\n".join(report.summary(result, "en", "internal")), flush=True)
    return {language: report.headline(result, language, "internal") for language in languages}
