-- Clock faces become instants: the scheduled departure by New York's zone, the scheduled arrival by the destination's. Actual times
-- are schedule plus delay, because hhmm alone does not say on which day a late flight left or arrived.
WITH dated AS (
  SELECT *, make_date(year, month, day) AS flight_date FROM flights_raw
),
scheduled AS (
  SELECT
    dated.*,
    local_timestamp(flight_date, sched_dep_time, 'America/New_York') AS scheduled_departure,
    local_timestamp(flight_date, sched_arr_time, dim_airport.time_zone) AS arrival_same_day,
    local_timestamp(flight_date + INTERVAL '1 day', sched_arr_time, dim_airport.time_zone) AS arrival_next_day
  FROM dated
  LEFT JOIN dim_airport ON dim_airport.faa = dated.dest
),
placed AS (
  SELECT
    *,
    CASE WHEN arrival_same_day > scheduled_departure THEN arrival_same_day ELSE arrival_next_day END AS scheduled_arrival
  FROM scheduled
)
SELECT
  flight_date,
  carrier,
  flight,
  origin,
  dest,
  tailnum,
  CASE
    WHEN dep_time IS NULL THEN 'cancelled'
    WHEN arr_delay IS NULL THEN 'unconfirmed'
    ELSE 'arrived'
  END AS status,
  scheduled_departure,
  scheduled_departure + CAST(dep_delay || ' minutes' AS INTERVAL) AS departed_at,
  scheduled_arrival,
  scheduled_arrival + CAST(arr_delay || ' minutes' AS INTERVAL) AS arrived_at,
  dep_delay AS departure_delay,
  arr_delay AS arrival_delay,
  air_time AS air_minutes,
  distance AS distance_miles,
  time_hour AS scheduled_hour
FROM placed
