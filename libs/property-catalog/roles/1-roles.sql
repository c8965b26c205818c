-- The roles of the property database, one for each process. Run once by an administrator, in the database of Porchlight,
-- before the first migration; safe to run again. Nobody has a password yet: `ALTER ROLE ... PASSWORD` comes from the vault.

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY[
    'porchlight_migrator', 'porchlight_operator', 'porchlight_catalog_relay', 'porchlight_estimate_api',
    'porchlight_forecaster', 'porchlight_invalidator', 'porchlight_request_filter'
  ] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I', role);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', role);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);
  END LOOP;
  -- The teams that own the listings are members of it; it connects as nobody itself.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'porchlight_catalog_writer') THEN
    CREATE ROLE porchlight_catalog_writer NOLOGIN;
  END IF;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO porchlight_catalog_writer', current_database());
  -- The migrations make the schema, and own it.
  EXECUTE format('GRANT CREATE ON DATABASE %I TO porchlight_migrator', current_database());
  -- PostgreSQL lets everybody connect, and make temporary tables.
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
END
$$;
