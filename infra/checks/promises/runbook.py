"""Each alarm has its page in RUNBOOK.md, and each page its alarm."""

import re

from .reading import INFRA, of_type

RUNBOOK = INFRA / "RUNBOOK.md"


def pages(cfn):
    """What an alarm's description points at is there: a heading, as a link names it."""
    written = {heading.lower() for heading in re.findall(r"^### (\w+)$", RUNBOOK.read_text(), re.MULTILINE)}
    named = set()
    for name, alarm in of_type(cfn, "AWS::CloudWatch::Alarm").items():
        # That there is one at all, guard/alarms.guard says.
        for page in re.findall(r"RUNBOOK\.md#([\w-]+)", alarm["Properties"].get("AlarmDescription", "")):
            named.add(page)
            if page not in written:
                yield f"{name}: RUNBOOK.md has no page {page}"
    yield from (f"RUNBOOK.md has the page {page}, which no alarm names" for page in sorted(written - named))
