"""Pictures of a fabric and of the fronts of its switches: what is drawn, where, and in which language."""
