# Runs the steps of ./test one after the other, adds up what they count, and ends what they leave behind.

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TERM_COLOR=never NO_COLOR=1
export TEST_SERVER=$CARGO_TARGET_DIR/release/chinwag
export TEST_PYTHON=$CARGO_TARGET_DIR/test-tools/python/bin/python
# Debian keeps nginx where only root looks.
export PATH=$PATH:/usr/sbin
# Every process that a step starts inherits this mark, also one that leaves its process group.
export TEST_RUN=run-$$-$RANDOM
TMPDIR=$(mktemp -d)
# PostgreSQL runs as another user, who is to find what it is told to read.
chmod 711 "$TMPDIR"
export TMPDIR

logs=$CARGO_TARGET_DIR/test-logs
mkdir -p "$logs"
passed=0 failed=0 skipped=0

# A step that is right or wrong as a whole.
check() { step check "$@"; }

# A step whose log says how many tests it ran.
tests() { step tests "$@"; }

step() {
  local kind=$1 name=$2 log=$logs/$2.log status=0 started=$SECONDS p=0 f=0 s=0
  shift 2
  printf '%-12s ' "$name"
  # In the background, for bash runs no trap while it waits for a command in the foreground.
  "$@" >"$log" 2>&1 </dev/null &
  wait $! || status=$?
  [ "$kind" = check ] || read -r p f s < <(awk -f tests/lib/count.awk "$log")
  if [ "$status" != 0 ] && [ "$f" = 0 ]; then
    # What fails without a failed test has crashed, or did not even compile.
    f=1
  elif [ $((p + f + s)) = 0 ]; then
    if [ "$kind" = tests ]; then f=1 && echo 'No test ran.' >>"$log"; else p=1; fi
  fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  printf '%5d passed %3d failed %3d skipped %5d s\n' "$p" "$f" "$s" $((SECONDS - started))
  if [ "$f" != 0 ]; then
    sed 's/^/    /' "$log"
    echo "    ($log)"
    {
      echo "$name:"
      # Nothing found is no reason to end the whole run.
      { grep -E '^test .* FAILED$|panicked at|^ *not ok |^ *✖|^(FAIL|ERROR): |^error|^Error|: TOO MANY|too far away' "$log" || true; } |
        sed 's/^/    /' | head -n 30
    } >>"$TMPDIR/failures"
  fi
}

# What failed once more, in short: whoever sees only the end of a long log knows it then.
verdict() {
  [ ! -f "$TMPDIR/failures" ] || cat "$TMPDIR/failures"
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ "$skipped" = 0 ] && [ "$passed" != 0 ]
  exit
}

marked() {
  # The search itself must not carry the mark.
  TEST_RUN='' grep -lsz "^TEST_RUN=$TEST_RUN\$" /proc/[0-9]*/environ || true
}

end_what_is_left() {
  local signal files
  for signal in TERM TERM KILL KILL; do
    files=$(marked)
    [ -n "$files" ] || return 0
    for file in $files; do
      file=${file#/proc/}
      kill -s $signal "${file%/environ}" 2>/dev/null || true
    done
    sleep 1
  done
}

trap 'end_what_is_left; rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
