"""What is built: each function from its crate, and the layer with the policy."""

import re
import subprocess
import tempfile
from pathlib import Path

from .reading import INFRA, ROOT, of_type


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
