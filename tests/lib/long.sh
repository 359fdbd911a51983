# The long sections. One is an executable tests/long/SECTION: it prints what its test runners print, and may leave
# figures.json and seeds.json in the folder $EVIDENCE.

sections=(durability model autobahn browser cluster perf soak supply)

long() {
  local wanted=("$@") section
  [ $# != 0 ] || wanted=("${sections[@]}")
  for section in "${wanted[@]}"; do
    [[ " ${sections[*]} " = *" $section "* ]] || { echo "No such section; there are: ${sections[*]}" >&2; exit 2; }
  done
  due=()
  for section in "${wanted[@]}"; do
    if [ -x "tests/long/$section" ]; then due+=("$section"); else echo "$section: nothing due yet"; fi
  done
  [ ${#due[@]} != 0 ] || exit 0

  check tools tests/lib/tools
  [ $failed = 0 ] || verdict
  for section in "${due[@]}"; do run_section "$section"; done
  verdict
}

run_section() {
  local section=$1 before=("$passed" "$failed" "$skipped")
  export EVIDENCE=$CARGO_TARGET_DIR/test-evidence/$section
  rm -rf "$EVIDENCE"
  mkdir -p "$EVIDENCE"
  step any "$section" "tests/long/$section"
  python3 tests/lib/evidence.py "$section" \
    $((passed - before[0])) $((failed - before[1])) $((skipped - before[2]))
}
