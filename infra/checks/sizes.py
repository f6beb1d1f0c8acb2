"""What `sam build` made: each function's size, and whether it starts.

    python infra/checks/sizes.py BUILT

BUILT is the folder that `sam build` wrote. Fails on a function that is missing or, of those for Graviton,
too large (the larger it is, the longer a cold start takes), and on one that does not get as far as
reading its configuration.
"""

import io
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

from promises.reading import of_type
from samcli.yamlhelper import yaml_parse

# Bytes: of the binary, and of the zip that Lambda is given. DESIGN.md, section 10.
BARS = 8_000_000, 3_200_000
# What is over them, and is not to grow: 24 routes, pages, simulations and the reader of mail, whose tables
# of character sets hardly compress; and that reader with S3. Optimised for size alone ("z") they lose 7 %.
OVER = {"ManageIncidentFunction": (8_700_000, 3_900_000), "ReceiveEmailFunction": (BARS[0], 3_400_000)}
PROCESSORS = {"x86_64": "x86_64", "aarch64": "arm64"}


def zipped(folder):
    """The size of a folder as `sam package` zips it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return out.tell()


def started(binary):
    """What a function says when it finds no configuration. It names what is missing, and ends."""
    try:
        run = subprocess.run([binary], capture_output=True, text=True, env={}, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not start: {error}"
    said = run.stdout + run.stderr
    return "" if run.returncode == 1 and "TABLE_NAME" in said else f"ends with {run.returncode} and says {said[:300]!r}"


def main(built):
    template = yaml_parse((built / "template.yaml").read_text())
    functions = of_type(template, "AWS::Serverless::Function")
    wrong, foreign = [], False
    print(f"{'':<28}{'binary':>10}{'zip':>10}")
    for name, function in functions.items():
        folder = built / function["Properties"]["CodeUri"]
        binary = folder / "bootstrap"
        if not binary.is_file():
            wrong.append(f"{name}: there is no {binary.relative_to(built)}")
            continue
        sizes = binary.stat().st_size, zipped(folder)
        print(f"{name:<28}{sizes[0]:>10}{sizes[1]:>10}")
        architectures = {**template["Globals"]["Function"], **function["Properties"]}["Architectures"]
        bars = zip(("binary", "zip"), sizes, OVER.get(name, BARS)) if architectures == ["arm64"] else ()
        wrong += [f"{name}: its {what} has {size} bytes, and {most} is the most" for what, size, most in bars if size > most]
        if architectures != [PROCESSORS.get(platform.machine())]:
            foreign = True
        elif said := started(binary):
            wrong.append(f"{name}: {said}")
    print(f"{'at most':<28}{BARS[0]:>10}{BARS[1]:>10}", *(f"{name + ', at most':<28}{binary:>10}{zip_:>10}" for name, (binary, zip_) in OVER.items()), sep="\n")
    print(f"not started: they are for another processor than this machine's {platform.machine()}" if foreign else "each was started without configuration")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong or not functions else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
