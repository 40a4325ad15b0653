"""What on a switch is ours, and what another has put there: one answer for push, verify, diff and NAPALM. Pure."""
