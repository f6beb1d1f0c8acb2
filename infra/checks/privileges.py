"""Hold the role of each function, and of the schedule, to what is done with it: no less, and no more.

    python3 infra/checks/privileges.py TRANSLATED [--table]

TRANSLATED is the template as template.py writes it. Prints a sentence for each call that a role would deny, and for each thing that a role allows and nothing
needs; with --table, who may do what and what of it is done. An evaluator of IAM decides, an npm package
that iam/package.json names: install it into `iam` of DESK_TOOLS, or of .tools, as .ci/run does.
"""

import functools
import json
import os
import re
import sys
from pathlib import Path

from iam import by_aws, holding, table
from iam.evaluating import Evaluator
from iam.stack import Stack
from promises.reading import INFRA, ROOT

# `sender` in policy.toml and SenderAddress are to be the same.
SENDER = re.search(r'^sender = .*address = "([^"]+)"', (INFRA / "policy.toml").read_text(), re.MULTILINE)[1]
DOMAIN = SENDER.partition("@")[2]
WITH_MAIL = {"SenderAddress": SENDER, "InboundDomain": "desk.example.com"}
# How a desk can be deployed, as far as roles differ: what it says, its parameters, what SES goes by.
DESKS = {
    "the sender's domain is verified": (WITH_MAIL, DOMAIN),
    "the sender's address is verified": (WITH_MAIL | {"SenderIdentity": SENDER}, SENDER),
    "no mail comes in": ({"SenderAddress": SENDER}, DOMAIN),
    "mail comes in by a rule set of others": (WITH_MAIL | {"ReceiptRuleSetName": "others"}, DOMAIN),
}


@functools.cache
def evaluator():
    return Evaluator(Path(os.environ.get("DESK_TOOLS", ROOT / ".tools")) / "iam")


def held(cfn):
    """What came of each desk's roles."""
    return {says: holding.held(Stack(cfn, parameters), identity, evaluator()) for says, (parameters, identity) in DESKS.items()}


def broken(desks):
    """Each sentence once, with the desks that it holds of, unless it holds of all that have this role."""
    found = {}
    for says, desk in desks.items():
        for who, wrong in desk.wrong.items():
            for sentence in dict.fromkeys(wrong):
                found.setdefault((who, sentence), []).append(says)
    for (who, sentence), where in found.items():
        everywhere = where == [says for says, desk in desks.items() if who in desk.wrong]
        yield sentence if everywhere else f"{sentence} (where {', or '.join(where)})"
    ways = set().union(*(desk.ways for desk in desks.values()))
    yield from (f"by_aws.py: {way.why}, and nothing in the template leads to it" for way in by_aws.WAYS if way.why not in ways)


def main(translated, *options):
    desks = held(json.loads(Path(translated).read_text()))
    if options == ("--table",):
        print(*table.lines(next(iter(desks.values()))), sep="\n", end="\n\n")
    sentences = list(broken(desks))
    print(*sentences, sep="\n", end="\n" if sentences else "")
    print(f"{sum(desk.asked for desk in desks.values())} questions about {len(desks)} kinds of desk; {len(sentences)} sentences")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
