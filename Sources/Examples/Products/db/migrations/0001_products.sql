CREATE TYPE product_category AS ENUM ('electronics', 'books', 'clothing', 'food', 'other');

CREATE TABLE products (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sku text NOT NULL UNIQUE,
  name text NOT NULL,
  description text,
  price double precision NOT NULL CHECK (price >= 0),
  stock integer NOT NULL CHECK (stock BETWEEN 0 AND 1000000),
  category product_category NOT NULL,
  tags text[] NOT NULL,
  -- The number of its changes, from which its ETag is made.
  version bigint NOT NULL DEFAULT 1
);

CREATE TABLE images (
  product bigint PRIMARY KEY REFERENCES products (id) ON DELETE CASCADE,
  type text NOT NULL,
  bytes bytea NOT NULL
);
