-- Joined on the encrypted id: the same passenger has the same text in both tables.
SELECT b.passenger_id, count(*) AS bookings, sum(b.price) AS spent
FROM bookings AS b
JOIN passengers AS p ON p.passenger_id = b.passenger_id
GROUP BY b.passenger_id
