"""FRR configuration: its text, what it says of BGP, whose its parts are, the way to another config. Pure."""
