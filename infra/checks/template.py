"""Translate template.yaml as CloudFormation would, and check what no linter can see.

    python3 infra/checks/template.py OUT

writes the translated template to OUT as JSON, for cfn-lint, and prints every promise of the template
that is not kept. No network: SAM's translation is a library, and no role here asks for a managed policy.
"""

import json
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from promises import access, building, dashboard, http_api, mail_back, mail_in, operating, outbox, running
from promises.reading import INFRA


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
    yield from operating.table(cfn)
    yield from building.layer(sam)
    yield from http_api.routes(cfn)
    yield from building.functions_and_crates(sam)
    yield from running.functions(sam, cfn)
    yield from running.sending(sam)
    yield from running.schedule(cfn)
    yield from access.roles(cfn)
    yield from access.resource_policies(cfn)
    yield from outbox.stream(sam, cfn)
    yield from mail_in.promises(sam, cfn)
    yield from mail_back.promises(sam, cfn)
    yield from operating.queues(cfn)
    yield from operating.alarms(cfn)
    yield from dashboard.promises(cfn)


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
