"""NAPALM's driver `sonic`: what SONiC tells in NAPALM's words."""
