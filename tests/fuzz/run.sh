#!/usr/bin/env bash
# Hostile input for each edge of the desk: bash tests/fuzz/run.sh --runs 10000000 [--seconds N] [--fast] [target...]
#
# Needs a nightly compiler and cargo-fuzz. Each target runs by itself, on one core, until it has been
# played so many times, or for --seconds at most; more calls go on from what earlier ones found. What
# is found is in target/fuzz/found/<target>; a crash ends its target, and its input is kept there.
#
# --fast watches only those who read a mail or a policy, and not an input's way through the desk: several
# times as many inputs, which go on at random from what was found while all was watched.
set -uo pipefail
cd "$(dirname "$0")" || exit 1

RUNS=10000000 SECONDS_EACH=0 TARGETS=() BUILD=build
export WATCH=all
while (($#)); do
    case $1 in
    --runs) RUNS=$2; shift ;;
    --seconds) SECONDS_EACH=$2; shift ;;
    --fast) WATCH=readers BUILD=fast ;;
    *) TARGETS+=("$1") ;;
    esac
    shift
done
((${#TARGETS[@]})) || TARGETS=(http mail policy ses stream token)

OUT=$PWD/../../target/fuzz
export CARGO_TARGET_DIR=$OUT/$BUILD RUSTC_WRAPPER=$PWD/watched.sh
BUILT=$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release
# No sanitizer: there is no unsafe code of ours that one could watch, and each makes it half as fast.
cargo +nightly fuzz build --fuzz-dir . --sanitizer none --release --debug-assertions || exit 1

# The longest input, in bytes: what is longer is the same again, and slower.
longest() {
    case $1 in
    http) echo 2048 ;;
    mail) echo 4096 ;;
    policy) echo 4096 ;;
    ses) echo 4096 ;;
    stream) echo 6144 ;;
    token) echo 256 ;;
    esac
}

FAILED=0
printf '%-8s %12s %8s %10s %9s %8s %8s %8s  %s\n' \
    target executions each/s "code seen" features corpus seconds "peak MB" crashes
for target in "${TARGETS[@]}"; do
    found=$OUT/found/$target log=$OUT/$target.log
    mkdir -p "$found/corpus" "$found/crashes"
    words=()
    [[ -f words/$target ]] && words=(-dict="words/$target")
    "$BUILT/$target" "$found/corpus" "corpus/$target" "${words[@]}" -runs="$RUNS" \
        -max_total_time="$SECONDS_EACH" -max_len="$(longest "$target")" -timeout=5 -rss_limit_mb=1024 \
        -artifact_prefix="$found/crashes/" -print_final_stats=1 -reload=0 2>"$log"
    result=$?
    ((result == 0)) || FAILED=1
    stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -1; }
    last=$(grep -aE '^#[0-9]+.*cov:' "$log" | tail -1)
    of() { sed -nE "s/.* $1: ([^ ]*).*/\1/p" <<<"$last"; }
    seconds=$(sed -nE 's/^Done [0-9]+ runs in ([0-9]+) second.*/\1/p' "$log")
    printf '%-8s %12s %8s %10s %9s %8s %8s %8s  %s\n' "$target" "$(stat number_of_executed_units)" \
        "$(stat average_exec_per_sec)" "$(of cov)" "$(of ft)" "$(of corp)" "${seconds:--}" \
        "$(stat peak_rss_mb)" "$(find "$found/crashes" -type f | wc -l)"
done
exit $FAILED
