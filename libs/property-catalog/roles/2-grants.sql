-- What each role may do in the schema porchlight, and no more. Run by porchlight_migrator after each migration and
-- before the rollout; safe to run again. What an older version of this file granted is taken back first, in the same
-- transaction, so that no app is without its rights in between. A test holds this against what each app really does.
BEGIN;

REVOKE ALL ON ALL TABLES IN SCHEMA porchlight FROM porchlight_operator, porchlight_catalog_relay, porchlight_estimate_api,
  porchlight_forecaster, porchlight_invalidator, porchlight_request_filter, porchlight_catalog_writer;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA porchlight FROM porchlight_operator, porchlight_catalog_relay,
  porchlight_estimate_api, porchlight_forecaster, porchlight_invalidator, porchlight_request_filter,
  porchlight_catalog_writer;
GRANT USAGE ON SCHEMA porchlight TO porchlight_operator, porchlight_catalog_relay, porchlight_estimate_api,
  porchlight_forecaster, porchlight_invalidator, porchlight_request_filter, porchlight_catalog_writer;

-- forecaster: where homes are. Not who may see them: it need not know, so it cannot tell.
GRANT SELECT (property_id, latitude, longitude, morton, deleted) ON porchlight.property TO porchlight_forecaster;

-- request-filter: who may see a home. Not where it is.
GRANT SELECT (property_id, visibility_version, listing_status, mls_id, deleted) ON porchlight.property
  TO porchlight_request_filter, porchlight_invalidator, porchlight_estimate_api;
GRANT SELECT ON porchlight.seller_override TO porchlight_request_filter, porchlight_invalidator, porchlight_estimate_api;

GRANT SELECT ON porchlight.mls_rule TO porchlight_request_filter, porchlight_invalidator, porchlight_estimate_api;

-- invalidator, estimate-api: how far the relay has come, too.
GRANT SELECT ON porchlight.relay_progress TO porchlight_invalidator, porchlight_estimate_api;

-- estimate-api: the map.
GRANT SELECT (latitude, longitude, morton) ON porchlight.property TO porchlight_estimate_api;

-- catalog-relay: the outbox, its progress and its bell. Neither homes nor rules; it makes no change, it only passes on.
GRANT SELECT, DELETE ON porchlight.outbox TO porchlight_catalog_relay;
GRANT SELECT, INSERT ON porchlight.outbox_dead TO porchlight_catalog_relay;
GRANT SELECT, INSERT, UPDATE ON porchlight.relay_progress TO porchlight_catalog_relay;
GRANT UPDATE ON SEQUENCE porchlight.outbox_bell TO porchlight_catalog_relay;

-- The command line in an operator's hands: looks at everything, changes nothing.
GRANT SELECT ON ALL TABLES IN SCHEMA porchlight TO porchlight_operator;

-- The teams that own the listings. The triggers publish what they change; the outbox itself is closed to them.
GRANT SELECT, INSERT, UPDATE ON porchlight.property, porchlight.mls_rule TO porchlight_catalog_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON porchlight.seller_override TO porchlight_catalog_writer;

COMMIT;
