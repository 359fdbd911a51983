"""Every crate in the server, and every package in the page, must come under a licence that asks for no more than notice."""

import json
import re
import subprocess
import sys

ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
    "ISC", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "Zlib",
}  # fmt: skip


def allowed(expression: str) -> bool:
    """Evaluates an SPDX expression: any side of OR, all sides of AND. A slash is an old way of writing OR."""

    def value(match):
        word = match[0]
        return word.lower() if word.upper() in ("AND", "OR") else str(word in ALLOWED)

    words = r"[A-Za-z0-9.+-]+( WITH [A-Za-z0-9.+-]+)?"
    return bool(eval(re.sub(words, value, expression.replace("/", " OR "))))


def crates():
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    for package in json.loads(subprocess.check_output(command))["packages"]:
        yield f"crate {package['name']} {package['version']}", package["license"]


def page_packages():
    with open("web/app/package-lock.json") as lock:
        for path, package in json.load(lock)["packages"].items():
            # Tools of the build are not part of the page.
            if path and not package.get("dev"):
                yield f"package {path}", package.get("license")


refused = [
    f"{name}: {licence or 'no licence'}"
    for name, licence in [*crates(), *page_packages()]
    if not allowed(licence or "none")
]
print("\n".join(refused) or "All licences are allowed.")
sys.exit(bool(refused))
