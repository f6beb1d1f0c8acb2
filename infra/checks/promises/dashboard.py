"""The dashboard: each metric that it shows somebody tells, and each alarm is on it."""

import json
import re

from .metrics import OWN, told, untold
from .reading import of_type

WIDTH = 24


def body(cfn):
    """The widgets, with what CloudFormation puts in left as it stands in the template."""
    [dashboard] = of_type(cfn, "AWS::CloudWatch::Dashboard").values()
    text, values = dashboard["Properties"]["DashboardBody"]["Fn::Sub"]
    # The list of alarms goes on with those of mail, where there is any.
    alarms = values["MailAlarms"]["Fn::If"][1]["Fn::Sub"]
    return json.loads(text.replace("${MailAlarms}", alarms))["widgets"]


def shown(widget):
    """Each metric of a widget: namespace, name, dimensions."""
    for namespace, name, *rest in widget["properties"].get("metrics", []):
        of = [value for value in rest if isinstance(value, str)]
        yield namespace, name, dict(zip(of[::2], of[1::2]))


def promises(cfn):
    known = told()
    names = cfn["Resources"].keys() | cfn["Parameters"].keys()
    taken = {}
    for widget in body(cfn):
        p = widget["properties"]
        title = p.get("title", p.get("markdown"))
        for namespace, name, dimensions in shown(widget):
            why = untold(namespace, name, dimensions, known)
            if why:
                yield f"dashboard: {title!r} shows {why}"
        for name in re.findall(r"\$\{(\w+)[.}]", json.dumps(widget)):
            if name not in names | {"AWS", "WaitingMail", "LostMail"}:
                yield f"dashboard: {title!r} is of {name}, which is not in the template"
        for x in range(widget["x"], widget["x"] + widget["width"]):
            for y in range(widget["y"], widget["y"] + widget["height"]):
                if x >= WIDTH or taken.setdefault((x, y), title) != title:
                    yield f"dashboard: {title!r} lies on {taken.get((x, y))!r} or beyond the edge"
                    break
    listed = set(re.findall(r"\$\{(\w+)\.Arn\}", json.dumps([w for w in body(cfn) if w["type"] == "alarm"])))
    for alarm in sorted(of_type(cfn, "AWS::CloudWatch::Alarm").keys() - listed):
        yield f"dashboard: does not show {alarm}"


def table(cfn):
    """The widgets from top to bottom, as Markdown."""
    known = told()
    yield "| widget | metrics | told by |"
    yield "|---|---|---|"
    for widget in sorted(body(cfn), key=lambda w: (w["y"], w["x"])):
        if widget["type"] != "metric":
            continue
        metrics = list(shown(widget))
        names = dict.fromkeys(name for _, name, _ in metrics)
        by = dict.fromkeys(f for namespace, name, _ in metrics for f in (known[name]["functions"] if namespace == OWN else [namespace]))
        yield f"| {widget['properties']['title']} | {', '.join(names)} | {', '.join(by)} |"
