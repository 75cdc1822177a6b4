#!/usr/bin/env bash
# benchmarks/compare.sh WORKTREE [SUITE [ROUNDS]]: measures the library of another worktree and the one of this worktree in turn,
# with the benchmarks of this one, and prints the medians of each key. Five rounds of the listener's suite by default.
set -euo pipefail
cd "$(dirname "$0")/.."

after=$PWD
before=$(cd "${1:?usage: benchmarks/compare.sh WORKTREE [SUITE [ROUNDS]]}" && pwd)
suite=${2:-listener}
rounds=${3:-5}
results=benchmarks/results/compared

for worktree in "$before" "$after"; do
  (cd "$worktree" && mvn ${BENCHMARK_MAVEN_OPTIONS:-} -B -ntp -q -pl benchmarks -am -Dmaven.test.skip package \
    dependency:build-classpath -Dmdep.outputFile=target/classpath)
done

# what only the benchmarks of this worktree need
others=$(tr ':' '\n' < benchmarks/target/classpath | grep -v "^$after/" | paste -sd:)

measure() { # before|after WORKTREE ROUND
  echo "Round $3 of $rounds: $1"
  java -Xmx1g ${BENCHMARK_JAVA_OPTIONS:-} -cp "benchmarks/target/classes:$(cat "$2/benchmarks/target/classpath"):$others" \
    io.reliablemessaging.benchmarks.Main "$suite" "$results/$1/$3.json"
}

rm -rf "$results"
for round in $(seq "$rounds"); do
  # what the machine does meanwhile meets both alike: each begins every other round
  if ((round % 2)); then
    measure before "$before" "$round"
    measure after "$after" "$round"
  else
    measure after "$after" "$round"
    measure before "$before" "$round"
  fi
done
exec java -cp "benchmarks/target/classes:$(cat benchmarks/target/classpath)" io.reliablemessaging.benchmarks.Compare "$results"
