-- name: add_every :exec
INSERT INTO every VALUES (
  @id, @a_bool?, @a_int2?, @a_int4?, @a_int8?, @a_float4?, @a_float8?, @a_numeric?, @a_text?, @a_varchar?, @a_char?, @a_bytea?,
  @a_uuid?, @a_date?, @a_time?, @a_timestamp?, @a_timestamptz?, @a_interval?, @a_json?, @a_jsonb?, @a_colour?, @a_percent?,
  @a_place?, @a_int4range?, @a_tstzrange?, @a_numrange?, @many_bool?, @many_int8?, @many_text?, @many_varchar?, @many_numeric?,
  @many_uuid?, @many_timestamptz?, @many_bytea?, @many_jsonb?, @many_colour?, @many_percent?
);

-- name: get_every :one
SELECT * FROM every WHERE id = @id;

-- name: copy_every :copy
INSERT INTO every (id, a_text, a_colour, many_text, a_numeric) VALUES (@id, @a_text, @a_colour, @many_text, @a_numeric);

-- name: copy_all :copy
INSERT INTO every (
  id, a_bool, a_int2, a_int4, a_int8, a_float4, a_float8, a_numeric, a_text, a_varchar, a_char, a_bytea, a_uuid,
  a_date, a_time, a_timestamp, a_timestamptz, a_interval, a_json, a_jsonb, a_colour, a_percent, a_place,
  a_int4range, a_tstzrange, a_numrange, many_bool, many_int8, many_text, many_varchar, many_numeric, many_uuid,
  many_timestamptz, many_bytea, many_jsonb, many_colour, many_percent
) VALUES (
  @id, @a_bool, @a_int2, @a_int4, @a_int8, @a_float4, @a_float8, @a_numeric, @a_text, @a_varchar, @a_char,
  @a_bytea, @a_uuid, @a_date, @a_time, @a_timestamp, @a_timestamptz, @a_interval, @a_json, @a_jsonb, @a_colour,
  @a_percent, @a_place, @a_int4range, @a_tstzrange, @a_numrange, @many_bool, @many_int8, @many_text,
  @many_varchar, @many_numeric, @many_uuid, @many_timestamptz, @many_bytea, @many_jsonb, @many_colour,
  @many_percent
);

-- name: labels :one
SELECT array_agg(a_text ORDER BY id) AS texts FROM every;

-- name: echo :one
SELECT @bytes[?]::bytea[] AS bytes, @decimals[?]::numeric[] AS decimals, @times[?]::timestamptz[] AS times,
  @documents[?]::jsonb[] AS documents, @colours[?]::colour[] AS colours, @percents[?]::percent[] AS percents,
  @places[?]::place[] AS places;

-- name: set_texts :execrows
UPDATE every SET a_text = u.text
FROM (SELECT unnest(@ids::int4[]) AS id, unnest(@texts[?]::text[]) AS text) AS u WHERE every.id = u.id;

-- name: each_every :stream
SELECT * FROM every ORDER BY id;
