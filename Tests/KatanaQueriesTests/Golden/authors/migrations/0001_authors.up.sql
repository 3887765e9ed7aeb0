CREATE TYPE mood AS ENUM ('happy', 'it''s "odd"');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE TABLE authors (
  id bigserial PRIMARY KEY,
  name text NOT NULL,
  bio text,
  mood mood NOT NULL DEFAULT 'happy',
  email email,
  tags text[] NOT NULL DEFAULT '{}'
);
CREATE TABLE books (
  id bigserial PRIMARY KEY,
  author_id bigint NOT NULL REFERENCES authors,
  title text NOT NULL,
  price numeric(10, 2)
);
