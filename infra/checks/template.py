"""Translate template.yaml as CloudFormation would, and check what no linter can see.

    python3 infra/checks/template.py OUT

writes the translated template to OUT as JSON, for the other checks, and prints every promise of the
template that is not kept. Here are those that go across files, or across resources; what can be said of
one resource by itself is in guard/, for cfn-guard. No network: SAM's translation is a library, and no
role here asks for a managed policy.
"""

import json
import logging
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from promises import building, dashboard, encrypted, http_api, mail_back, mail_in, operating, outbox, runbook, running
from promises.reading import INFRA

# It counts for AWS what is translated, sends it to nobody, and complains of that.
logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)


def translated(sam):
    """As SAM does on deploy, but for code, which is not uploaded yet."""
    local = json.loads(json.dumps(sam))
    for resource in local["Resources"].values():
        for code in ("CodeUri", "ContentUri"):
            if code in resource.get("Properties", {}):
                resource["Properties"][code] = "s3://bucket/key"
    return Translator(managed_policy_map={}, sam_parser=Parser()).translate(local, parameter_values={})


def broken(sam, cfn):
    """Every promise that is not kept, in the order of the template."""
    yield from building.layer(sam)
    yield from http_api.routes(cfn)
    yield from building.functions_and_crates(sam)
    yield from running.functions(cfn)
    yield from running.variables(sam, cfn)
    yield from running.sending(sam)
    yield from running.schedule(cfn)
    yield from outbox.stream(sam, cfn)
    yield from mail_in.promises(sam, cfn)
    yield from mail_back.promises(sam, cfn)
    yield from operating.queues(cfn)
    yield from operating.alarms(cfn)
    yield from operating.thresholds(cfn)
    yield from encrypted.promises(cfn)
    yield from dashboard.promises(cfn)
    yield from runbook.pages(cfn)


def main(out):
    text = (INFRA / "template.yaml").read_text()
    sam = yaml_parse(text)
    try:
        cfn = translated(yaml_parse(text))
    except InvalidDocumentException as error:
        sys.exit("\n".join([error.message, *(cause.message for cause in error.causes)]))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(cfn, indent=1))

    sentences = list(broken(sam, cfn))
    print(*sentences, sep="\n", end="\n" if sentences else "")
    print(f"{len(sam['Resources'])} resources, translated to {len(cfn['Resources'])}; {len(sentences)} broken promises")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
