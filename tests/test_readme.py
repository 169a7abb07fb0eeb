"""The session in the README is what the shell prints today."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def session() -> list[tuple[str, list[str]]]:
    """Each command of the README's console blocks with the lines it is said to print."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    steps: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            else:
                steps[-1][1].append(line)
    return steps


def test_every_command_of_the_session_prints_what_the_readme_says(tmp_path):
    steps = session()
    assert len(steps) >= 3
    for command, said in steps:
        words = shlex.split(command)
        assert words[0] == "winze"
        done = subprocess.run(
            [sys.executable, "-m", "winze.cli", *words[1:]],
            cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", env={**os.environ, "PYTHONUTF8": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        printed = [line.rstrip() for line in done.stdout.splitlines()]
        assert [line for line in said if line not in printed and line != "…"] == [], command
        assert len(said) == len(printed) or "…" in said, command
