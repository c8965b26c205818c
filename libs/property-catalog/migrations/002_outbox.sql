-- What catalog-relay publishes: the columns of Debezium's outbox router, so that either can read the table.
CREATE TABLE porchlight.outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  aggregatetype text NOT NULL,
  aggregateid text NOT NULL,
  type text NOT NULL,
  payload jsonb NOT NULL,
  "timestamp" timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (
  -- A queue is nearly all dead rows: clean by their number, not by their share of a table that is empty.
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 5000
);

-- Rows that no record can be made of, kept with the reason. While one lies here the relay does not move its T.
CREATE TABLE porchlight.outbox_dead (
  id bigint PRIMARY KEY,
  aggregatetype text NOT NULL,
  aggregateid text NOT NULL,
  type text NOT NULL,
  payload jsonb NOT NULL,
  "timestamp" timestamptz NOT NULL,
  error text NOT NULL,
  buried_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row: the time up to which every change is in Kafka, and how many partitions each topic had then.
CREATE TABLE porchlight.relay_progress (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  published_until timestamptz NOT NULL,
  partitions jsonb NOT NULL
) WITH (fillfactor = 10); -- written each second: room to do it in place

CREATE FUNCTION porchlight.announce_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('porchlight_outbox', ''); -- sent at commit, once per transaction
  RETURN NULL;
END
$$;

CREATE TRIGGER announced AFTER INSERT ON porchlight.outbox
  FOR EACH STATEMENT EXECUTE FUNCTION porchlight.announce_outbox();
