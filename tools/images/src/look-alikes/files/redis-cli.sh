#!/bin/bash
# `redis-cli ping` is all that a health check needs.
exec 3<>/dev/tcp/127.0.0.1/6379 || exit 1
printf 'PING\r\n' >&3
read -r -t 3 answer <&3
echo "${answer%$'\r'}"
[ "${answer%$'\r'}" = +PONG ]
