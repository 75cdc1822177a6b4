#!/usr/bin/env bash
# benchmarks/run.sh relay|listener: prints a table and writes benchmarks/results/<suite>.json; takes about ten minutes.
# benchmarks/run.sh sizing: prints the numbers that docs/sizing.md calculates with.
set -euo pipefail
cd "$(dirname "$0")/.."

mvn ${BENCHMARK_MAVEN_OPTIONS:-} -B -ntp -q -pl benchmarks -am -DskipTests package dependency:build-classpath -Dmdep.outputFile=target/classpath
exec java -Xmx1g ${BENCHMARK_JAVA_OPTIONS:-} -cp "benchmarks/target/classes:$(cat benchmarks/target/classpath)" \
  io.reliablemessaging.benchmarks.Main "${1:-relay}"
