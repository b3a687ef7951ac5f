-- Makers were bought and renamed; one name each, so that they can be counted.
SELECT
  tailnum,
  CASE
    WHEN manufacturer LIKE 'AIRBUS%' THEN 'AIRBUS'
    WHEN manufacturer LIKE 'MCDONNELL DOUGLAS%' THEN 'MCDONNELL DOUGLAS'
    ELSE manufacturer
  END AS manufacturer,
  model,
  year AS year_built,
  engines,
  seats
FROM planes
