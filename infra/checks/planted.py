"""Plants faults in copies of template.yaml, one after the other, and asks whether the checks see them.

    python infra/checks/planted.py

The faults are in faults.py, with what each check has to say. What it says of the template as it is does
not count. The slow checks get all of their faults in one copy. Afterwards the quick ones are asked of the
template without faults, and have to be content.
"""

import contextlib
import io
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import guard
import privileges
import scan
import template
from faults import CFN_LINT, CHECKOV, FAULTS, GUARD, PRIVILEGES, PROMISES, SAM
from promises.reading import INFRA
from samcli.yamlhelper import yaml_parse


def guard_says(planted, translated):
    return list(guard.broken(guard.evaluated(translated)))


def promises_say(planted, translated):
    return list(template.broken(yaml_parse(planted.read_text()), json.loads(translated.read_text())))


def privileges_say(planted, translated):
    return list(privileges.broken(privileges.held(json.loads(translated.read_text()))))


def checkov_says(planted, translated):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        scan.main(translated)
    # What comes before is what passes.
    return said.getvalue().partition("failed:")[2].splitlines()


def said_by(*command):
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return (run.stdout + run.stderr).splitlines()


def cfn_lint_says(planted, translated):
    return said_by("cfn-lint", "--regions", "eu-west-1", "--", translated)


def sam_says(planted, translated):
    return said_by("sam", "validate", "--lint", "--template", planted)


# What each check says of a template and its translation. The slow ones are asked once, with all their faults.
CHECKS = {GUARD: guard_says, PROMISES: promises_say, PRIVILEGES: privileges_say, CFN_LINT: cfn_lint_says, SAM: sam_says, CHECKOV: checkov_says}
SLOW = (CFN_LINT, SAM, CHECKOV)


def edited(text, name, old, new):
    """The template with the text of one resource replaced, once for each pair."""
    olds, news = (old, new) if isinstance(old, tuple) else ((old,), (new,))
    # From its name to what stands as far to the left.
    found = re.search(rf"^  {name}:\n(?:(?:   .*)?\n)*", text, re.MULTILINE)
    block = found[0] if found else ""
    for before, after in zip(olds, news, strict=True):
        if before not in block:
            sys.exit(f"{name} has no longer {before!r}: faults.py has to follow the template")
        block = block.replace(before, after, 1)
    return text[: found.start()] + block + text[found.end() :]


def told(check, text, folder):
    """What a check says of a template."""
    planted, translated = folder / "template.yaml", folder / "translated.json"
    planted.write_text(text)
    if check != SAM:
        translated.write_text(json.dumps(template.translated(yaml_parse(text)), indent=1))
    return CHECKS[check](planted, translated)


def without_fault():
    """Rules that nobody has seen fail."""
    rules = re.findall(r"^rule (\w+)", "\n".join(f.read_text() for f in sorted(guard.RULES.glob("*.guard"))), re.MULTILINE)
    seen = {expected.split(":")[0] for *_, check, expected in FAULTS if check == GUARD}
    return [rule for rule in rules if rule not in seen]


def main():
    start, clean = time.monotonic(), (INFRA / "template.yaml").read_text()
    missed, known = [], {}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder).resolve()
        for check in CHECKS:
            faults = [fault for fault in FAULTS if fault[4] == check]
            if check == CHECKOV or not faults:
                known[check] = set()
            else:
                known[check] = set(told(check, clean, folder))
            together = clean
            for _, name, old, new, *_ in faults if check in SLOW else ():
                together = edited(together, name, old, new)
            said = told(check, together, folder) if check in SLOW and faults else None
            for what, name, old, new, _, expected in faults:
                heard = told(check, edited(clean, name, old, new), folder) if said is None else said
                answers = [sentence for sentence in heard if expected in sentence and sentence not in known[check]]
                print(f"{'seen' if answers else 'MISSED':<7} {what:<42} {check}: {answers[0].strip()[:140] if answers else expected}")
                if not answers:
                    missed.append(what)
    unseen = without_fault()
    print(*(f"MISSED  no fault for the rule {rule}" for rule in unseen), sep="\n", end="\n" if unseen else "")
    dirty = [f"{check}: {sentence}" for check in (GUARD, PROMISES, PRIVILEGES) for sentence in known[check]]
    print("and without faults:", *(dirty or ["nothing to say"]), sep="\n  ")
    print(f"{len(FAULTS)} faults planted, {len(FAULTS) - len(missed)} seen, {time.monotonic() - start:.0f} s")
    return 1 if missed or unseen or dirty else 0


if __name__ == "__main__":
    sys.exit(main())
