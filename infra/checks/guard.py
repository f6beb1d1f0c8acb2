"""Our rules for cfn-guard, infra/checks/guard/*.guard, on the translated template.

    python infra/checks/guard.py TRANSLATED

prints each rule that does not hold: of what, and why. cfn-guard has to be on the PATH.
"""

import json
import subprocess
import sys
from pathlib import Path

RULES = Path(__file__).with_name("guard")
# What cfn-guard ends with when all rules hold, and when some do not.
ANSWERS = (0, 19)


def evaluated(translated):
    """What cfn-guard says: a report for each file of rules."""
    command = ["cfn-guard", "validate", "--rules", RULES, "--data", translated]
    command += ["--output-format", "json", "--show-summary", "none", "--structured"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    # A file of rules that it cannot read it leaves out, says so, and carries on.
    if run.returncode not in ANSWERS or run.stderr:
        sys.exit(run.stdout + run.stderr)
    return json.loads(run.stdout)


def within(value):
    """Every object of a report."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from within(inner)


def place(check):
    """Where in the template it is; for a name, which."""
    for part in within(check):
        if part.get("path"):
            name = part["value"] if part["path"] == "/Resources" and isinstance(part.get("value"), str) else ""
            return f"{part['path']}/{name}".rstrip("/")
    return "the template"


def broken(reports):
    """A sentence for each thing that a rule does not hold of."""
    for report in reports:
        for rule in (entry["Rule"] for entry in report["not_compliant"]):
            for clause in within(rule["checks"]):
                if "check" in clause and clause.get("context", "").strip():
                    why = (clause["messages"]["custom_message"] or clause["context"]).strip()
                    yield f"{rule['name']}: {why}: {place(clause['check'])}"
        # Its resources have another type or name now, or are gone.
        yield from (f"{name}: finds nothing to look at" for name in report["not_applicable"])


def main(translated):
    reports = evaluated(translated)
    # Clauses joined by `or` are told one by one, and may say the same.
    sentences = list(dict.fromkeys(broken(reports)))
    print(*sentences, sep="\n", end="\n" if sentences else "")
    hold = sum(len(report["compliant"]) for report in reports)
    rules = hold + sum(len(report["not_compliant"]) + len(report["not_applicable"]) for report in reports)
    print(f"{rules} rules, {hold} hold; {len(sentences)} sentences")
    return 0 if hold == rules > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
