-- Who waits for changes is told of them; who reads on by itself is not. PostgreSQL lets the commits of notifying transactions through one at a time,
-- flush included, under a lock of the whole server: with every change a NOTIFY, a busy database committed one after the other.

-- 1: ring at each commit; 0: the reader comes back by itself. A sequence, because its value is seen by all at once, whatever their snapshot. It begins
-- at 1, so that a relay that knows nothing of it is told of everything, as before.
CREATE SEQUENCE porchlight.outbox_bell MINVALUE 0 MAXVALUE 1 START WITH 1;

COMMENT ON SEQUENCE porchlight.outbox_bell IS 'Set by catalog-relay: 1 while it waits to be told of changes, 0 while it reads on by itself.';

CREATE OR REPLACE FUNCTION porchlight.announce_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT last_value FROM porchlight.outbox_bell) = 1 THEN
    PERFORM pg_notify('porchlight_outbox', ''); -- sent at commit, once per transaction
  END IF;
  RETURN NULL;
END
$$;
