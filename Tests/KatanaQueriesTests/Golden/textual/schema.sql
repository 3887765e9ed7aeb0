CREATE EXTENSION hstore;
CREATE EXTENSION ltree;
CREATE TYPE shift AS RANGE (SUBTYPE = time);
CREATE DOMAIN gateway AS inet;
CREATE DOMAIN code AS char(3);
CREATE TABLE hosts (
  id bigint PRIMARY KEY, address inet NOT NULL, net cidr, mac macaddr, mac8 macaddr8, addresses inet[] NOT NULL DEFAULT '{}',
  words tsvector, flags bit(8), bits bit varying, price money, opens timetz, spot point, area polygon, labels hstore,
  path ltree, busy shift, days datemultirange, document xml, gate gateway, gates gateway[], kind "char", place pg_lsn,
  owner regrole, code code, codes code[], filter jsonpath
);
