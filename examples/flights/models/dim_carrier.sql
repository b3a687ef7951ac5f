SELECT carrier, name FROM airlines
