"""Translate template.yaml as CloudFormation would, and check what no linter can see.

    python3 infra/checks/template.py OUT

writes the translated template to OUT as JSON, for cfn-lint, and prints every promise of the template
that is not kept. No network: SAM's translation is a library, and no role here asks for a managed policy.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

INFRA = Path(__file__).resolve().parent.parent
ROOT = INFRA.parent
OPENAPI = ROOT / "functions/manage-incident/openapi.json"
TELEMETRY = ROOT / "shared/src/telemetry.rs"
# Written by tests/roles from what the functions do.
ASKED = INFRA / "checks/asked.json"
VARIABLES = {"TABLE_NAME", "POLICY_FILE", "METRICS_NAMESPACE"}
# What single functions read beside these.
OWN_VARIABLES = {
    "manage-incident": {"LINK_KEYS_SECRET"},
    "dispatch-email": {"LINK_KEYS_SECRET", "PUBLIC_URL"},
    "dispatch-webhook": {"WEBHOOK_KEYS_SECRET"},
}
# What tells no trouble by itself: what happened, how long it took, and what the desk mends by itself.
CALM = {
    *("Incidents", "Escalations", "Breaches", "PromisesKept", "ResponseTime", "AcknowledgementTime", "ResolutionTime"),
    "EmailsRequeued",
}
CONDITION_KEYS = {"dynamodb:LeadingKeys", "ses:FromAddress"}
# Open to anybody: the document, and links, whose token says what they may do.
OPEN = {"GET /openapi.json", "GET /links/{token}", "POST /links/{token}"}
# Pages for people; openapi.json is for programs.
PAGES = {"GET /links/{token}", "POST /links/{token}"}

# Which function empties the outbox of which items.
OUTBOX = {"dispatch-email": "EMAIL", "dispatch-webhook": "WEBHOOK"}
# What the stream carries: the event, the item, its status, and whether its function is woken for it.
RECORDS = [
    *(("INSERT", item, "pending", True) for item in OUTBOX.values()),
    *(("MODIFY", item, "pending", True) for item in OUTBOX.values()),
    *(("MODIFY", item, status, False) for item in OUTBOX.values() for status in ("sending", "retrying", "sent", "parked")),
    ("MODIFY", "INCIDENT", None, False),
    ("INSERT", "ENTRY", None, False),
    ("REMOVE", None, None, False),
]


def matches(pattern, event):
    """Event filtering as far as a template here needs it: nested objects and lists of exact values."""
    if isinstance(pattern, dict):
        return isinstance(event, dict) and all(k in event and matches(v, event[k]) for k, v in pattern.items())
    return event in pattern


def of_type(template, type_):
    return {name: r for name, r in template["Resources"].items() if r["Type"] == type_}


def listed(value):
    return value if isinstance(value, list) else [value]


def logical_id(value):
    """The resource that a Ref or a GetAtt points at."""
    if not isinstance(value, dict):
        return None
    return value.get("Ref") or (value.get("Fn::GetAtt") or [None])[0]


def functions_and_crates(sam):
    """Each function is built from its own crate, and each crate is deployed."""
    deployed = set()
    for name, function in of_type(sam, "AWS::Serverless::Function").items():
        crate = (INFRA / function["Properties"]["CodeUri"]).resolve()
        binary = function["Metadata"]["BuildProperties"]["Binary"]
        deployed.add(crate)
        manifest = crate / "Cargo.toml"
        if not manifest.is_file():
            yield f"{name}: CodeUri is {crate.relative_to(ROOT)}, where there is no Cargo.toml"
        elif not re.search(rf'^name = "{re.escape(binary)}"$', manifest.read_text(), re.MULTILINE):
            yield f"{name}: the crate in {crate.relative_to(ROOT)} is not called {binary}"
    for manifest in sorted(ROOT.glob("functions/*/Cargo.toml")):
        if manifest.parent not in deployed:
            yield f"{manifest.parent.relative_to(ROOT)}: no function of the template is built from it"


def layer(sam):
    """Where the functions look for the policy, there is the policy and nothing else."""
    variables = sam["Globals"]["Function"]["Environment"]["Variables"]
    for name in of_type(sam, "AWS::Serverless::LayerVersion"):
        with tempfile.TemporaryDirectory() as opt:
            make = ["make", "--silent", "-C", str(INFRA), f"build-{name}", f"ARTIFACTS_DIR={opt}"]
            built = subprocess.run(make, capture_output=True, text=True, check=False)
            files = [f"/opt/{path.relative_to(opt)}" for path in Path(opt).rglob("*")]
        if built.returncode != 0:
            yield f"{name}: {built.stderr.strip()}"
        elif files != [variables["POLICY_FILE"]]:
            yield f"{name}: holds {files}, and the functions look for {variables['POLICY_FILE']}"


def binaries(sam):
    """The crate of each function."""
    return {name: f["Metadata"]["BuildProperties"]["Binary"] for name, f in of_type(sam, "AWS::Serverless::Function").items()}


def functions(sam, cfn):
    """A role, a log group that forgets, and the variables of config.rs: each function, its own."""
    crates, seen = binaries(sam), {}
    for name, function in of_type(cfn, "AWS::Lambda::Function").items():
        p = function["Properties"]
        group = logical_id(p.get("LoggingConfig", {}).get("LogGroup"))
        if "RetentionInDays" not in cfn["Resources"].get(group, {}).get("Properties", {}):
            yield f"{name}: its log group {group} is not in the template or keeps logs for ever"
        for own in (group, logical_id(p["Role"])):
            if own in seen:
                yield f"{name}: shares {own} with {seen[own]}"
            seen[own] = name
        if p["Architectures"] != ["arm64"]:
            yield f"{name}: not on arm64"
        if set(p["Environment"]["Variables"]) != VARIABLES | OWN_VARIABLES.get(crates[name], set()):
            yield f"{name}: its variables are {sorted(p['Environment']['Variables'])}"


def roles(cfn):
    """Least privilege: actions by name, on resources by name, and nothing that AWS manages."""
    for name, role in of_type(cfn, "AWS::IAM::Role").items():
        if role["Properties"].get("ManagedPolicyArns"):
            yield f"{name}: has managed policies"
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = listed(statement["Action"])
                if any("*" in action for action in actions):
                    yield f"{name}: {statement['Sid']} allows {actions}"
                # A misspelt key is never in a request, and ForAllValues holds of what is not there.
                for keys in statement.get("Condition", {}).values():
                    if not set(keys) <= CONDITION_KEYS:
                        yield f"{name}: {statement['Sid']} has a condition on {sorted(keys)}"
                if "*" in listed(statement["Resource"]) and actions != ["dynamodb:ListStreams"]:
                    yield f"{name}: {statement['Sid']} is for every resource"


def allowed(role):
    """What a role may do to the table: the actions, by what the partitions begin with."""
    for policy in role["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
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
        may = set(allowed(cfn["Resources"][logical_id(function["Properties"]["Role"])]))
        yield from (f"{crates[name]} does {action} on {kind} and may not" for kind, action in sorted(does - may))
        yield from (f"{crates[name]} may do {action} on {kind} and never does" for kind, action in sorted(may - does))


def routes(cfn):
    """The API has the routes of openapi.json, and each asks of its caller what openapi.json says."""
    document = json.loads(OPENAPI.read_text())
    documented = {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    routed = {r["Properties"]["RouteKey"]: r["Properties"] for r in of_type(cfn, "AWS::ApiGatewayV2::Route").values()}
    for key in sorted(documented.keys() - routed.keys()):
        yield f"{key} is in openapi.json and no route of the template"
    for key in sorted(routed.keys() - documented.keys() - PAGES):
        yield f"{key} is a route of the template and not in openapi.json"
    [stage] = of_type(cfn, "AWS::ApiGatewayV2::Stage").values()
    throttled = stage["Properties"]["RouteSettings"]
    if "path" in stage["Properties"]["AccessLogSettings"]["Format"].lower():
        yield "the access log tells paths, and with them the tokens of links"
    for key, route in routed.items():
        function = "SubmitEscalation" if "/v1/escalations" in key else "ManageIncident"
        if route["Target"] != {"Fn::Sub": f"integrations/${{{function}Integration}}"}:
            yield f"{key} does not go to {function}"
        if key in OPEN:
            if route["AuthorizationType"] != "NONE" or key not in throttled:
                yield f"{key} is not open and throttled"
            if documented.get(key, {}).get("security"):
                yield f"{key} is open, and openapi.json says that it is not"
            continue
        [scope] = route["AuthorizationScopes"]["Fn::If"][1]
        wanted = {
            "AuthorizationType": {"Fn::If": ["HasJwtIssuer", "JWT", "AWS_IAM"]},
            "AuthorizerId": {"Fn::If": ["HasJwtIssuer", {"Ref": "TokenAuthorizer"}, {"Ref": "AWS::NoValue"}]},
            "AuthorizationScopes": {"Fn::If": ["HasJwtIssuer", [scope], {"Ref": "AWS::NoValue"}]},
        }
        if any(route.get(name) != value for name, value in wanted.items()):
            yield f"{key} is open to anybody"
        if key in documented and documented[key].get("security") != [{"iam": []}, {"jwt": [scope]}]:
            yield f"{key} wants {scope}, and openapi.json says otherwise"


def schedule(cfn):
    """A sweep begins each minute, sees past the next one, and has the time to stay that long."""
    schedules = of_type(cfn, "AWS::Scheduler::Schedule")
    if len(schedules) != 1:
        yield f"there are {len(schedules)} schedules, not one"
    for name, resource in schedules.items():
        p = resource["Properties"]
        if p["ScheduleExpression"] != "rate(1 minute)" or p["FlexibleTimeWindow"] != {"Mode": "OFF"}:
            yield f"{name}: does not fire each minute"
        ahead = re.fullmatch(r"(\d+)s", json.loads(p["Target"]["Input"]).get("look_ahead", ""))
        timeout = cfn["Resources"][logical_id(p["Target"]["Arn"])]["Properties"]["Timeout"]
        if not ahead or not 120 <= int(ahead[1]) <= timeout - 10:
            yield f"{name}: its input is {p['Target']['Input']}, and its function has {timeout} s"


def stream(sam, cfn):
    """Each dispatcher is woken for what waits for it and nothing else, and gives up at some point."""
    mappings = of_type(cfn, "AWS::Lambda::EventSourceMapping")
    called = [binaries(sam)[logical_id(mapping["Properties"]["FunctionName"])] for mapping in mappings.values()]
    if sorted(called) != sorted(OUTBOX):
        yield f"the stream calls {called}, not {sorted(OUTBOX)}"
    for function, (name, mapping) in zip(called, mappings.items()):
        p = mapping["Properties"]
        patterns = []
        for entry in p.get("FilterCriteria", {}).get("Filters", []):
            try:
                patterns.append(json.loads(entry["Pattern"]))
            except (TypeError, ValueError) as error:
                yield f"{name}: a filter's pattern is not JSON in a string: {error}"
        for event, item, status, waits in RECORDS:
            image = {key: {"S": value} for key, value in (("item", item), ("status", status)) if value}
            record = {"eventName": event, "dynamodb": {"NewImage": image or None}}
            woken = any(matches(pattern, record) for pattern in patterns)
            if woken != (waits and OUTBOX.get(function) == item):
                yield f"{name}: {event} of {item} {status} {'wakes' if woken else 'does not wake'} the function"
        if p.get("FunctionResponseTypes") != ["ReportBatchItemFailures"] or not p.get("BisectBatchOnFunctionError"):
            yield f"{name}: one bad record takes its batch with it"
        if not (0 <= p.get("MaximumRetryAttempts", -1) <= 10 and 60 <= p.get("MaximumRecordAgeInSeconds", -1) <= 86400):
            yield f"{name}: a bad record is retried for too long"
        if not p.get("DestinationConfig", {}).get("OnFailure"):
            yield f"{name}: what it gives up on is told to nobody"


def alarms(cfn):
    """What a person has to know of, a person hears of: each metric of telemetry.rs that is not calm."""
    watched = {a["Properties"]["MetricName"] for a in of_type(cfn, "AWS::CloudWatch::Alarm").values()}
    told = set(re.findall(r'^ +Self::\w+ => "(\w+)",$', TELEMETRY.read_text(), re.MULTILINE))
    if "SweepHeartbeat" not in told or not CALM <= told:
        yield f"telemetry.rs has the metrics {sorted(told)}, which cannot be all"
    for metric in sorted((told | {"5xx"}) - CALM - watched):
        yield f"no alarm watches {metric}"


def sending(sam):
    """A batch has time for the slowest of it, and ends before the lease of its claims."""
    of_function = of_type(sam, "AWS::Serverless::Function")
    for name, crate in binaries(sam).items():
        least = {"dispatch-email": 60, "dispatch-webhook": 30}.get(crate)
        timeout = of_function[name]["Properties"].get("Timeout", 0)
        if least and not least <= timeout <= 90:
            yield f"{crate} has {timeout} s; write {least} to 90"


def table(cfn):
    """The state survives the stack, a slip of the hand, and a bad release."""
    for name, resource in of_type(cfn, "AWS::DynamoDB::Table").items():
        p = resource["Properties"]
        promises = {
            "outlives the stack": resource.get("DeletionPolicy") == "Retain",
            "outlives a replacement": resource.get("UpdateReplacePolicy") == "Retain",
            "is protected from deletion": p.get("DeletionProtectionEnabled") is True,
            "can be restored to a point in time": p.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled") is True,
            "forgets what has expired": p.get("TimeToLiveSpecification") == {"AttributeName": "expires_at", "Enabled": True},
            "has a stream with new images": p.get("StreamSpecification", {}).get("StreamViewType") in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"),
        }
        yield from (f"{name}: not true that it {promise}" for promise, kept in promises.items() if not kept)


def translated(sam):
    """As SAM does on deploy, but for code, which is not uploaded yet."""
    local = json.loads(json.dumps(sam))
    for resource in local["Resources"].values():
        for code in ("CodeUri", "ContentUri"):
            if code in resource.get("Properties", {}):
                resource["Properties"][code] = "s3://bucket/key"
    return Translator(managed_policy_map={}, sam_parser=Parser()).translate(local, parameter_values={})


def main(out):
    text = (INFRA / "template.yaml").read_text()
    sam = yaml_parse(text)
    try:
        cfn = translated(yaml_parse(text))
    except InvalidDocumentException as error:
        sys.exit("\n".join([error.message, *(cause.message for cause in error.causes)]))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(cfn, indent=1))

    broken = [
        *functions_and_crates(sam),
        *sending(sam),
        *layer(sam),
        *functions(sam, cfn),
        *roles(cfn),
        *state(sam, cfn),
        *routes(cfn),
        *schedule(cfn),
        *stream(sam, cfn),
        *table(cfn),
        *alarms(cfn),
    ]
    print(*broken, sep="\n", end="\n" if broken else "")
    print(f"{len(sam['Resources'])} resources, translated to {len(cfn['Resources'])}; {len(broken)} broken promises")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
