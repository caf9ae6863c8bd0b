"""Two phones and a story: what `consultline demo` shows. The tests dial with the same phones."""
