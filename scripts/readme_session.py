"""Prints the README's session anew: the commands below with what they print today, as a console block."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile

COMMANDS = (
    ("winze example my-case", 0),
    ("winze run my-case --as-of 2020-05-11 --out out", 99),
    ("winze explain out 5", 99),
    ("winze plan mitigation my-case --as-of 2020-05-11 --risk 5", 13),
    ("winze rules show signal/gate-ratio --as-of 2020-05-11", 8),
)


def main() -> None:
    print("```console")
    with tempfile.TemporaryDirectory() as folder:
        for command, lines in COMMANDS:
            done = subprocess.run(  # noqa: S603 - our own commands
                [sys.executable, "-m", "winze.cli", *shlex.split(command)[1:]],
                cwd=folder, capture_output=True, text=True, check=True, encoding="utf-8",
                env={**os.environ, "PYTHONUTF8": "1"},
            )  # fmt: skip
            printed = done.stdout.splitlines()
            print(f"$ {command}")
            print("\n".join(printed[:lines] + (["…"] if len(printed) > lines else [])))
    print("```")


if __name__ == "__main__":
    main()
