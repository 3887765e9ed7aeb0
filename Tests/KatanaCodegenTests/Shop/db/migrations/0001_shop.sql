-- migrate:up
CREATE TYPE mood AS ENUM ('happy', 'so-so', 'in a rage');
CREATE DOMAIN email AS text CHECK (value LIKE '%@%');

CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  email email NOT NULL UNIQUE,
  mood mood NOT NULL DEFAULT 'happy',
  moods mood[] NOT NULL DEFAULT '{}',
  nickname text,
  born date,
  settings jsonb NOT NULL DEFAULT '{}',
  balance numeric(12, 2) NOT NULL DEFAULT 0,
  since timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer bigint NOT NULL REFERENCES customers (id),
  placed timestamp NOT NULL DEFAULT now(),
  note varchar(80)
);

CREATE TABLE items (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  name text NOT NULL,
  quantity int4 NOT NULL,
  remark text
);

-- migrate:down
DROP TABLE items;
DROP TABLE orders;
DROP TABLE customers;
DROP DOMAIN email;
DROP TYPE mood;
