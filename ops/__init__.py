"""The `consultline` command: brings the line up, and answers what operators ask."""
