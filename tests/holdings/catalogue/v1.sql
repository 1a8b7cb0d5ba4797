-- A catalogue as Holdfast 0.1.0 made it (schema version 1). Never changed: it must open for ever.
CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TIMESTAMP NOT NULL);
CREATE TABLE catalogue (catalogue_id VARCHAR NOT NULL);
CREATE TABLE packages (package_id VARCHAR PRIMARY KEY, kind VARCHAR NOT NULL, collection VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL, images BIGINT NOT NULL CHECK (images >= 0));
CREATE TABLE objects (package_id VARCHAR NOT NULL, key VARCHAR NOT NULL, size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0), sha256 VARCHAR NOT NULL, PRIMARY KEY (package_id, key));
CREATE TABLE copies (package_id VARCHAR NOT NULL, store VARCHAR NOT NULL, status VARCHAR NOT NULL, verified_at TIMESTAMP, made_by VARCHAR NOT NULL, PRIMARY KEY (package_id, store));
CREATE TABLE events (event_id VARCHAR PRIMARY KEY, happened_at TIMESTAMP NOT NULL, event_type VARCHAR NOT NULL, package_id VARCHAR NOT NULL, store VARCHAR, agent VARCHAR NOT NULL, outcome VARCHAR NOT NULL, run VARCHAR NOT NULL, detail VARCHAR NOT NULL);
INSERT INTO schema_version VALUES (1, '2026-11-22 12:00:00');
INSERT INTO catalogue VALUES ('0123456789abcdef0123456789abcdef');
INSERT INTO packages VALUES ('nhm-1', 'bag', 'nhm', '2026-03-01 12:00:00', 2);
INSERT INTO objects VALUES ('nhm-1', 'bag.tar', 12345, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');
INSERT INTO copies VALUES ('nhm-1', 'hot', 'verified', '2026-03-01 12:00:01', 'deposit-1'), ('nhm-1', 'cold', 'suspect', NULL, 'plan-1');
INSERT INTO events VALUES ('20260301T120001000000-0123456789abcde', '2026-03-01 12:00:01', 'ingestion', 'nhm-1', 'hot', 'holdfast 0.1.0', 'success', 'deposit-1', '{"size_bytes":12345}');
