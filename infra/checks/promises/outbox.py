"""The stream wakes each dispatcher for what waits for it."""

import json

from .reading import binaries, logical_id, of_type

# Which function empties the outbox of which items.
OUTBOX = {"dispatch-email": "EMAIL", "dispatch-webhook": "WEBHOOK"}
# What the stream carries: the event, the item, its status, and whether its function is woken for it.
RECORDS = [
    *(("INSERT", item, "pending", True) for item in OUTBOX.values()),
    *(("MODIFY", item, "pending", True) for item in OUTBOX.values()),
    *(("MODIFY", item, status, False) for item in OUTBOX.values() for status in ("sending", "retrying", "sent", "parked")),
    ("MODIFY", "INCIDENT", None, False),
    ("INSERT", "ENTRY", None, False),
    ("INSERT", "MAIL", None, False),
    ("REMOVE", None, None, False),
]
TABLE_STREAM = {"Fn::GetAtt": ["Table", "StreamArn"]}


def matches(pattern, event):
    """Event filtering as far as a template here needs it: nested objects and lists of exact values."""
    if isinstance(pattern, dict):
        return isinstance(event, dict) and all(k in event and matches(v, event[k]) for k, v in pattern.items())
    return event in pattern


def stream(sam, cfn):
    """Each dispatcher is woken for what waits for it and nothing else."""
    every = of_type(cfn, "AWS::Lambda::EventSourceMapping").items()
    mappings = {name: mapping for name, mapping in every if mapping["Properties"]["EventSourceArn"] == TABLE_STREAM}
    called = [binaries(sam)[logical_id(mapping["Properties"]["FunctionName"])] for mapping in mappings.values()]
    if sorted(called) != sorted(OUTBOX):
        yield f"the stream calls {called}, not {sorted(OUTBOX)}"
    for function, (name, mapping) in zip(called, mappings.items()):
        patterns = []
        for entry in mapping["Properties"].get("FilterCriteria", {}).get("Filters", []):
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
