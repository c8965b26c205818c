#!/bin/bash
# shellcheck disable=SC2086  # several flags in one variable are meant
exec java ${JAVA_OPTIONS:--Xms64m -Xmx256m} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dquarkus.http.host=0.0.0.0 \
  -Djava.util.logging.manager=org.jboss.logmanager.LogManager -jar /deployments/quarkus-run.jar
