-- Triggers: versions that only go up, and an outbox row for each change, inside the writer's own transaction.
--
-- The order of a home's records: each trigger draws its outbox id while it holds the home's row lock, and that lock is
-- held until commit. So of two changes to one home the one with the lower id is also the one that commits first.
--
-- The order of locks: the home's row, then its override's. Inserting an override keeps it (ON CONFLICT too). An UPDATE or
-- DELETE of seller_override cannot: PostgreSQL locks the row before any trigger of ours runs, and the trigger then asks
-- for the home. Beside a writer who goes the right way that may deadlock: PostgreSQL ends one of the two after
-- deadlock_timeout (40P01), nothing of it is kept, and it is repeated. Who does not want that locks the home first:
--   SELECT FROM porchlight.property WHERE property_id = '...' FOR NO KEY UPDATE;
--
-- Bulk load: SET LOCAL porchlight.bulk_load = on leaves out the outbox rows of homes and rules that are inserted, and of
-- overrides inserted on homes that this same transaction made. Changes to what was there before are always published.
--
-- SECURITY DEFINER: another team needs rights on the three tables only, and cannot forge an outbox row. So nobody may
-- call those functions, or hang them on a table of his own: see the end.

CREATE FUNCTION porchlight.is_bulk_load() RETURNS boolean LANGUAGE sql STABLE
RETURN coalesce(current_setting('porchlight.bulk_load', true), '') = 'on';

CREATE FUNCTION porchlight.instant_of(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT
RETURN floor(extract(epoch FROM at) * 1000)::bigint;

COMMENT ON FUNCTION porchlight.instant_of IS 'UTC milliseconds, rounded down: an instant may claim to be earlier, never later.';

CREATE FUNCTION porchlight.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on porchlight.% is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
    USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON porchlight.property FOR EACH STATEMENT
  EXECUTE FUNCTION porchlight.refuse('a home keeps its row and its version; set deleted instead');
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON porchlight.mls_rule FOR EACH STATEMENT
  EXECUTE FUNCTION porchlight.refuse('rules are never deleted; change the levels instead');
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON porchlight.seller_override FOR EACH STATEMENT
  EXECUTE FUNCTION porchlight.refuse('no home would learn of it; delete the rows');

-- homes -------------------------------------------------------------------------------------------------------------

-- Refused, not set to 1 in silence: rows that bring versions are a copy of another database, and a home whose version
-- began again would be taken for an old one.
CREATE FUNCTION porchlight.begin_home() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.visibility_version <> 1 THEN
    RAISE EXCEPTION 'visibility_version of home % is kept by the database', NEW.property_id
      USING ERRCODE = 'restrict_violation';
  END IF;
  NEW.is_new := true;
  RETURN NEW;
END
$$;

CREATE TRIGGER begun BEFORE INSERT ON porchlight.property FOR EACH ROW EXECUTE FUNCTION porchlight.begin_home();

CREATE FUNCTION porchlight.keep_home() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.property_id <> OLD.property_id THEN
    RAISE EXCEPTION 'home % cannot take another id', OLD.property_id USING ERRCODE = 'restrict_violation';
  END IF;
  -- Only the override's trigger raises it from outside, by one.
  IF NEW.visibility_version <> OLD.visibility_version
     AND NOT (pg_trigger_depth() > 1 AND NEW.visibility_version = OLD.visibility_version + 1) THEN
    RAISE EXCEPTION 'visibility_version of home % is kept by the database', OLD.property_id
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.listing_status, NEW.mls_id, NEW.deleted) IS DISTINCT FROM (OLD.listing_status, OLD.mls_id, OLD.deleted) THEN
    NEW.visibility_version := OLD.visibility_version + 1;
  END IF;
  -- Any change by another transaction than the one that made the home ends it, for good.
  NEW.is_new := OLD.is_new AND OLD.xmin = pg_current_xact_id()::xid;
  RETURN NEW;
END
$$;

CREATE TRIGGER kept BEFORE UPDATE ON porchlight.property FOR EACH ROW EXECUTE FUNCTION porchlight.keep_home();

CREATE FUNCTION porchlight.publish_listing_status() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, porchlight AS $$
BEGIN
  INSERT INTO porchlight.outbox (aggregatetype, aggregateid, type, payload)
  VALUES ('property', NEW.property_id, 'ListingStatusChanged', jsonb_build_object(
    'propertyId', NEW.property_id,
    'visibilityVersion', NEW.visibility_version,
    'status', NEW.listing_status,
    'mlsId', NEW.mls_id,
    'changedAt', porchlight.instant_of(clock_timestamp())));
  RETURN NULL;
END
$$;

CREATE TRIGGER status_published_first AFTER INSERT ON porchlight.property FOR EACH ROW
  WHEN (NOT porchlight.is_bulk_load()) EXECUTE FUNCTION porchlight.publish_listing_status();
CREATE TRIGGER status_published AFTER UPDATE ON porchlight.property FOR EACH ROW
  WHEN ((OLD.listing_status, OLD.mls_id) IS DISTINCT FROM (NEW.listing_status, NEW.mls_id))
  EXECUTE FUNCTION porchlight.publish_listing_status();

-- overrides, and deletion, which is an override that no seller can lift -----------------------------------------------

