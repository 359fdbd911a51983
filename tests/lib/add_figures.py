"""Puts the JSON of its standard input into figures.json of the folder $EVIDENCE, under the name that it is given."""

import json
import os
import pathlib
import sys

path = pathlib.Path(os.environ["EVIDENCE"], "figures.json")
figures = json.loads(path.read_text()) if path.exists() else {}
path.write_text(json.dumps(figures | {sys.argv[1]: json.load(sys.stdin)}, indent=2) + "\n")
