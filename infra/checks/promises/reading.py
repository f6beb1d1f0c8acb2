"""How a template is read: resources by their type, what refers to what, what a policy allows."""

from pathlib import Path

INFRA = Path(__file__).resolve().parents[2]
ROOT = INFRA.parent


def of_type(template, type_):
    return {name: r for name, r in template["Resources"].items() if r["Type"] == type_}


def listed(value):
    return value if isinstance(value, list) else [value]


def logical_id(value):
    """The resource that a Ref or a GetAtt points at."""
    if not isinstance(value, dict):
        return None
    return value.get("Ref") or (value.get("Fn::GetAtt") or [None])[0]


def binaries(sam):
    """The crate of each function."""
    return {name: f["Metadata"]["BuildProperties"]["Binary"] for name, f in of_type(sam, "AWS::Serverless::Function").items()}


def function_of(sam, cfn, crate):
    """The logical id of the function of a crate, and its properties."""
    [name] = [name for name, binary in binaries(sam).items() if binary == crate]
    return name, cfn["Resources"][name]["Properties"]


def role_statements(cfn, function):
    """What the role of a function allows."""
    role = cfn["Resources"][logical_id(function["Role"])]["Properties"]
    return [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]


def property_of(cfn, name, path):
    """A property by its dotted path, or None."""
    value = cfn["Resources"][name].get("Properties", {})
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value
