-- What one release of the code has built another one must not go on with.
ALTER TABLE store.rebuild ADD COLUMN release text NOT NULL DEFAULT '';
ALTER TABLE store.rebuild ALTER COLUMN release DROP DEFAULT;
COMMENT ON COLUMN store.rebuild.release IS
    'The release that began it: version, projections and a checksum of the code; only the same one goes on with it';
