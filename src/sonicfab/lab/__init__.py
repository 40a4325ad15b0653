"""Labs: virtual switches made from the same plan, for the same push and verify."""
