#!/bin/sh
# Brings uv into a private folder where it is missing, finds a Python 3.12 or newer, and syncs the locked environment.
# Arguments are passed on to `uv sync`. What is installed is compiled at once, so that the first start is as fast as any.
set -eu
export UV_COMPILE_BYTECODE=1

uv=${UV:-}
[ -n "$uv" ] || uv=$(command -v uv || true)
if [ -z "$uv" ]; then
  if [ ! -x .uv/bin/uv ]; then
    python3 -m venv .uv || { echo "Winze needs Python 3 with its venv module: on Debian or Ubuntu, apt install python3-venv." >&2; exit 1; }
    .uv/bin/python -m pip install --quiet --disable-pip-version-check uv
  fi
  uv=.uv/bin/uv
fi

good() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; }

python=
for name in python3.13 python3.12; do
  path=$(command -v "$name" || true)
  if [ -n "$path" ] && good "$path"; then python=$path; break; fi
done
if [ -z "$python" ]; then
  for path in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python3; do
    if [ -x "$path" ] && good "$path"; then python=$path; fi
  done
fi
if [ -z "$python" ] && good python3; then python=$(command -v python3); fi

if [ -n "$python" ]; then
  UV_PYTHON_DOWNLOADS=never "$uv" sync --frozen --quiet --inexact --python "$("$python" -c 'import sys; print(sys.executable)')" "$@"
elif UV_PYTHON_DOWNLOADS=automatic "$uv" sync --frozen --quiet --inexact --python 3.13 "$@"; then
  :
else
  echo "Winze needs Python 3.12 or newer: install python3.13 (or python3.12) and run make again." >&2
  exit 1
fi
