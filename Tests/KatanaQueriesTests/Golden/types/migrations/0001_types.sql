CREATE SCHEMA audit;
CREATE TYPE audit.severity AS ENUM ('low', 'high');
CREATE TYPE pair AS (a int, b text);
CREATE TYPE nested AS (p pair, level audit.severity);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN small AS positive NOT NULL CHECK (VALUE < 100);
CREATE EXTENSION citext;
CREATE TABLE every (
  bool bool, int2 int2, int4 int4, int8 int8, float4 float4, float8 float8, num numeric(12, 3), text text,
  varchar varchar(10), bpchar char(3), name name, char "char", bytea bytea, uuid uuid, date date, time time,
  timetz timetz, timestamp timestamp, timestamptz timestamptz, interval interval, json json, jsonb jsonb, inet inet,
  cidr cidr, macaddr macaddr, bit bit(3), varbit varbit, tsvector tsvector, xml xml, oid oid, point point,
  ints int[] NOT NULL, texts text[][], level audit.severity, levels audit.severity[], pair pair, pairs pair[],
  nested nested, positive positive, small small, positives positive[], range int4range, span tstzrange, ci citext
);
