"""Hold the role of each function, and of the schedule, to what is done with it: no less, and no more.

    python3 infra/checks/privileges.py [--table]

prints a sentence for each call that a role would deny, and for each thing that a role allows and nothing
needs; with --table, who may do what and what of it is done. An evaluator of IAM decides, an npm package
that iam/package.json names: install it into `iam` of DESK_TOOLS, or of .tools, as .ci/run does.
"""

import os
import re
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse

from iam import calls, holding, table
from iam.stack import Stack
from promises.reading import INFRA, ROOT
from template import translated

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


def said(held):
    """Each sentence once, with the desks that it holds of, unless it holds of all that have this role."""
    found = {}
    for says, of_desk in held.items():
        for who, wrong in of_desk.wrong.items():
            for sentence in wrong:
                found.setdefault((who, sentence), []).append(says)
    for (who, sentence), where in found.items():
        everywhere = where == [says for says, of_desk in held.items() if who in of_desk.wrong]
        yield sentence if everywhere else f"{sentence} (where {', or '.join(where)})"


def main(arguments):
    cfn = translated(yaml_parse((INFRA / "template.yaml").read_text()))
    packages = Path(os.environ.get("DESK_TOOLS", ROOT / ".tools")) / "iam"
    desks = {says: (Stack(cfn, parameters), identity) for says, (parameters, identity) in DESKS.items()}
    held = {says: holding.held(*desk, packages) for says, desk in desks.items()}
    if arguments == ["--table"]:
        print(*table.lines(next(iter(held.values()))), sep="\n", end="\n\n")
    sentences = list(said(held))
    stack, identity = next(iter(desks.values()))
    by_aws, leading_nowhere = calls.of_aws(stack, asked := list(calls.recorded(stack, identity)))
    sentences += [f"by_aws.py: {way.why}, and nothing in the template leads to it" for way in leading_nowhere]
    print(*sentences, sep="\n", end="\n" if sentences else "")
    print(f"{len(asked)} requests of functions, {len(by_aws)} of AWS, in {len(desks)} kinds of desk; {len(sentences)} are wrong")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
