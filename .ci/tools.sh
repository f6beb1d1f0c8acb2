# The tools of .ci/run, pinned, in $TOOLS. Each function is content when the tool is there, or installs it.

# The machine's own: what is installed is ahead of it on the PATH, and is removed before it is made anew.
PYTHON=$(command -v python3)
CARGO_DENY=0.20.2
CFN_GUARD=3.2.1

get_crate() { # name, version
    [[ $("$TOOLS/bin/$1" --version 2>/dev/null) == "$1 $2" ]] && return
    printf '\n==> installing %s %s (about three minutes on two cores)\n' "$1" "$2"
    cargo install --quiet --locked --root "$TOOLS" --target-dir "$TOOLS/build" "$1@$2" &&
        rm -rf "$TOOLS/build"
}

# The stamp is a copy of the requirements, written last: a half-made environment has none.
get_python() { # environment, requirements
    local environment=$TOOLS/$1 requirements=.ci/$2
    cmp --silent "$requirements" "$environment/requirements.txt" && return
    printf '\n==> installing the Python tools of %s (about a minute)\n' "$requirements"
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' &&
        rm -rf "$environment" &&
        "$PYTHON" -m venv "$environment" &&
        "$environment/bin/pip" install --quiet --requirement "$requirements" &&
        cp "$requirements" "$environment/requirements.txt"
}

# An environment of its own: it wants other versions of what aws-sam-cli wants, too.
get_checkov() {
    get_python checkov requirements-checkov.txt &&
        mkdir -p "$TOOLS/bin" && ln -sf "$TOOLS/checkov/bin/checkov" "$TOOLS/bin/checkov"
}

# What evaluates IAM's policies. The stamp is written last, as above.
get_iam() {
    local iam=$TOOLS/iam
    cmp --silent infra/checks/iam/package-lock.json "$iam/installed.json" && return
    printf '\n==> installing the evaluator of IAM\n'
    mkdir -p "$iam" && cp infra/checks/iam/package*.json "$iam" &&
        npm ci --silent --no-fund --no-audit --prefix "$iam" &&
        cp infra/checks/iam/package-lock.json "$iam/installed.json"
}
