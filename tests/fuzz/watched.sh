#!/bin/sh
# Compiles a crate, watched by the fuzzer only if an input's way through it says something new: our own
# and those that read what others write; with WATCH=readers, those who read a mail or a policy. The rest is
# compiled as ever, and is several times as fast.
rustc=$1
shift
for argument; do
    [ "$previous" = --crate-name ] && crate=$argument
    previous=$argument
done
case $crate in
desk_fuzz | mail | policy | ses | stream | token | email_address | mail_parser | toml | toml_parser) watched=1 ;;
desk_tests | shared | http | deserr | serde_dynamo | serde_json | jiff | submit_escalation | manage_incident | \
    dispatch_email | dispatch_webhook | receive_email | record_delivery) [ "$WATCH" = readers ] || watched=1 ;;
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
