CREATE EXTENSION hstore;
CREATE TYPE shift AS RANGE (SUBTYPE = time);

-- Types without a codec.
CREATE TABLE hosts (
  id int4 PRIMARY KEY, address inet NOT NULL, net cidr, mac macaddr, addresses inet[] NOT NULL DEFAULT '{}', words tsvector,
  flags bit(8), opens timetz, spot point, labels hstore, busy shift
);
