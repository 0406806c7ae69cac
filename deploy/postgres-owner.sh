#!/bin/sh
# Run once by the PostgreSQL image, on its first start: the ledger's own role and its two databases.
#
# The role is no superuser, because the ledger takes from its role the rights to change or delete events, and no
# such thing holds for a superuser. The vault (keys of persons) is another database than the ledger.
set -eu
: "${LEERSPOOR_DATABASE_PASSWORD:?the ledger's role needs a password}"
psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 --set password="$LEERSPOOR_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE leerspoor LOGIN PASSWORD :'password' NOSUPERUSER NOCREATEDB NOCREATEROLE;
CREATE DATABASE ledger OWNER leerspoor;
CREATE DATABASE vault OWNER leerspoor;
REVOKE CONNECT ON DATABASE ledger, vault FROM PUBLIC;
SQL
