--
-- PostgreSQL database dump
--

\restrict 0123456789abcdef

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE TYPE public.level AS ENUM ('low', 'high');
ALTER TYPE public.level OWNER TO shop_owner;

--
-- Name: search(text); Type: FUNCTION; Schema: public; Owner: shop_owner
--

CREATE FUNCTION public.search(words text) RETURNS TABLE(id integer, name text)
    LANGUAGE plpgsql STABLE
    AS $_$
DECLARE
    v text := 'semi;colon';
BEGIN
    RETURN QUERY SELECT i.id, i.name FROM public.items i WHERE i.name LIKE $1;
END;
$_$;

CREATE TABLE public.items (
    id integer NOT NULL,
    name text NOT NULL,
    level public.level DEFAULT 'low'::public.level
);
ALTER TABLE public.items OWNER TO shop_owner;

CREATE SEQUENCE public.items_id_seq AS integer START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
ALTER SEQUENCE public.items_id_seq OWNER TO shop_owner;
ALTER SEQUENCE public.items_id_seq OWNED BY public.items.id;
ALTER TABLE ONLY public.items ALTER COLUMN id SET DEFAULT nextval('public.items_id_seq'::regclass);
ALTER TABLE ONLY public.items ADD CONSTRAINT items_pkey PRIMARY KEY (id);
GRANT SELECT ON TABLE public.items TO "read-only";

\unrestrict 0123456789abcdef
