#!/bin/sh
# Compiles a crate, watched by the fuzzer only if an input's way through it says something new: our own
# and those that read what others write. The rest is compiled as ever, and is several times as fast.
rustc=$1
shift
for argument; do
    [ "$previous" = --crate-name ] && crate=$argument
    previous=$argument
done
case $crate in
desk_fuzz | http | mail | policy | ses | stream | token | desk_tests) watched=1 ;;
*) [ "$WATCH" = harness ] && crate= ;;
esac
case $crate in
shared) watched=1 ;;
submit_escalation | manage_incident | dispatch_email | dispatch_webhook | receive_email | record_delivery) watched=1 ;;
deserr | email_address | mail_parser | serde_dynamo | serde_json | toml | toml_parser | jiff) watched=1 ;;
esac
# Each flag of the fuzzer's is one argument. One unit of code for a crate would take minutes for the largest.
for argument; do
    shift
    case $argument in
    -Ccodegen-units=1) ;;
    -Cpasses=sancov-module | -Cllvm-args=*) [ "$watched" ] && set -- "$@" "$argument" ;;
    *) set -- "$@" "$argument" ;;
    esac
done
exec "$rustc" "$@"
