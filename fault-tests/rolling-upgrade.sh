#!/usr/bin/env bash
# fault-tests/rolling-upgrade.sh [COMMIT]: builds the starter of a commit in a work tree of its own, and runs applications with it
# beside applications with the present one, on one schema; the checker of the fault tests judges the messages. Takes some minutes.
# Without COMMIT, it is the oldest one that can be upgraded from.
set -euo pipefail
cd "$(dirname "$0")/.."

# The newest commit that has changed, renamed or deleted a migration. Flyway refuses a schema whose migrations were made by a
# commit before it. A commit that only adds a migration is none, so that an upgrade over new migrations is tried.
migrations=reliable-messaging-starter/src/main/resources/db/reliable-messaging
baseline=$(git log -1 --format=%h --diff-filter=MRD -- "$migrations")
commit=$(git rev-parse --short "${1:-$baseline}^{commit}")
if ! git merge-base --is-ancestor "$baseline" "$commit"; then
  echo "Commit $commit cannot be upgraded from: it is older than $baseline, which has changed the migrations" >&2
  exit 1
fi
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
