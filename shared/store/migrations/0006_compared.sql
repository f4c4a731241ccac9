-- Our own events are in the log and in the database. A database restored from a backup lacks those of after the backup.

CREATE TABLE store.compared (
    topic     text NOT NULL,
    partition integer NOT NULL,
    next      bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE store.compared IS
    'Up to where the log has been looked through for events of our own that store.event lacks. Goes back with a restored backup, as it must';
