SELECT
  flight_date,
  origin,
  carrier,
  count(*) AS flights,
  count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
  count(*) FILTER (WHERE arrival_delay >= 15) AS late,
  avg(departure_delay) AS departure_delay_mean,
  avg(arrival_delay) AS arrival_delay_mean,
  max(arrival_delay) AS arrival_delay_max
FROM flight
GROUP BY flight_date, origin, carrier
