# The workflow on a server of its own, whose time jumps while a client waits: a day takes milliseconds.
# What is tested is what `refrain build` has made.
set -eu
cd "$(dirname "$0")/.."
refrain=${REFRAIN_BIN:-refrain}
component=$(echo dist/*.wasm)

work=$(mktemp -d)
"$refrain" server start-dev --time-skipping --port 0 --log-level error --output json >"$work/server" &
server=$!
trap 'kill $server; wait $server || true; rm -r "$work"' EXIT

fail() { echo "FAILED: $*" >&2; exit 1; }

# Tries again for ten seconds and more.
until_true() {
  tries=0
  until "$@" >"$work/said" 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "$* said: $(cat "$work/said")"
    sleep 0.1
  done
}

start() {
  "$refrain" workflow start --workflow-id "$1" --type order --task-queue test --input "$2" --input "$3"
}

# As the worker of an activity does, once the workflow asks for it.
complete() {
  until_true "$refrain" activity complete --workflow-id "$1" --activity-id "$2" --result "$3"
}

until_true grep -q address "$work/server"
REFRAIN_ADDRESS=$(sed 's/.*"address":"\([^"]*\)".*/\1/' "$work/server")
export REFRAIN_ADDRESS
"$refrain" deploy "$component" --task-queue test

# An order that the warehouse confirms is shipped.
start order-7 '"7"' 4200
complete order-7 1 '"payment-7"'
"$refrain" workflow signal --workflow-id order-7 --name confirmed
complete order-7 3 '"parcel-7"'
result=$("$refrain" workflow result --unless-broken --workflow-id order-7)
[ "$result" = '"parcel-7"' ] || fail "order-7: found $result, expected a parcel"

# To be committed as tests/histories/order-7.json, and replayed by all later versions.
"$refrain" workflow show --workflow-id order-7 --output json >"$work/order-7.json"
"$refrain" replay "$work/order-7.json" "$component"

# An order that nobody confirms within a day is refunded. Time jumps, because a client waits for the result.
start order-8 '"8"' 100
complete order-8 1 '"payment-8"'
"$refrain" workflow result --unless-broken --workflow-id order-8 >"$work/result" 2>&1 &
waiting=$!
complete order-8 3 null
wait $waiting && fail "order-8 was completed"
grep -q "the warehouse did not confirm" "$work/result" || fail "order-8: $(cat "$work/result")"

echo "2 passed"
