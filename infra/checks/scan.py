"""checkov on the translated template, and its figures in one table.

    python infra/checks/scan.py TRANSLATED

A check that is not for this stack is skipped beside its resource in template.yaml, under Metadata, with
the reason; SAM's translation keeps it. Fails on what checkov finds, on a skip without a reason, and on a
skip of what would pass. checkov has to be on the PATH. It is told to ask nobody: it works without network.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path


def scanned(*templates):
    """checkov's report on each template, in their order."""
    command = ["checkov", "--framework", "cloudformation", "--skip-download", "--soft-fail", "--output", "json"]
    run = subprocess.run([*command, "--file", *templates], capture_output=True, text=True, env={**os.environ, "LOG_LEVEL": "ERROR"}, check=False)
    if run.returncode:
        sys.exit(run.stdout + run.stderr)
    report = json.loads(run.stdout)
    if not report.get("results") or report["summary"]["parsing_errors"]:
        sys.exit(run.stdout + run.stderr)
    checks = [check for checks in report["results"].values() for check in checks if "check_id" in check]
    return [[c for c in checks if c["file_abs_path"] == str(t)] for t in templates]


def by_check(checks):
    """The logical ids of resources, by the check and what is said of them."""
    found = defaultdict(list)
    for check in checks:
        found[check["check_id"], check["check_name"], check["check_result"].get("suppress_comment", "")].append(logical_id(check))
    return sorted(found.items())


def logical_id(check):
    return check["resource"].split(".", 1)[1]


def outcome(checks, result):
    return [check for check in checks if check["check_result"]["result"] == result]


def declared(template):
    """The skips beside resources. SAM copies a function's onto its EventInvokeConfig, for which they are not."""
    for name, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Lambda::EventInvokeConfig":
            for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
                yield name, skip["id"], skip.get("comment", "")


def unjustified(template, skipped, without_skips):
    """Skips that say nothing, and skips of nothing."""
    effective = {(logical_id(check), check["check_id"]) for check in skipped}
    passes = {(logical_id(check), check["check_id"]) for check in outcome(without_skips, "PASSED")}
    for name, check, comment in declared(template):
        if len(comment.split()) < 4:
            yield f"{name}: {check} is skipped, and nobody says why"
        if (name, check) not in effective:
            yield f"{name}: {check} is skipped, and there is no such check of it"
        if (name, check) in passes:
            yield f"{name}: {check} is skipped, and would pass"


def main(translated):
    template = json.loads(translated.read_text())
    bare = {**template, "Resources": {n: {k: v for k, v in r.items() if k != "Metadata"} for n, r in template["Resources"].items()}}
    with tempfile.TemporaryDirectory() as folder:
        without = Path(folder).resolve() / "without-skips.json"
        without.write_text(json.dumps(bare, indent=1))
        checks, without_skips = scanned(translated.resolve(), without)
    passed, failed, skipped = (outcome(checks, result) for result in ("PASSED", "FAILED", "SKIPPED"))

    print("passed:")
    for (check, name, _), resources in by_check(passed):
        print(f"  {check:<12} {len(resources):>3}  {name}")
    print("skipped:")
    for (check, name, why), resources in by_check(skipped):
        print(f"  {check:<12} {len(resources):>3}  {name}\n{'':>19}{why}\n{'':>19}{', '.join(resources)}")
    print("failed:" if failed else "failed: none")
    for (check, name, _), resources in by_check(failed):
        print(f"  {check:<12} {len(resources):>3}  {name}\n{'':>19}{', '.join(resources)}")
    sentences = list(unjustified(template, skipped, without_skips))
    print(*sentences, sep="\n", end="\n" if sentences else "")
    print(f"checkov: {len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed or sentences or not passed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
