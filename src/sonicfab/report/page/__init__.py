"""One page about a fabric: a single HTML file that needs nothing else."""
