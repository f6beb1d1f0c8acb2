# Checks of .ci/run that are more than a command.

# `cargo tree -i` fails when the package is in no lockfile, which is what we want, and prints nothing
# when it is in the lockfile but nothing uses it.
nothing_uses() { # package@version
    local tree errors=$OUT/tree.errors
    if tree=$(cargo tree --locked --workspace --invert "$1" 2>"$errors"); then
        [[ -z $tree ]] && return
        printf '%s\n' "$tree"
        return 1
    fi
    grep -q 'did not match any packages' "$errors" && return
    cat "$errors"
    return 1
}

lint_translated() {
    [[ -f $OUT/cloudformation.json ]] || { echo "there is no translated template"; return 1; }
    cfn-lint --regions eu-west-1 us-east-1 --include-checks I -- "$OUT/cloudformation.json"
}

# Rust's standard library for Graviton. Where Rust is not rustup's, or rustup reaches nothing, there may be none.
has_arm64() {
    local library
    library=$(rustc --print target-libdir --target aarch64-unknown-linux-gnu)
    compgen -G "$library/libstd-*" >/dev/null || { rustup target add aarch64-unknown-linux-gnu && compgen -G "$library/libstd-*" >/dev/null; }
}

# As in infra/, with its samconfig.toml, but into $OUT. Cargo's own folder is target/, as always. Nothing
# differs between functions in what their dependencies are compiled with, so the first compiles them for
# all, and each of the others is linked only.
build_functions() { # template
    rm -rf "$OUT/sam"
    sam build --template "$1" --base-dir infra --build-dir "$OUT/sam" --config-file "$PWD/infra/samconfig.toml" &&
        python infra/checks/sizes.py "$OUT/sam"
}

# The same from the template with another processor, which proves all but the code for Graviton.
build_functions_for_here() {
    sed -E 's/^( *(Build|Compatible)?Architectures?: .*)\barm64\b/\1x86_64/' infra/template.yaml >"$OUT/here.yaml"
    diff infra/template.yaml "$OUT/here.yaml" && return 1
    build_functions "$OUT/here.yaml"
}

# Runs a command with URL set to the API of a desk of this machine, which ends with it.
with_a_desk() { # command...
    local log=$OUT/desk.log desk result
    URL=
    cargo build --quiet --locked || return 1
    cargo run --quiet --locked -- --port 0 --dynamodb-port 0 --mailbox-port 0 >"$log" 2>&1 &
    desk=$!
    for _ in $(seq 100); do
        URL=$(sed -n 's|^ *HTTP API *\(http://[^ ]*\)$|\1|p' "$log")
        [[ -n $URL ]] && break
        sleep 0.1
    done
    [[ -n $URL ]] || { cat "$log"; kill "$desk"; return 1; }
    "$@"
    result=$?
    kill "$desk"
    wait "$desk" 2>/dev/null
    return $result
}

smoke() {
    API=$URL tests/smoke --tell-teams
}

# Asks all that the desk's own document allows, and much that it does not, for two minutes at most. The
# seed is the same in each run, so that a change is to blame for what it finds; tests/README.md asks with
# new ones. On one machine everybody is the same authenticated caller, so ignored_auth has nothing to
# show; tests/api/scopes.rs goes over every route instead.
ask_everything() {
    PYTHONPATH=.ci st --config-file .ci/schemathesis.toml run "$URL/openapi.json" \
        --checks all --exclude-checks ignored_auth --continue-on-failure --max-time 110 --seed 3 --no-color
}
