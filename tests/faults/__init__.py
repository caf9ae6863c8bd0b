"""What goes wrong while real calls are up, and whether the record still says what the phones saw (E1-E5, S1, S2)."""
