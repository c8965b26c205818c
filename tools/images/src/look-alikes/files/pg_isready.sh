#!/bin/bash
# As the real one: a start-up packet; a server that serves asks for a password (R), one that still starts says E.
exec 3<>/dev/tcp/127.0.0.1/5432 || exit 2
printf '\0\0\0\x19\0\x03\0\0user\0porchlight\0\0' >&3
read -r -N 1 -t 3 answer <&3
[ "$answer" = R ]
