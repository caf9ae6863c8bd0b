"""How long hypothesis may think."""

from hypothesis import settings

# No deadline: a machine that is busy with a real Asterisk is not a broken rule.
settings.register_profile("line", deadline=None)
settings.load_profile("line")