CREATE FUNCTION porchlight.write_override_change(home porchlight.property) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, porchlight AS $$
  INSERT INTO porchlight.outbox (aggregatetype, aggregateid, type, payload)
  VALUES ('property', home.property_id, 'SellerOverrideChanged', jsonb_build_object(
    'propertyId', home.property_id,
    'visibilityVersion', home.visibility_version,
    'level', CASE WHEN home.deleted THEN 'nobody'
      ELSE (SELECT level FROM porchlight.seller_override o WHERE o.property_id = home.property_id) END,
    'changedAt', porchlight.instant_of(clock_timestamp())))
$$;

CREATE FUNCTION porchlight.publish_deletion() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, porchlight AS $$
BEGIN
  PERFORM porchlight.write_override_change(NEW);
  RETURN NULL;
END
$$;

CREATE TRIGGER deletion_published AFTER UPDATE ON porchlight.property FOR EACH ROW
  WHEN (OLD.deleted <> NEW.deleted) EXECUTE FUNCTION porchlight.publish_deletion();

-- Takes the home's row lock before the override's (see the order of locks above).
CREATE FUNCTION porchlight.lock_home() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, porchlight AS $$
BEGIN
  PERFORM FROM porchlight.property WHERE property_id = NEW.property_id FOR NO KEY UPDATE;
  RETURN NEW;
END
$$;

CREATE TRIGGER home_locked BEFORE INSERT ON porchlight.seller_override FOR EACH ROW
  EXECUTE FUNCTION porchlight.lock_home();

CREATE FUNCTION porchlight.publish_override() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, porchlight AS $$
DECLARE
  id porchlight.identifier := coalesce(NEW.property_id, OLD.property_id);
  is_silent boolean := false;
  home porchlight.property;
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.property_id <> OLD.property_id THEN
    RAISE EXCEPTION 'the override of home % cannot move to another', OLD.property_id USING ERRCODE = 'restrict_violation';
  END IF;
  -- Nobody has seen a home that this transaction made, so nobody has anything to take back. Its xid alone says less: any
  -- UPDATE leaves it too, and one that moves an old home by a metre publishes nothing.
  IF TG_OP = 'INSERT' AND porchlight.is_bulk_load() THEN
    SELECT is_new AND xmin = pg_current_xact_id()::xid INTO is_silent FROM porchlight.property WHERE property_id = id;
  END IF;
  UPDATE porchlight.property SET visibility_version = visibility_version + 1 WHERE property_id = id RETURNING * INTO home;
  -- No home: the foreign key refuses the row at the end of the statement.
  IF FOUND AND NOT is_silent THEN
    PERFORM porchlight.write_override_change(home);
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER override_published AFTER INSERT OR DELETE ON porchlight.seller_override FOR EACH ROW
  EXECUTE FUNCTION porchlight.publish_override();
CREATE TRIGGER override_change_published AFTER UPDATE ON porchlight.seller_override FOR EACH ROW
  WHEN ((OLD.property_id, OLD.level) IS DISTINCT FROM (NEW.property_id, NEW.level))
  EXECUTE FUNCTION porchlight.publish_override();

-- rules -------------------------------------------------------------------------------------------------------------

CREATE FUNCTION porchlight.begin_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.rule_version <> 1 THEN
    RAISE EXCEPTION 'rule_version of % is kept by the database', NEW.mls_id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER begun BEFORE INSERT ON porchlight.mls_rule FOR EACH ROW EXECUTE FUNCTION porchlight.begin_rule();

CREATE FUNCTION porchlight.keep_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.mls_id <> OLD.mls_id THEN
    RAISE EXCEPTION 'the rule of % cannot move to another MLS', OLD.mls_id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.rule_version <> OLD.rule_version THEN
    RAISE EXCEPTION 'rule_version of % is kept by the database', OLD.mls_id USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.active_level, NEW.off_market_level) IS DISTINCT FROM (OLD.active_level, OLD.off_market_level) THEN
    NEW.rule_version := OLD.rule_version + 1;
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER kept BEFORE UPDATE ON porchlight.mls_rule FOR EACH ROW EXECUTE FUNCTION porchlight.keep_rule();

CREATE FUNCTION porchlight.publish_rule() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, porchlight AS $$
BEGIN
  INSERT INTO porchlight.outbox (aggregatetype, aggregateid, type, payload)
  VALUES ('mls_rule', NEW.mls_id, 'MlsRuleChanged', jsonb_build_object(
    'mlsId', NEW.mls_id,
    'ruleVersion', NEW.rule_version,
    'activeLevel', NEW.active_level,
    'offMarketLevel', NEW.off_market_level,
    'changedAt', porchlight.instant_of(clock_timestamp())));
  RETURN NULL;
END
$$;

CREATE TRIGGER rule_published_first AFTER INSERT ON porchlight.mls_rule FOR EACH ROW
  WHEN (NOT porchlight.is_bulk_load()) EXECUTE FUNCTION porchlight.publish_rule();
CREATE TRIGGER rule_published AFTER UPDATE ON porchlight.mls_rule FOR EACH ROW
  WHEN (OLD.rule_version <> NEW.rule_version) EXECUTE FUNCTION porchlight.publish_rule();

-- rights ------------------------------------------------------------------------------------------------------------

-- PostgreSQL lets everybody execute what is made. A trigger needs no such right to fire; it takes one to be created.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA porchlight FROM PUBLIC;
-- Pure; the rows of another team's statements are computed and checked with that team's rights.
GRANT EXECUTE ON FUNCTION porchlight.spread_bits, porchlight.morton_of, porchlight.is_bulk_load, porchlight.instant_of
  TO PUBLIC;
