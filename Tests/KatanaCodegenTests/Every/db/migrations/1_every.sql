CREATE TYPE place AS (street text, number int4, zip text);
CREATE TYPE colour AS ENUM ('red', 'dark green');
CREATE DOMAIN percent AS int2 CHECK (value BETWEEN 0 AND 100);

CREATE TABLE every (
  id int4 PRIMARY KEY,
  a_bool bool, a_int2 int2, a_int4 int4, a_int8 int8, a_float4 float4, a_float8 float8, a_numeric numeric,
  a_text text, a_varchar varchar(20), a_char char(5), a_bytea bytea, a_uuid uuid,
  a_date date, a_time time, a_timestamp timestamp, a_timestamptz timestamptz, a_interval interval,
  a_json json, a_jsonb jsonb, a_colour colour, a_percent percent, a_place place,
  a_int4range int4range, a_tstzrange tstzrange, a_numrange numrange,
  many_bool bool[], many_int8 int8[], many_text text[], many_varchar varchar(20)[], many_numeric numeric[], many_uuid uuid[],
  many_timestamptz timestamptz[], many_bytea bytea[], many_jsonb jsonb[], many_colour colour[], many_percent percent[]
);
