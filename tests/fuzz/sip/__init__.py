"""SIP: INVITEs of every kind, requests out of the blue, and both ends of the trunk."""
