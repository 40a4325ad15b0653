"""Are the switches as intended? Expectations come from the plan; what is seen comes from the switches."""
