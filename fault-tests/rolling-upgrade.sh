#!/usr/bin/env bash
# fault-tests/rolling-upgrade.sh COMMIT: builds the starter of a commit in a work tree of its own, and runs applications with it beside
# applications with the present one, on one schema; the checker of the fault tests judges the messages. Takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

commit=$(git rev-parse --short "${1:?a commit, the release to upgrade from}^{commit}")
tree=$(pwd)/fault-tests/target/rolling-upgrade/$commit
maven="mvn ${ROLLING_UPGRADE_MAVEN_OPTIONS:-} -B -ntp -q"

mkdir -p "$(dirname "$tree")"
[ -d "$tree" ] || git worktree add --detach "$tree" "$commit"
trap 'git worktree remove --force "$tree"' EXIT
(cd "$tree" && $maven -pl reliable-messaging-starter -am -DskipTests compile)

$maven -pl fault-tests -am verify -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false \
  -Dit.test=RollingUpgradeIT -Dfailsafe.failIfNoSpecifiedTests=false -Dfaults.excluded= \
  -Dfaults.other-release="$tree/reliable-messaging-starter/target/classes"
echo "Upgraded from $commit; the report is fault-tests/target/faults/rolling-upgrade/report.md"
