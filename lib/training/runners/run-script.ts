/**
 * Runs the scripts of a run one after the other, in a POSIX shell. A TERM is passed on to the script, which may then put
 * its work in order; the exit code is that of the script that failed. `$1` = file for the number of the script under
 * way, 0 after the last; `$2` = the Python; then the scripts.
 */
export const RUN_SCRIPT = `status=$1
python=$2
shift 2
child=
stopped=
trap 'stopped=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT
index=0
for script in "$@"; do
  [ -z "$stopped" ] || exit 143
  index=$((index + 1))
  echo "$index" >"$status"
  echo "$ python3 $script"
  "$python" "$script" &
  child=$!
  wait "$child"
  code=$?
  # A wait that a signal cut short tells of the signal, not of the script.
  if [ -n "$stopped" ]; then
    wait "$child"
    code=$?
  fi
  child=
  [ "$code" -eq 0 ] || exit "$code"
done
echo 0 >"$status"
`;

/** What the file of the number says. */
export function failedScriptOf(status: string, exitCode: number): number | null {
  const index = Number.parseInt(status, 10);
  return exitCode !== 0 && Number.isInteger(index) && index > 0 ? index - 1 : null;
}

/** Makes a virtual environment in the current folder. `$1` = the file of requirements. */
export const INSTALL_SCRIPT = `set -e
rm -rf venv .complete
echo '$ python3 -m venv venv'
python3 -m venv --system-site-packages venv
echo '$ pip install -r requirements.txt'
venv/bin/python -m pip install --no-input --disable-pip-version-check --no-cache-dir --progress-bar off -r "$1"
venv/bin/python -m pip freeze --disable-pip-version-check >lock.txt
sync
mv lock.txt .complete
`;

/** What the file at the end of an installation says: `name==version` of each package. */
export const packagesOf = (lock: string): readonly string[] => lock.split('\n').filter((line) => line.trim() !== '');

/** Makes numeric libraries keep to the processors the run is given, and everything write where it may. */
export function commonVariables(cpus: number, temporary: string): readonly (readonly [string, string])[] {
  const threads = String(Math.max(1, Math.ceil(cpus)));
  return [
    ['PYTHONUNBUFFERED', '1'],
    ['PYTHONDONTWRITEBYTECODE', '1'],
    ['HOME', temporary],
    ['TMPDIR', temporary],
    ['MPLCONFIGDIR', temporary],
    ['NUMBA_CACHE_DIR', temporary],
    ['JOBLIB_TEMP_FOLDER', temporary],
    ['OMP_NUM_THREADS', threads],
    ['OPENBLAS_NUM_THREADS', threads],
  ];
}
