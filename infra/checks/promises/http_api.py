"""The API has the routes of openapi.json, and each asks of its caller what openapi.json says."""

import json

from .reading import ROOT, of_type

OPENAPI = ROOT / "functions/manage-incident/openapi.json"
# Open to anybody: the document, and links, whose token says what they may do.
OPEN = {"GET /openapi.json", "GET /links/{token}", "POST /links/{token}"}
# Pages for people; openapi.json is for programs.
PAGES = {"GET /links/{token}", "POST /links/{token}"}


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
    for key, route in routed.items():
        function = "SubmitEscalation" if "/v1/escalations" in key else "ManageIncident"
        if route["Target"] != {"Fn::Sub": f"integrations/${{{function}Integration}}"}:
            yield f"{key} does not go to {function}"
        if key in OPEN:
            if documented.get(key, {}).get("security"):
                yield f"{key} is open, and openapi.json says that it is not"
            continue
        scopes = route.get("AuthorizationScopes", {}).get("Fn::If", [None, []])[1]
        if key in documented and documented[key].get("security") != [{"iam": []}, {"jwt": scopes}]:
            yield f"{key} wants {scopes}, and openapi.json says otherwise"
