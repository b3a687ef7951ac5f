SELECT booking_id, seat_note
FROM bookings
WHERE price > 500
