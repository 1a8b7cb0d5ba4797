-- What is withdrawn now: the last word of the history on each package and each image. A view, so that
-- it cannot say anything else than the events, which a rebuild brings back from the stores.

CREATE VIEW withdrawals AS
SELECT package_id, image_id, happened_at, detail::JSON ->> 'by' AS withdrawn_by, detail::JSON ->> 'reason' AS reason
FROM (
    SELECT *, row_number() OVER (PARTITION BY package_id, image_id ORDER BY event_id DESC) AS nth
    FROM (SELECT *, detail::JSON ->> 'image_id' AS image_id FROM events
          WHERE event_type IN ('deaccession', 'accession') AND outcome = 'success') AS told
) AS numbered
WHERE nth = 1 AND event_type = 'deaccession';
