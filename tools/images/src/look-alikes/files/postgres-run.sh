#!/bin/bash
# Makes the cluster and its database once, then becomes the server.
set -e
data=${PGDATA:-/var/lib/postgresql/data}
user=${POSTGRES_USER:-postgres}
if [ ! -s "$data/PG_VERSION" ]; then
  initdb -D "$data" -U "$user" --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:?}") --auth=scram-sha-256 --no-instructions \
    --encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8
  echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
  if [ "${POSTGRES_DB:-$user}" != postgres ]; then
    echo "CREATE DATABASE \"${POSTGRES_DB:-$user}\"" | postgres --single -D "$data" -j postgres
  fi
fi
exec "$@" -D "$data" -c "listen_addresses=*" -c unix_socket_directories=/tmp
