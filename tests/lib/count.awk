# Adds up the summaries of cargo test, node --test and Python's unittest in a log: passed, failed, skipped.

# test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out
/^test result:/ {
  for (i = 2; i <= NF; i++) {
    if ($i == "passed;") passed += $(i - 1)
    if ($i == "failed;") failed += $(i - 1)
    if ($i == "ignored;") skipped += $(i - 1)
  }
}

# "# pass 5" or, in the other of its formats, "ℹ pass 5"
/^(#|ℹ) (pass|fail|cancelled|skipped|todo) [0-9]+$/ {
  if ($2 == "pass") passed += $3
  else if ($2 == "fail" || $2 == "cancelled") failed += $3
  else skipped += $3
}

# "Ran 5 tests in 0.1s", then "OK" or "FAILED (failures=1, errors=2, skipped=3)"
/^Ran [0-9]+ tests? in / { ran = $2 }
/^(OK|FAILED)( \(|$)/ {
  text = $0
  while (match(text, /(failures|errors|skipped|unexpected successes)=[0-9]+/)) {
    split(substr(text, RSTART, RLENGTH), pair, "=")
    if (pair[1] == "skipped") skipped += pair[2]
    else failed += pair[2]
    ran -= pair[2]
    text = substr(text, RSTART + RLENGTH)
  }
  passed += ran
  ran = 0
}

END { print passed + 0, failed + 0, skipped + 0 }
