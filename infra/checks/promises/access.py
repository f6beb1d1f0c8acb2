"""What functions may do to the table, against what they do. The form of roles is in guard/roles.guard."""

import json

from .reading import INFRA, binaries, listed, of_type, role_statements

# Written by tests/roles from what the functions do.
ASKED = INFRA / "checks/asked.json"


def allowed(cfn, function):
    """What a function may do to the table: the actions, by what the partitions begin with."""
    for statement in role_statements(cfn, function):
        [resource, *others] = listed(statement["Resource"])
        actions = [action for action in listed(statement["Action"]) if action.startswith("dynamodb:")]
        if others or not actions:
            continue
        if resource == {"Fn::GetAtt": ["Table", "Arn"]}:
            condition = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
            kinds = [keys.removesuffix("*") for keys in condition.get("dynamodb:LeadingKeys", ["every partition*"])]
        elif isinstance(resource, dict) and resource.get("Fn::Sub", "").startswith("${Table.Arn}/"):
            kinds = [resource["Fn::Sub"].removeprefix("${Table.Arn}/")]
        else:
            continue
        yield from ((kind, action.removeprefix("dynamodb:")) for kind in kinds for action in actions)


def state(sam, cfn):
    """Each function may do to the table what it does, and no more."""
    asked = json.loads(ASKED.read_text())
    crates = binaries(sam)
    for name, function in of_type(cfn, "AWS::Lambda::Function").items():
        does = {(kind, action) for kind, actions in asked.get(crates[name], {}).items() for action in actions}
        may = set(allowed(cfn, function["Properties"]))
        yield from (f"{crates[name]} does {action} on {kind} and may not" for kind, action in sorted(does - may))
        yield from (f"{crates[name]} may do {action} on {kind} and never does" for kind, action in sorted(may - does))
