"""Settings and logging, nothing else."""
