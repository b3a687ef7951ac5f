SELECT faa, name, lat AS latitude, lon AS longitude, alt AS altitude_feet, tzone AS time_zone FROM airports
