-- Homes, MLS rules and seller overrides. PostgreSQL 16 or newer (hexadecimal literals).

-- Byte order, so that "in order of id" means the same here and in TypeScript, whatever the database's own collation is.
-- The same as ^[A-Za-z0-9_-]{1,64}$, in the form that is cheap to check a million times.
CREATE DOMAIN porchlight.identifier AS text COLLATE "C"
  CHECK (VALUE <> '' AND octet_length(VALUE) <= 64 AND VALUE !~ '[^A-Za-z0-9_-]');

CREATE DOMAIN porchlight.listing_status AS text COLLATE "C" CHECK (VALUE IN ('active', 'off_market'));

-- The lowest viewer role that may see an estimate; nobody is a level and never a role.
CREATE DOMAIN porchlight.level AS text COLLATE "C"
  CHECK (VALUE IN ('unregistered', 'registered', 'verified', 'agent', 'nobody'));

-- Readers hold versions in doubles: 2^53 - 1 is the last that they tell apart.
CREATE DOMAIN porchlight.version AS bigint CHECK (VALUE BETWEEN 1 AND 9007199254740991);

-- Puts a zero before each of the low 32 bits.
CREATE FUNCTION porchlight.spread_bits(bits bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  bits := (bits | (bits << 16)) & 0x0000FFFF0000FFFF;
  bits := (bits | (bits << 8)) & 0x00FF00FF00FF00FF;
  bits := (bits | (bits << 4)) & 0x0F0F0F0F0F0F0F0F;
  bits := (bits | (bits << 2)) & 0x3333333333333333;
  RETURN (bits | (bits << 1)) & 0x5555555555555555;
END
$$;

-- The place of a point along the Z-order curve of zoom 22, the same as mortonOf of @porchlight/geo (a test compares
-- them). In the database, because other teams insert homes too and would not compute it.
CREATE FUNCTION porchlight.morton_of(latitude double precision, longitude double precision) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  across CONSTANT double precision := 4194304;
  -- a product too small to be held is an error in SQL
  radians double precision := CASE WHEN abs(latitude) < 1e-300 THEN 0 ELSE latitude * pi() / 180 END;
  sine double precision := sin(radians);
  x bigint := floor((longitude + 180) / 360 * across);
  y bigint := floor((0.5 - ln((1 + sine) / (1 - sine)) / (4 * pi())) * across);
BEGIN
  -- the world's own east and south edges belong to the last tile
  x := least(4194303, greatest(0, x));
  y := least(4194303, greatest(0, y));
  RETURN porchlight.spread_bits(x) | (porchlight.spread_bits(y) << 1);
END
$$;

CREATE TABLE porchlight.property (
  property_id porchlight.identifier PRIMARY KEY,
  latitude double precision NOT NULL CHECK (latitude BETWEEN -85.0511 AND 85.0511),
  longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
  morton bigint NOT NULL GENERATED ALWAYS AS (porchlight.morton_of(latitude, longitude)) STORED,
  listing_status porchlight.listing_status NOT NULL,
  mls_id porchlight.identifier,
  -- A home that is gone keeps its row, so that its version never restarts; nobody sees it and no map lists it.
  deleted boolean NOT NULL DEFAULT false,
  -- With xmin: whether the transaction that wrote this row also made the home. Kept by triggers, for the bulk load.
  is_new boolean NOT NULL DEFAULT true,
  visibility_version porchlight.version NOT NULL DEFAULT 1
) WITH (fillfactor = 90); -- room for updates in place: no index holds a fact

COMMENT ON TABLE porchlight.property IS 'Every home; visibility_version is kept by triggers and goes up by one with each change of who may see it.';

-- One range of codes is one tile: the index alone answers "which homes, and where".
CREATE INDEX property_places ON porchlight.property (morton) INCLUDE (property_id, latitude, longitude) WHERE NOT deleted;

-- No foreign key from property.mls_id: a listing feed may name an MLS before its rule is known, and then nobody sees the home.
CREATE TABLE porchlight.mls_rule (
  mls_id porchlight.identifier PRIMARY KEY,
  rule_version porchlight.version NOT NULL DEFAULT 1,
  active_level porchlight.level NOT NULL,
  off_market_level porchlight.level NOT NULL
);

COMMENT ON TABLE porchlight.mls_rule IS 'Who may see the homes of one MLS; never deleted.';

CREATE TABLE porchlight.seller_override (
  property_id porchlight.identifier PRIMARY KEY REFERENCES porchlight.property,
  level porchlight.level NOT NULL
);

COMMENT ON TABLE porchlight.seller_override IS 'A restriction that a seller asked for; deleting the row lifts it.';
