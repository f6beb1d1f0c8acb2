"""What a schema cannot say: a key is used for one request, instants lie behind us or not far ahead."""

import datetime
import uuid

import schemathesis

KEY = "Idempotency-Key"


@schemathesis.hook
def before_call(context, case, kwargs):
    # Replays are tested in tests/api/idempotency.rs; here every request is to be a new one.
    if (case.headers or {}).get(KEY):
        key = str(case.headers[KEY])
        if all("!" <= c <= "~" for c in key) and len(key) <= 200:
            case.headers[KEY] = f"{key}-{uuid.uuid4()}"
    if isinstance(case.body, dict):
        for name in ("received_at", "at"):
            if isinstance(case.body.get(name), str) and is_instant(case.body[name]):
                case.body[name] = instant(datetime.timedelta())
        if isinstance(case.body.get("until"), str) and is_instant(case.body["until"]):
            case.body["until"] = instant(datetime.timedelta(hours=1))


def instant(ahead):
    return (datetime.datetime.now(datetime.timezone.utc) + ahead).isoformat()


def is_instant(text):
    try:
        return datetime.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
