#!/bin/bash
# KAFKA_* become server.properties (___ is -, __ is _, _ is .), the storage is formatted once, the broker starts.
set -e
properties=/tmp/server.properties
for name in "${!KAFKA_@}"; do
  case $name in KAFKA_HEAP_OPTS | KAFKA_OPTS | KAFKA_LOG4J* | KAFKA_JVM*) continue ;; esac
  key=${name#KAFKA_}
  key=${key,,}
  key=${key//___/-}
  key=${key//__/$'\1'}
  key=${key//_/.}
  printf '%s=%s\n' "${key//$'\1'/_}" "${!name}"
done >"$properties"
grep -q '^log.dirs=' "$properties" || echo 'log.dirs=/var/lib/kafka/data' >>"$properties"
flags=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true -Dlog4j2.configurationFile=file:/opt/kafka/log4j2.properties)
java -Xmx128m "${flags[@]}" -Dporchlight.log.level=WARN -cp '/opt/kafka/libs/*' kafka.tools.StorageTool format \
  --ignore-formatted -t "${CLUSTER_ID:?}" -c "$properties"
# shellcheck disable=SC2086  # several flags in one variable are meant
exec java ${KAFKA_HEAP_OPTS:--Xms64m -Xmx256m} "${flags[@]}" -cp '/opt/kafka/libs/*' kafka.Kafka "$properties"
