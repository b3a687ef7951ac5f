-- Decades, not birthdays: the contract declassifies the column and says why.
SELECT
  CAST(floor(date_part('year', p.born) / 10) * 10 AS BIGINT) AS birth_decade,
  b.destination,
  count(*) AS bookings
FROM bookings AS b
JOIN passengers AS p ON p.passenger_id = b.passenger_id
GROUP BY 1, 2
